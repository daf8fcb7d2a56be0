"""The work of the send run: a confirmed message to the user's SMTP server, at most once.

This is the one kind of work that acts before its run finishes. What it does is committed when it happens: that the
message may be gone, before the server can have it; that it is gone, as soon as the server said so. Whatever ends the
worker in between, the next one reads there what it may still do.
"""

from __future__ import annotations

import logging
import smtplib
from functools import partial
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import Q, Subquery

from emails.accounts import smtp
from emails.accounts.errors import MailError
from emails.importing import Arrival, put, read
from emails.models import Email
from mailai.ai.errors import AIError
from mailai.postgres import clock
from mailai.postgres.patience import persistently
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.report import Report
from mailai.runs.transitions import advance
from replies.handover import NotTaken, Taken, hand_over
from replies.models import Draft, Sending
from replies.sent_folder import keep_copy

logger = logging.getLogger(__name__)
State = Sending.State


def send(run: TaskRun, report: Report) -> Save:
    """Raises AIError: send_… and mail_…"""
    sending = confirmed(run)
    if sending.state == State.HANDING_OVER:  # by an attempt that did not live to hear the server's answer
        note(run, sending, False, state=State.UNKNOWN)
        raise AIError("send_unknown")
    if sending.state == State.WAITING:
        deliver(run, sending)
    report.saving()
    keep_copy(sending)

    def save() -> dict[str, Any]:
        return {
            "status": "success",
            "email_id": run.email_id,
            "sending_id": str(sending.pk),
            "message_id": sending.message_id,
            "refused": sending.refused,
        }

    return save


def confirmed(run: TaskRun) -> Sending:
    """What this run was started for. A run that is not the sending's latest press, may not send it."""
    sending = Sending.objects.select_related("account", "draft", "user").filter(run=run).first()
    if sending is None or sending.state not in (State.WAITING, State.HANDING_OVER, State.SENT):
        raise AIError("send_gone")
    return sending


def deliver(run: TaskRun, sending: Sending) -> None:
    if sending.account is None:
        raise AIError("mail_account")
    persistently(partial(advance, run, Stage.SENDING, 30))
    [own] = read(
        sending.user, [bytes(sending.raw)]
    )  # now: once it is gone, nothing may keep that from being noted
    marked = False

    def point_of_no_return() -> None:
        nonlocal marked
        persistently(partial(mark, run, sending))
        marked = True

    if not connection.in_atomic_block:
        connection.close()  # a connection that idles while a server takes its time may be dead afterwards
    server = None
    try:
        server = smtp.connect(sending.account, run.definition.soft_limit)
        taken = hand_over(server, sending.sender, sending.recipients, bytes(sending.raw), point_of_no_return)
    except NotTaken as no:
        refuse(run, sending, no)
    except BaseException as error:
        if marked:
            logger.warning("run %s: no answer after the final dot: %s", run.pk, type(error).__name__)
            persistently(partial(note, run, sending, False, state=State.UNKNOWN))
            raise AIError("send_unknown") from None
        raise broken(error) from None
    else:
        persistently(partial(record, run, sending, taken, own))
        with server:  # says QUIT
            return
    finally:
        if server is not None:
            server.close()  # without QUIT, which in the middle of a message would be a line of it


def mark(run: TaskRun, sending: Sending) -> None:
    """From here on it may be gone, and a cancel comes too late. Raises Lost. Does no harm when it is repeated."""
    with transaction.atomic():
        advance(run, Stage.SENDING, 60, irrevocable=True)
        changed = Sending.objects.filter(
            Q(state=State.WAITING) | Q(state=State.HANDING_OVER, attempt=run.attempt), pk=sending.pk, run=run
        ).update(state=State.HANDING_OVER, attempt=run.attempt)
        if not changed:
            raise AIError("send_gone")


def note(run: TaskRun, sending: Sending, irrevocable: bool, **changes: Any) -> None:
    """What became of it, under the fence. Raises Lost."""
    with transaction.atomic():
        advance(run, Stage.SENDING, 60, irrevocable=irrevocable)
        Sending.objects.filter(pk=sending.pk, run=run).update(**changes)


def refuse(run: TaskRun, sending: Sending, no: NotTaken) -> None:
    state = State.FAILED if no.lasting else State.WAITING
    persistently(partial(note, run, sending, False, state=state, answer=no.answer, refused=no.refused))
    raise AIError("send_refused" if no.lasting else "send_deferred", str(no.code)) from None


def record(run: TaskRun, sending: Sending, taken: Taken, own: Arrival) -> None:
    """It is sent, and that stands whoever owns the run by now. `own` is the message as it will stand in the mailbox."""
    sending.state, sending.answer, sending.refused = (
        State.SENT,
        taken.answer,
        [list(each) for each in taken.refused],
    )
    now = clock.now()
    with transaction.atomic():
        mine = Sending.objects.filter(pk=sending.pk, run=run, attempt=run.attempt).exclude(state=State.SENT)
        if not mine.update(state=State.SENT, answer=taken.answer, refused=sending.refused, sent_at=now):
            return
        Draft.objects.filter(pk=sending.draft_id).update(sent_at=now)
        Email.objects.filter(pk=sending.email_id).update(answered_at=now)
        try:
            with transaction.atomic():
                [(_outcome, stored)] = put(sending.user, [own])
                # What has no id cannot be referred to, and yet its answer belongs to its thread.
                thread = Email.objects.filter(pk=sending.email_id).values("thread_key")
                Email.objects.filter(pk=stored.pk).update(
                    mine=True, account=sending.account, thread_key=Subquery(thread)
                )
        except (DataError, IntegrityError):  # the message is gone all the same
            logger.exception("the sent message %s could not be stored", sending.message_id)


def broken(error: BaseException) -> BaseException:
    """A connection that ended before the final dot: nothing went out, and another try may work."""
    if isinstance(error, MailError) and error.code == "mail_dropped":
        return AIError("send_interrupted")
    if isinstance(error, smtplib.SMTPException | OSError):
        return AIError("send_interrupted")
    return error
