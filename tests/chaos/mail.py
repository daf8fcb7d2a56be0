"""The users' mailboxes on real servers, Dovecot and an SMTP server, and what must be true of them at the end.

A fetch saves on its way and a sending acts outside of the database, so these two are what a kill could double.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from django.contrib.auth.models import User
from django.db import transaction

from emails.models import Email, MailAccount
from mailai.runs.models import TaskRun
from replies.models import Draft, Sending
from replies.versions import append
from tests.accounts.dovecot import PASSWORD, Dovecot, dovecot
from tests.accounts.letters import letters
from tests.factories import make_account, make_sending
from tests.smtp_server import USER, SmtpServer, smtp_server

KINDS = ("fetch", "account_test", "send", "save_draft")
AT_FIRST, MORE = 120, 15  # messages in a mailbox, and how many come in before each fetch
SLOW = 0.4  # seconds that the SMTP server thinks, before a message and after it: time for a kill
ADA = [["Ada", "ada@example.com"]]


class Mail:
    def __init__(self, imap: Dovecot, smtp: SmtpServer) -> None:
        self.imap = imap
        self.smtp = smtp
        self.accounts: dict[int, MailAccount] = {}
        self.delivered: Counter[int] = Counter()
        self._delivering = Lock()

    def open_account(self, user: User) -> None:
        mailbox = f"{user.username}-{os.urandom(4).hex()}"  # seeds share the server
        self.imap.maildir(mailbox)
        self.accounts[user.pk] = make_account(
            user,
            PASSWORD,
            imap_host="localhost",
            imap_port=self.imap.tls_port,
            imap_user=mailbox,
            smtp_host="localhost",
            smtp_port=self.smtp.tls_port,
            smtp_user=USER,
            may_write=True,
            standing="works",
        )
        self.deliver(user, AT_FIRST)

    def deliver(self, user: User, count: int) -> None:
        with self._delivering:
            first = self.delivered[user.pk] + 1
            self.imap.put(self.accounts[user.pk].imap_user, letters(count, first))
            self.delivered[user.pk] += count

    def start(self, kind: str, user: User, message: Email) -> tuple[TaskRun, bool]:
        return STARTS[kind](self, user, message)

    def fetch(self, user: User, _message: Email | None = None) -> tuple[TaskRun, bool]:
        self.deliver(user, MORE)
        return self._about_account("fetch", user, None)

    def _about_account(self, kind: str, user: User, _message: Email | None) -> tuple[TaskRun, bool]:
        return TaskRun.objects.start(user, kind, account=self.accounts[user.pk])

    def _save_draft(self, user: User, message: Email) -> tuple[TaskRun, bool]:
        draft = _new_draft(message)
        params = {
            "draft": draft.pk,
            "account": self.accounts[user.pk].pk,
            "to": ADA,
            "cc": [],
            "quote": False,
        }
        return TaskRun.objects.start(user, "save_draft", message, params=params)

    @transaction.atomic
    def _send(self, user: User, message: Email) -> tuple[TaskRun, bool]:
        """As a confirmed reply is started, without the time to undo it."""
        run, created = TaskRun.objects.start(user, "send", message)
        if created:
            draft = _new_draft(message)
            mark = f"{run.pk}@example.org"
            raw = f"Message-ID: <{mark}>\r\nSubject: Re: The contract\r\n\r\n{draft.text}\r\n".encode()
            make_sending(draft, run=run, account=self.accounts[user.pk], message_id=mark, raw=raw)
        return run, created

    def is_fetched(self, user: User) -> bool:
        return len(self._fetched(user)) >= self.delivered[user.pk]

    def wrong(self) -> list[str]:
        """What was lost or doubled, in words."""
        return self._wrong_fetched() + self._wrong_sent() + [f"SMTP: {fault!r}" for fault in self.smtp.faults]

    def _fetched(self, user: User) -> list[str]:
        letters = Email.objects.filter(user=user, message_id__startswith="letter-")
        return list(letters.values_list("message_id", flat=True))

    def _wrong_fetched(self) -> list[str]:
        wrong = []
        for account in self.accounts.values():
            found = Counter(self._fetched(account.user))
            wanted = {
                f"letter-{number}@example.com" for number in range(1, self.delivered[account.user_id] + 1)
            }
            wrong += [f"LOST: the message {mark} of {account.user}" for mark in wanted - set(found)]
            wrong += [f"DOUBLED: the message {mark} of {account.user}" for mark in found if found[mark] > 1]
        return wrong

    def _wrong_sent(self) -> list[str]:
        received = Counter(_message_id(each.content) for each in self.smtp.received)
        wrong = []
        for sending in Sending.objects.select_related("run"):
            times = received[sending.message_id]
            told = f"the sending {sending.pk}, {sending.outcome}, was received {times} times"
            if times > 1:
                wrong.append(f"DOUBLED: {told}")
            elif sending.outcome == "sent" and not times:
                wrong.append(f"LOST: {told}")
            elif sending.outcome in ("undone", "failed") and times:
                wrong.append(f"SENT ALTHOUGH NOT: {told}")
        return wrong


STARTS: dict[str, Callable[[Mail, User, Email], tuple[TaskRun, bool]]] = {
    "fetch": Mail.fetch,
    "account_test": lambda mail, user, message: mail._about_account("account_test", user, message),
    "send": Mail._send,
    "save_draft": Mail._save_draft,
}


@contextmanager
def mail(folder: Path) -> Iterator[Callable[[], Mail]]:
    """Servers, which the workers that start in this may use; what it gives makes the mailboxes of one seed."""
    with dovecot() as imap, smtp_server(folder) as smtp:
        both = folder / "authorities.pem"
        both.write_bytes(imap.authority.file.read_bytes() + smtp.authority.file.read_bytes())
        os.environ |= {
            "MAILAI_MAIL_PRIVATE_HOSTS": "127.0.0.0/8",
            "MAILAI_MAIL_PORTS": f"{imap.tls_port},{smtp.tls_port}",
            "MAILAI_MAIL_CA_FILE": str(both),
        }

        def opened() -> Mail:
            smtp.clear()
            smtp.behave(slow=SLOW)
            return Mail(imap, smtp)

        yield opened


def _new_draft(message: Email) -> Draft:
    return append(Draft(user=message.user, email=message, text="Dear Ada,\n\nhere it is."))


def _message_id(raw: bytes) -> str:
    found = re.search(rb"Message-ID: <(.+?)>", raw)
    return found[1].decode() if found else ""
