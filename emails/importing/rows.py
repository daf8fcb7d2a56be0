"""A batch of messages that have been read, into the database: in one transaction, with a few statements for all."""

from __future__ import annotations

import logging
from itertools import chain
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models import Q

from emails.importing.arrival import Arrival, Outcome, Stored
from emails.importing.copying import copy
from emails.models import Attachment, Email
from emails.own import same
from emails.parsing import PARSER_VERSION, Parsed, Trouble
from emails.parsing.fingerprint import raw_key
from emails.threading.keeping import assign
from mailai.postgres import clock

log = logging.getLogger(__name__)

# Of what is wrong with a value (SQLSTATE classes): its form, a constraint, a limit of the program, an internal error.
ROWS_FAULT = ("22", "23", "54", "XX")


def save(user: Any, arrivals: list[Arrival], own: frozenset[str]) -> None:
    """Sets `stored` of each. A batch that the database refuses is tried again one by one, so that no row takes
    its neighbours along; a row that it refuses alone is stored raw. Raises DatabaseError where nothing can be stored.
    """
    try:
        _save(user, arrivals, own)
    except (DatabaseError, ValueError, TypeError) as error:
        if not _rows_fault(error):
            raise
        if len(arrivals) > 1:
            for arrival in arrivals:
                save(user, [arrival], own)
        else:
            log.exception(
                "A message of %d bytes is stored raw: what was read was refused", len(arrivals[0].raw)
            )
            _reduce(arrivals[0])
            _save(user, arrivals, own)


def columns(parsed: Parsed) -> dict[str, Any]:
    """What was read, as columns of Email: all that a later parser may read differently."""
    return {
        "message_id": parsed.message_id,
        "in_reply_to": parsed.in_reply_to,
        "references": parsed.references,
        "subject": parsed.subject,
        "sender_name": parsed.sender_name,
        "sender_address": parsed.sender_address,
        "reply_to": parsed.reply_to,
        "to": parsed.to,
        "cc": parsed.cc,
        "headers": parsed.headers,
        "sent_at": parsed.sent_at,
        "text": parsed.text,
        "html": parsed.html,
        "language": parsed.language,
        "invitation": parsed.invitation,
        "unreadable": parsed.unreadable,
        "trouble": parsed.trouble,
        "parser_version": PARSER_VERSION,
    }


def attachments(email: Email, parsed: Parsed) -> list[Attachment]:
    return [Attachment(email=email, **vars(item)) for item in parsed.attachments]


@transaction.atomic
def _save(user: Any, arrivals: list[Arrival], own: frozenset[str]) -> None:
    # Importers of one mailbox take turns, batch by batch: then two copies that come at the same time are one, and
    # neither misses the other's thread. It does not hold up rows that refer to the user.
    get_user_model().objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
    known = _Known(user, arrivals)
    new: dict[str, tuple[Email, Parsed]] = {}
    for arrival in arrivals:
        there = known.copy_of(arrival)
        if there:
            arrival.stored = Stored(Outcome.DUPLICATE, there)
        elif arrival.parsed:
            email = _row(user, arrival, arrival.parsed, own)
            known.add(email)
            new[arrival.key] = email, arrival.parsed
            outcome = Outcome.UNREADABLE if arrival.parsed.unreadable else Outcome.IMPORTED
            arrival.stored = Stored(outcome, email)
    emails = [email for email, _parsed in new.values()]
    assign(user, emails)
    copy(emails)
    copy(list(chain.from_iterable(attachments(email, parsed) for email, parsed in new.values())))


class _Known:
    """The user's messages that some of a batch may be copies of: those of the database, and those before them."""

    def __init__(self, user: Any, arrivals: list[Arrival]) -> None:
        keys = {arrival.key for arrival in arrivals}
        hashes = {arrival.content_hash for arrival in arrivals}
        self.by_key: dict[str, Email] = {}
        self.by_hash: dict[str, Email] = {}
        copies = Q(dedupe_key__in=keys) | Q(content_hash__in=hashes)
        for email in Email.objects.of(user).light().filter(copies).order_by("id"):
            self.add(email)

    def add(self, email: Email) -> None:
        self.by_key.setdefault(email.dedupe_key, email)
        self.by_hash.setdefault(email.content_hash, email)

    def copy_of(self, arrival: Arrival) -> Email | None:
        return self.by_key.get(arrival.key) or self.by_hash.get(arrival.content_hash)


def _row(user: Any, arrival: Arrival, parsed: Parsed, own: frozenset[str]) -> Email:
    values = columns(parsed) | {
        "raw": arrival.raw,
        "size": len(arrival.raw),
        "content_hash": arrival.content_hash,
        "dedupe_key": arrival.key,
        "received_at": parsed.received_at or clock.now(),
        "mine": same(parsed.sender_address) in own,
    }
    return Email(user=user, **(values | dict(arrival.origin)))


def _reduce(arrival: Arrival) -> None:
    arrival.parsed = Parsed(text=arrival.shown(), trouble=Trouble.UNSTORABLE)
    arrival.key, arrival.origin = raw_key(arrival.raw), {}


def _rows_fault(error: Exception) -> bool:
    if isinstance(error, DatabaseError):
        return (getattr(error.__cause__, "sqlstate", None) or "22").startswith(ROWS_FAULT)
    return True
