"""One raw message into the database, whatever is in it."""

from __future__ import annotations

import logging
from dataclasses import replace
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from emails.importing.identity import content_hash, dedupe_key
from emails.models import Attachment, Email
from emails.parsing import Parsed, parse, parse_headers
from emails.threading.keeping import assign

log = logging.getLogger(__name__)

SHOWN = 100_000  # bytes of a message that could not be parsed


class Outcome(StrEnum):
    IMPORTED = "imported"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"


def store(user: Any, raw: bytes) -> tuple[Outcome, Email]:
    """Store a message in the user's mailbox, in one transaction, and say what became of it.

    A duplicate gives the message that was there before. What cannot be parsed is stored raw and marked. Nothing that
    is in `raw` raises; database errors do.
    """
    parsed = read(raw)
    key = dedupe_key(parsed, raw)
    with transaction.atomic():
        # Importers of one mailbox take turns, message by message: then two copies that come at the same time
        # are one, and neither misses the other's thread. It does not hold up rows that refer to the user.
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        known = Email.objects.of(user).light().filter(dedupe_key=key).first()
        if known:
            return Outcome.DUPLICATE, known
        email = insert(user, raw, parsed, key)
    return Outcome.UNREADABLE if parsed.unreadable else Outcome.IMPORTED, email


def read(raw: bytes) -> Parsed:
    try:
        if len(raw) <= settings.MAILAI_MAX_MESSAGE_BYTES:
            return parse(raw)
        return too_large(parse_headers(raw), len(raw))
    except Exception:  # no message may stop an import, and none may be lost
        log.exception("A message of %d bytes could not be parsed; it is stored raw", len(raw))
        text = raw[:SHOWN].decode("utf-8", "replace").replace("\x00", "")
        return Parsed(text=text, unreadable=True)


def too_large(parsed: Parsed, size: int) -> Parsed:
    limit = settings.MAILAI_MAX_MESSAGE_BYTES
    text = (
        f"This message has {size / 1e6:.1f} MB. That is more than the limit of {limit / 1e6:.1f} MB "
        "(MAILAI_MAX_MESSAGE_BYTES), so only its header was read. Its source is stored whole."
    )
    return replace(parsed, text=text, unreadable=True)


def insert(user: Any, raw: bytes, parsed: Parsed, key: str) -> Email:
    email = Email(
        user=user,
        raw=raw,
        content_hash=content_hash(raw),
        dedupe_key=key,
        message_id=parsed.message_id,
        in_reply_to=parsed.in_reply_to,
        references=parsed.references,
        subject=parsed.subject,
        sender_name=parsed.sender_name,
        sender_address=parsed.sender_address,
        reply_to=parsed.reply_to,
        to=parsed.to,
        cc=parsed.cc,
        headers=parsed.headers,
        sent_at=parsed.sent_at,
        received_at=parsed.received_at or timezone.now(),
        text=parsed.text,
        html=parsed.html,
        mine=bool(user.email) and parsed.sender_address.casefold() == user.email.casefold(),
        size=len(raw),
        unreadable=parsed.unreadable,
    )
    assign(user, [email])
    email.save(force_insert=True)
    Attachment.objects.bulk_create(Attachment(email=email, **vars(item)) for item in parsed.attachments)
    return email
