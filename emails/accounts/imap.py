"""A user's IMAP server (RFC 3501): what of it is used here, with every answer bounded, and errors in our own codes."""

from __future__ import annotations

import datetime as dt
import imaplib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from emails.accounts.errors import MailError
from emails.accounts.models import MailAccount, Security
from emails.accounts.wire import Wire
from mailai.ai import keyring

LINE = 8 * 1024 * 1024  # bytes: all UIDs that a search found stand in one
LINES = 20_000  # of the answer to one command
ALLOWANCE = 16 * 1024 * 1024  # bytes of the answer to one command that asks for no message
HEAD = 16 * 1024  # bytes of a header by which a message is recognised
UIDS = range(1, 2**32)
# RFC 5530, and what servers without such codes say of trouble that passes.
PASSING = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)\]|too many|generic failure|temporar|try again|internal error"
    r"|connection limit|server busy|timed? ?out",
    re.I,
)
SENSELESS = ("unexpected response", "unexpected tagged response", "unterminated line")  # imaplib's own words
# What a library makes of an answer that makes no sense.
NONSENSE = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError, RuntimeError)


@dataclass(frozen=True)
class View:
    """A folder as it is now."""

    uidvalidity: int
    uidnext: int  # 0: the server does not say
    exists: int


@dataclass(frozen=True)
class Listed:
    name: str
    flags: frozenset[str]  # lower case; RFC 6154: \\sent, \\drafts


class Mailbox:
    """A logged-in connection. Every method raises MailError; the owner's mail is not changed by any of them."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def folders(self) -> list[Listed]:
        """Those that can hold mail."""
        with self._asking():
            listed = [
                Listed(str(name)[:255], frozenset(flag.decode("ascii", "replace").lower() for flag in flags))
                for flags, _delimiter, name in self._server.list_folders()
            ]
        return [folder for folder in listed if not folder.flags & {"\\noselect", "\\nonexistent"}]

    def examine(self, name: str) -> View:
        """Open a folder for reading. Raises mail_folder if there is none of that name."""
        with self._asking(refused="mail_folder"):
            said = self._server.select_folder(name, readonly=True)
            return View(int(said[b"UIDVALIDITY"]), int(said.get(b"UIDNEXT", 0)), int(said[b"EXISTS"]))

    def search(self, low: int, high: int | None, since: dt.date | None, unseen: bool) -> list[int]:
        """UIDs from `low` to `high`, both included, in order; `since` is the server's day of arrival."""
        criteria: list[Any] = ["UID", f"{low}:{high or '*'}"]
        if since is not None:
            criteria += ["SINCE", since]
        if unseen:
            criteria.append("UNSEEN")
        with self._asking():
            found = set(self._server.search(criteria))
        # "5:*" also finds the last one if that is 4: RFC 3501 6.4.8.
        return sorted(uid for uid in found if uid in UIDS and low <= uid <= (high or uid))

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each message that is still there. Raises mail_unavailable if the server refuses to say."""
        with self._asking(refused="mail_unavailable"):
            said = self._server.fetch(uids, ["RFC822.SIZE"]) if uids else {}
            return {uid: int(items[b"RFC822.SIZE"]) for uid, items in said.items()}

    def heads(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The beginning of each header."""
        return self._parts(uids, f"BODY.PEEK[HEADER]<0.{HEAD}>", ALLOWANCE)

    def messages(self, uids: Sequence[int], octets: int) -> dict[int, bytes]:
        """Each message that is still there, whole. All together they may have so many bytes."""
        return self._parts(uids, "BODY.PEEK[]", octets)

    def beginning(self, uid: int, octets: int) -> bytes | None:
        """The first bytes of a message; None if it is gone."""
        return self._parts([uid], f"BODY.PEEK[]<0.{octets}>", octets + ALLOWANCE).get(uid)

    def _parts(self, uids: Sequence[int], part: str, octets: int) -> dict[int, bytes]:
        with self._asking(octets, refused="mail_unavailable"):
            said = self._server.fetch(uids, [part])
        parts: dict[int, bytes] = {}
        for uid, items in said.items():
            for name, content in items.items():
                if name.startswith(b"BODY[") and isinstance(content, bytes):
                    parts[uid] = content
        return parts

    @contextmanager
    def _asking(self, octets: int = ALLOWANCE, refused: str = "mail_protocol") -> Iterator[None]:
        self._server.channel.allow(octets)
        with understood(refused):
            yield


