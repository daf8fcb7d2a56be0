"""From a draft to the message that its user is asked to confirm: composed once, and sent as it is or not at all."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from emails.models import Email, MailAccount
from emails.own import own_addresses
from emails.parsing.addresses import Address
from mailai.ai.language import detect
from replies.composing.body import body
from replies.composing.mailbox import exact
from replies.composing.message import Outgoing, written
from replies.composing.original import Original
from replies.composing.recipients import Recipients, to_all, to_sender
from replies.composing.threading import new_message_id, parent, references, reply_subject
from replies.drafting import profile_of
from replies.models import Draft, Sending

KEPT = dt.timedelta(hours=1)  # how long a message waits to be confirmed: its Date is the hour of its making


def prepare(draft: Draft, account: MailAccount, to: list[Address], cc: list[Address], quote: bool) -> Sending:
    """The message, ready to be looked at. Those of the user that nobody confirmed in time go."""
    forgotten = Sending.objects.filter(user=draft.user, run=None, state=Sending.State.WAITING)
    forgotten.filter(created_at__lt=Now() - KEPT).delete()
    profile = profile_of(draft.user)
    original = original_of(draft.email)
    sending = Sending(
        user=draft.user,
        email=draft.email,
        draft=draft,
        revision=draft.revision,
        account=account,
        message_id=new_message_id(account.address),
        sender=exact(account.address),
        to=to,
        cc=cc,
        quote=quote,
    )
    text = body(draft.text, profile.signature, original, quote)
    sending.raw = composed(original, sending.message_id, [profile.name, account.address], to, cc, text)
    sending.save(force_insert=True)
    return sending


def composed(
    original: Original, message_id: str, sender: Address, to: list[Address], cc: list[Address], text: str
) -> bytes:
    return written(
        Outgoing(
            message_id=message_id,
            date=timezone.localtime(),
            sender=sender,
            to=to,
            cc=cc,
            subject=reply_subject(original.subject),
            text=text,
            in_reply_to=parent(original),
            references=tuple(references(original)),
        )
    )


def original_of(email: Email) -> Original:
    said = email.analysis.language if email.analysis else ""
    return Original(
        message_id=email.message_id,
        in_reply_to=email.in_reply_to,
        references=tuple(email.references),
        subject=email.subject,
        sender=[email.sender_name, email.sender_address],
        reply_to=tuple(email.reply_to),
        to=tuple(email.to),
        cc=tuple(email.cc),
        headers=email.headers,
        date=timezone.localtime(email.sent_at or email.received_at),
        text=email.text,
        language=said or detect(email.text),
        mine=email.mine,
    )


def recipients_of(email: Email, everybody: bool) -> Recipients:
    original = original_of(email)
    return (to_all if everybody else to_sender)(original, own_addresses(email.user))


def accounts_of(user: Any) -> list[MailAccount]:
    """Those that can send."""
    return list(MailAccount.objects.filter(user=user).exclude(smtp_host=""))


def usual_account(email: Email, accounts: list[MailAccount]) -> MailAccount | None:
    """The one that the message came to: by its fetching, else by its address."""
    addressed = {address.casefold() for _name, address in [*email.to, *email.cc]}
    fetched = [account for account in accounts if account.pk == email.account_id]
    named = [account for account in accounts if account.address.casefold() in addressed]
    return next(iter(fetched + named + accounts), None)
