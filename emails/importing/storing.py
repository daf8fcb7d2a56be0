"""Raw messages into a user's mailbox, whatever is in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from emails.importing.arrival import Arrival, Outcome, Stored, batches
from emails.importing.rows import save
from emails.models import Email, MailAccount
from emails.parsing.contained import Limits, read_all

BATCH = 200  # messages that are looked up, and stored, together
BATCH_BYTES = 16 * 1024 * 1024


def store(user: Any, raw: bytes, **origin: Any) -> Stored:
    """Store a message in the user's mailbox, in one transaction, and say what became of it.

    `origin` are columns of Email that the way it came knows better than its text: account, received_at, mine. A
    duplicate gives the message that was there before. What cannot be parsed is stored raw and marked. It is read in
    a process of its own, so nothing that is in `raw` raises or ends anything; database errors raise.
    """
    return next(store_all(user, [Arrival(raw, origin=origin)]))


def store_all(
    user: Any,
    messages: Iterable[bytes | Arrival],
    readers: int | None = None,
    noted: Callable[[Sequence[Stored]], object] = tuple,
) -> Iterator[Stored]:
    """Store many messages, and say in their order what became of each; memory holds some batches of them.

    Each batch is one transaction, in which `noted` is told what became of it: what it raises undoes the batch. What
    has been said is stored. `readers` processes read at the same time, by
    default as many as there are processors. A message that is known byte for byte is not read again.
    """
    own = addresses_of(user)
    coming = (one if isinstance(one, Arrival) else Arrival(one) for one in messages)
    read = read_all(_recognised(user, coming), limits(), readers or min(4, os.cpu_count() or 1))
    for batch in batches(read, BATCH, BATCH_BYTES):
        new = [arrival for arrival in batch if not arrival.stored]
        with transaction.atomic():
            if new:
                save(user, new, own)
            done = [arrival.stored for arrival in batch if arrival.stored]
            noted(done)
        yield from done


def addresses_of(user: Any) -> frozenset[str]:
    """The user's own addresses, for comparing."""
    accounts = MailAccount.objects.filter(user_id=user.pk).values_list("address", flat=True)
    return frozenset(address.casefold() for address in [user.email, *accounts] if address)


def limits() -> Limits:
    return Limits(
        seconds=3 * settings.MAILAI_READ_SECONDS,  # a busy machine is not the message's fault
        cpu_seconds=settings.MAILAI_READ_SECONDS,
        memory=settings.MAILAI_READ_MEMORY,
        size=settings.MAILAI_MAX_MESSAGE_BYTES,
    )


def _recognised(user: Any, arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """All of them, those marked as duplicates whose very bytes the user has."""
    for batch in batches(arrivals, BATCH, BATCH_BYTES):
        hashes = {arrival.content_hash for arrival in batch}
        copies = Email.objects.of(user).light().filter(content_hash__in=hashes).order_by("-id")
        known = {email.content_hash: email for email in copies}
        for arrival in batch:
            if arrival.content_hash in known:
                arrival.stored = Stored(Outcome.DUPLICATE, known[arrival.content_hash])
            yield arrival