@contextmanager
def connect(
    account: MailAccount, seconds: float, heard: Callable[[], None] = lambda: None
) -> Iterator[Mailbox]:
    """The account's mailbox, for so many seconds at most. Raises MailError.

    `heard` is called whenever the server said something.
    """
    try:
        password = account.imap_password()
    except keyring.Undecryptable:
        raise MailError("mail_password") from None
    wire = Wire(account.imap_host, account.imap_port, account.imap_security, seconds, heard)
    try:
        with understood("mail_unavailable"):
            server = Server(wire)
        if account.imap_security == Security.STARTTLS:
            server.channel.encrypt()
        log_in(server, account.imap_user, password)
        introduce(server)
        yield Mailbox(server)
        with suppress(MailError), understood("mail_protocol"):
            server.logout()
    finally:
        wire.close()


def log_in(server: Server, user: str, password: str) -> None:
    """One try, because servers count them. LOGIN, which every server has, where all is ASCII; else AUTH=PLAIN.

    Some servers offer AUTH=PLAIN and refuse it.
    """
    with understood("mail_login"):
        try:
            server.channel.allow()
            if (user + password).isascii() and not server.has_capability("LOGINDISABLED"):
                server.login(server.channel.quoted(user), password)
            else:
                server.plain_login(user, password)
        except LoginError as error:
            if isinstance(error.__context__, IMAPClientAbortError):
                raise MailError("mail_dropped") from None
            raise


def introduce(server: Server) -> None:
    """Our name (RFC 2971), where it may be told: some servers open no folder before."""
    with suppress(MailError), understood("mail_unavailable"):
        server.channel.allow()
        if server.has_capability("ID"):
            server.id_({"name": "mailai"})


@contextmanager
def understood(refused: str) -> Iterator[None]:
    """What the library raises, in our codes: `refused` is what a plain NO means here. Its own texts are dropped."""
    try:
        yield
    except IMAPClientAbortError as error:  # a BYE, or what is no IMAP
        senseless = any(words in str(error) for words in SENSELESS)
        raise MailError("mail_protocol" if senseless else "mail_dropped") from None
    except IMAPClientError as error:
        raise MailError("mail_unavailable" if PASSING.search(str(error)) else refused) from None
    except UnicodeEncodeError:
        raise MailError(refused) from None
    except NONSENSE:
        raise MailError("mail_protocol") from None


class Channel(imaplib.IMAP4):
    """imaplib's protocol over our own wire. The answer to each command has an allowance, which `allow` renews."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.allow()
        super().__init__(wire.host)

    def allow(self, octets: int = ALLOWANCE) -> None:
        self._octets, self._lines = octets, LINES

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        self.host, self.port, self.sock = host, port, self.wire.sock

    def read(self, size: int) -> bytes:
        self._spend(size)
        return self.wire.read(size)

    def readline(self) -> bytes:
        line = self.wire.readline(LINE)
        self._lines -= 1
        self._spend(len(line))
        return line

    def send(self, data: Any) -> None:
        self.wire.send(data)

    def shutdown(self) -> None:
        self.wire.close()

    def quoted(self, text: str) -> str:
        return str(self._quote(text))

    def encrypt(self) -> None:
        """STARTTLS or nothing: also a greeting that says that we are logged in already may not lead around it."""
        if self.state != "NONAUTH" or "STARTTLS" not in self.capabilities:
            raise MailError("mail_starttls")
        self.allow()
        with understood("mail_starttls"):
            kind, _data = self._simple_command("STARTTLS")
        if kind != "OK":
            raise MailError("mail_starttls")
        self.wire.encrypt()
        self.sock = self.wire.sock
        with understood("mail_protocol"):
            self._get_capabilities()

    def _spend(self, octets: int) -> None:
        self._octets -= octets
        if self._octets < 0 or self._lines < 0:
            raise MailError("mail_protocol")


class Server(IMAPClient):
    """IMAPClient on such a channel. It keeps no log: a log would hold mail."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(wire.host, port=wire.port, ssl=False)
        self.normalise_times = False
        self._imap.debug = 0

    @property
    def channel(self) -> Channel:
        return self._imap

    def _create_IMAP4(self) -> Channel:
        return Channel(self._wire)
