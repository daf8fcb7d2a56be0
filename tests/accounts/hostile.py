"""An IMAP server of ours that behaves as badly as a test tells it to."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

Say = Callable[[bytes], None]
COMMAND = re.compile(rb"(\S+) (?:UID )?(\S+) ?(.*)\r\n")
SEARCHED = re.compile(rb"UID (\d+):(\d+|\*)")


class Hostile:
    """`messages` by UID. `on` maps a command to what is said instead of the usual answer; False there: nothing.

    A function in `on` gets (say, tag, arguments); it may say anything, and raise Hangup to cut the line.
    """

    def __init__(self) -> None:
        self.messages: dict[int, bytes] = {}
        self.uidvalidity = 7
        self.greeting = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"
        self.capabilities = b"IMAP4rev1"
        self.on: dict[str, Callable[[Say, bytes, bytes], None]] = {}
        self.heard: list[bytes] = []
        self.ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._links: list[socket.socket] = []

    def __enter__(self) -> Hostile:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.ended.set()
        for link in [self._listener, *self._links]:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def commands(self, name: str) -> list[bytes]:
        return [line for line in self.heard if name.encode() in line]

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _peer = self._listener.accept()
                self._links.append(link)
                threading.Thread(target=self._talk, args=(link,), daemon=True).start()

    def _talk(self, link: socket.socket) -> None:
        with suppress(OSError, Hangup, ValueError):
            link.sendall(self.greeting)
            for line in link.makefile("rb"):
                self.heard.append(line)
                match = COMMAND.fullmatch(line)
                if match is None:
                    continue
                tag, command, arguments = match.groups()
                name = command.decode().upper()
                answer = self.on.get(name) or getattr(self, name.lower(), self.nothing)
                answer(link.sendall, tag, arguments)
                if name == "LOGOUT":
                    break
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()

    def nothing(self, say: Say, tag: bytes, _arguments: bytes) -> None:
        say(tag + b" OK done\r\n")

    def capability(self, say: Say, tag: bytes, _arguments: bytes) -> None:
        say(b"* CAPABILITY " + self.capabilities + b"\r\n" + tag + b" OK done\r\n")

    def logout(self, say: Say, tag: bytes, _arguments: bytes) -> None:
        say(b"* BYE\r\n" + tag + b" OK done\r\n")

    def examine(self, say: Say, tag: bytes, _arguments: bytes) -> None:
        following = max(self.messages, default=0) + 1
        say(
            b"* %d EXISTS\r\n* 0 RECENT\r\n* FLAGS ()\r\n* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT %d] x\r\n"
            % (len(self.messages), self.uidvalidity, following)
        )
        say(tag + b" OK [READ-ONLY] done\r\n")

    def search(self, say: Say, tag: bytes, arguments: bytes) -> None:
        low, high = SEARCHED.search(arguments).groups()  # type: ignore[union-attr]
        top = 2**32 if high == b"*" else int(high)
        found = b" ".join(b"%d" % uid for uid in self.messages if int(low) <= uid <= top)
        say(b"* SEARCH " + found + b"\r\n" + tag + b" OK done\r\n")

    def fetch(self, say: Say, tag: bytes, arguments: bytes) -> None:
        for uid in self.asked(arguments):
            self.give(say, uid, arguments)
        say(tag + b" OK done\r\n")

    def give(self, say: Say, uid: int, arguments: bytes) -> None:
        raw = self.messages[uid]
        if b"RFC822.SIZE" in arguments:
            say(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (uid, uid, len(raw)))
        else:
            say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, len(raw), raw))

    def asked(self, arguments: bytes) -> list[int]:
        return [uid for uid in map(int, arguments.split()[0].split(b",")) if uid in self.messages]


class Hangup(Exception):
    """The line is cut."""
