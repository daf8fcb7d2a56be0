"""gunicorn's threads, for requests that have come in whole: a client that sends slowly keeps none of them.

gthread gives a connection to a thread as soon as anything of it has come in, and the thread waits for the rest: as many
half-sent heads as there are threads stop a server. Here the main loop, which waits for all connections at a time, reads
the head and a small body (a press, a form, a login), and a thread gets what is complete. Larger bodies are read by the
threads, half of them at most, at a pace that has a lower limit. A proxy before the server does the same and more; this
is for where there is none.
"""

from __future__ import annotations

import re
import selectors
import socket
import struct
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE = 10.0  # seconds for a head and a small body, from the first moment
LINGER = 2.0  # the same while the server is stopping
HEAD = 64 * 1024  # bytes
SMALL = 64 * 1024  # bytes of a body that is waited for, too
SILENCE = 30  # seconds that a thread waits for a client to send or to take something
SLOWEST = 8 * 1024  # bytes a second of a large body, on the whole
# The end of a head (RFC 9112 section 2.2), or a line end that is none: gunicorn refuses it as soon as it sees it.
END = re.compile(rb"\r\n\r\n|(?<!\r)\n")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r", re.IGNORECASE)
UNKNOWN_LENGTH = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)
NOTHING = b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Incoming:
    """What has come in of a connection's next request."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.since = time.monotonic()
        self.is_large = False  # a thread has to read its body
        self.needs: int | None = None  # bytes until a thread can take it; known when the head has ended

    def add(self, data: bytes) -> None:
        start = max(2 if self.data[:2] == b"\r\n" else 0, len(self.data) - 3)
        self.data += data
        if self.needs is None and (end := END.search(self.data, start)):
            head = bytes(self.data[: end.end()])
            length = LENGTH.search(head)
            body = int(length[1][:12]) if length else 0
            self.is_large = body > SMALL or UNKNOWN_LENGTH.search(head) is not None
            self.needs = end.end() + (0 if self.is_large else body)

    @property
    def is_whole(self) -> bool:
        return self.needs is not None and len(self.data) >= self.needs

    @property
    def is_too_much(self) -> bool:
        return self.needs is None and len(self.data) > HEAD


class Unreader(SocketUnreader):
    """Raises TimeoutError where the rest of a request comes too slowly."""

    def begin(self) -> None:
        self.since, self.received = time.monotonic(), 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        data: bytes = super().chunk(size_hint)
        self.received += len(data)
        if time.monotonic() > self.since + SILENCE + self.received / SLOWEST:
            raise TimeoutError("the body comes too slowly")
        return data


class PatientWorker(ThreadWorker):
    """Whatever gthread gives to a thread passes `enqueue_req`, in the main loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incoming: dict[TConn, Incoming] = {}  # the oldest first
        self.large: set[TConn] = set()
        self.waiting: deque[TConn] = deque()  # for others' large bodies

    def set_accept_enabled(self, enabled: bool) -> None:
        """A server that stops takes who is at its door and closes it: who comes now, the proxy brings to another.

        gthread keeps the door open while its last requests end, and hangs up on all who have come meanwhile.
        """
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            taken = -1
            while taken != self.nr_conns:
                taken = self.nr_conns
                self.accept(listener)
            listener.close()

    def enqueue_req(self, conn: TConn) -> None:
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        if conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = Unreader(conn.sock)
            conn.data_ready = True
            set_patience(conn.sock)
        conn.sock.setblocking(False)
        # A client may send its next request before it has the answer to the last one.
        incoming = self.incoming[conn] = Incoming()
        incoming.add(conn.parser.unreader.take_buffered())
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.read, conn))
        self.read(conn, conn.sock)

    def read(self, conn: TConn, _sock: Any) -> None:
        incoming = self.incoming[conn]
        try:
            data = conn.sock.recv(HEAD)
            incoming.add(data)
            ended = not data
        except BlockingIOError:
            ended = False
        except OSError:
            ended = True
        if incoming.is_whole:
            self.hand_over(conn)
        elif ended:
            self.drop(conn)
        elif incoming.is_too_much:
            self.drop(conn, b"431 Request Header Fields Too Large")

    def hand_over(self, conn: TConn) -> None:
        incoming = self.forget(conn)
        conn.parser.unreader.unread(bytes(incoming.data))
        conn.parser.unreader.begin()
        if not incoming.is_large:
            super().enqueue_req(conn)
        elif len(self.large) < max(1, self.cfg.threads // 2):
            self.large.add(conn)
            super().enqueue_req(conn)
        else:
            self.waiting.append(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        if conn in self.large:
            self.large.discard(conn)
            if self.waiting:
                following = self.waiting.popleft()
                self.large.add(following)
                following.parser.unreader.begin()
                super().enqueue_req(following)
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Called by the main loop every second."""
        super().murder_pending()
        late = time.monotonic() - (PATIENCE if self.alive else LINGER)
        while self.incoming:
            conn, incoming = next(iter(self.incoming.items()))
            if incoming.since > late:
                break
            self.drop(conn, b"408 Request Timeout" if incoming.data else b"")

    def drop(self, conn: TConn, status: bytes = b"") -> None:
        self.forget(conn)
        if status:
            with suppress(OSError):
                conn.sock.send(NOTHING % status)
        self.nr_conns -= 1
        conn.close()

    def forget(self, conn: TConn) -> Incoming:
        with suppress(KeyError, ValueError, OSError):
            self.poller.unregister(conn.sock)
        return self.incoming.pop(conn)


def set_patience(sock: socket.socket) -> None:
    """For the time in which a thread has the connection, and waits without end by itself."""
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", SILENCE, 0))
