"""After a message went out: a copy in the server's folder of sent mail, and its mark on what it answers.

Nothing that goes wrong here makes the message unsent: it is told as a note.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from emails.accounts.errors import MailError
from emails.accounts.models import ServerCopy
from emails.accounts.writing import Writable, writable
from replies.models import Sending

logger = logging.getLogger(__name__)

SECONDS = 9  # that this may take: the hard limit of the run is near


def keep_copy(sending: Sending) -> None:
    """Repeated, it finds what it did before."""
    if sending.account is None or not sending.account.may_write:
        return
    try:
        with writable(sending.account, SECONDS) as mailbox:
            try:
                put(mailbox, sending)
            finally:
                mark(mailbox, sending)
        problem = ""
    except MailError as error:
        problem = error.code
    except Exception:
        logger.exception("no copy of the sent message %s could be kept", sending.message_id)
        problem = "internal"
    Sending.objects.filter(pk=sending.pk).update(copy_error=problem)


def put(mailbox: Writable, sending: Sending) -> None:
    if mailbox.keeps_sent_mail or sending.account is None:
        return
    folder = mailbox.folder("\\sent", sending.account.sent_folder)
    mailbox.open(folder)
    if not mailbox.find(sending.message_id):
        mailbox.put_sent(folder, bytes(sending.raw))


def mark(mailbox: Writable, sending: Sending) -> None:
    """The flag that other mail programs show as an arrow; where the answered message lies on this server.

    It is not worth a note: who cannot set it, in a folder that is gone or may only be read, goes without it.
    """
    copies = ServerCopy.objects.filter(email_id=sending.email_id, folder__account_id=sending.account_id)
    for copy in copies.select_related("folder"):
        with suppress(MailError):
            if mailbox.open(copy.folder.name) == copy.uidvalidity:
                mailbox.mark_answered([copy.uid])
