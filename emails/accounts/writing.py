"""What is changed in a user's mailbox on its server: sent mail and drafts are put there, answered mail is marked.

Only for accounts whose owner allows it. Every method raises MailError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from imapclient import ANSWERED, DELETED, DRAFT, SEEN

from emails.accounts.errors import MailError
from emails.accounts.imap import ALLOWANCE, Mailbox, connect, understood
from emails.accounts.models import MailAccount

# What folders are called where the server does not say what they are for.
NAMES = {
    "\\sent": (
        "sent",
        "sent items",
        "sent messages",
        "sent mail",
        "gesendet",
        "gesendete elemente",
        "gesendete objekte",
    ),
    "\\drafts": ("drafts", "entwürfe", "entwurf"),
}
T = TypeVar("T")
PARENT = re.compile(r"inbox[./]", re.I)


class Writable:
    """A mailbox into which may be written. Folders are opened one after the other."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._server = mailbox._server

    @property
    def keeps_sent_mail(self) -> bool:
        """Gmail puts what goes out by its SMTP server into the folder of sent mail by itself."""
        return self._ask(lambda: self._server.has_capability("X-GM-EXT-1"))

    def folder(self, use: str, named: str) -> str:
        r"""The folder that the account names, else the one for this use: \sent or \drafts (RFC 6154).

        Raises mail_folder.
        """
        listed = self._mailbox.folders()
        marked = [folder.name for folder in listed if use in folder.flags]
        called = [folder.name for folder in listed if PARENT.sub("", folder.name).lower() in NAMES[use]]
        found = [each.name for each in listed if each.name == named] if named else marked or called
        if not found:
            raise MailError("mail_folder")
        return found[0]

    def open(self, folder: str) -> int:
        """Its UIDVALIDITY."""
        said = self._ask(lambda: self._server.select_folder(folder), "mail_folder")
        return int(said[b"UIDVALIDITY"])

    def find(self, message_id: str) -> list[int]:
        """UIDs in the open folder."""
        return list(self._ask(lambda: self._server.search(["HEADER", "Message-ID", f"<{message_id}>"])))

    def put_sent(self, folder: str, raw: bytes) -> None:
        self._ask(lambda: self._server.append(folder, raw, [SEEN]), "mail_folder")

    def put_draft(self, folder: str, raw: bytes) -> None:
        self._ask(lambda: self._server.append(folder, raw, [DRAFT, SEEN]), "mail_folder")

    def remove(self, uids: list[int]) -> bool:
        """Only where these alone can go (RFC 4315): a plain EXPUNGE would take what others marked. False: left."""
        if not uids or not self._ask(lambda: self._server.has_capability("UIDPLUS")):
            return False
        self._ask(lambda: self._server.add_flags(uids, [DELETED], silent=True))
        self._ask(lambda: self._server.uid_expunge(uids))
        return True

    def mark_answered(self, uids: list[int]) -> None:
        self._ask(lambda: self._server.add_flags(uids, [ANSWERED], silent=True))

    def _ask(self, question: Callable[[], T], refused: str = "mail_protocol") -> T:
        self._server.channel.allow(ALLOWANCE)
        with understood(refused):
            return question()


@contextmanager
def writable(account: MailAccount, seconds: float) -> Iterator[Writable]:
    """The account's mailbox, for so many seconds at most. Raises MailError."""
    with connect(account, seconds) as mailbox:
        yield Writable(mailbox)
