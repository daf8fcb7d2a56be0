"""Raw messages into a user's mailbox, whatever is in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from django.conf import settings
from django.db import transaction

from emails.importing.arrival import Arrival, Outcome, Stored, batches
from emails.importing.rows import save
from emails.models import Email
from emails.own import own_addresses
from emails.parsing.contained import Limits, read_all

BATCH = 200  # messages that are looked up, and stored, together
BATCH_BYTES = 16 * 1024 * 1024


def store(user: Any, raw: bytes, **origin: Any) -> Stored:
    """Store a message in the user's mailbox, in one transaction, and say what became of it.

    `origin` are columns of Email that the way it came knows better than its text: account, received_at, mine. A
    duplicate gives the message that was there before. What cannot be parsed is stored raw and marked. It is read in
    a process of its own, so nothing that is in `raw` raises or ends anything; database errors raise, and RuntimeError
    inside a transaction, as `read` says.
    """
    return next(store_all(user, [Arrival(raw, origin=origin)]))


def store_all(
    user: Any,
    messages: Iterable[bytes | Arrival],
    readers: int | None = None,
    noted: Callable[[Sequence[Stored]], object] = tuple,
    alive: Callable[[], object] = tuple,
) -> Iterator[Stored]:
    """Store many messages, and say in their order what became of each; memory holds some batches of them.

    Each batch is one transaction, in which `noted` is told what became of it: what it raises undoes the batch. What
    has been said is stored. `readers` and `alive` are those of `read`, whose errors are raised.
    """
    for batch in batches(read(user, messages, readers, alive), BATCH, BATCH_BYTES):
        with transaction.atomic(durable=True):
            done = put(user, batch)
            noted(done)
        yield from done


def read(
    user: Any,
    messages: Iterable[bytes | Arrival],
    readers: int | None = None,
    alive: Callable[[], object] = tuple,
) -> Iterator[Arrival]:
    """Read messages for `put`, in their order. One that the user has byte for byte is not read again.

    `readers` processes read at the same time, by default as many as there are processors, four at most. `alive` is
    called with each message: some slow ones take longer than a lease. Raises NoReaderError if no reader can be started,
    and RuntimeError inside a transaction: a message may take its reader a minute, in which the database would end the
    connection, and others would wait for its locks.
    """
    with transaction.atomic(durable=True):  # which is what raises
        pass
    coming = (one if isinstance(one, Arrival) else Arrival(one) for one in messages)
    for arrival in read_all(_recognised(user, coming), limits(), readers or min(4, os.cpu_count() or 1)):
        alive()
        yield arrival


def put(user: Any, arrivals: Sequence[Arrival]) -> list[Stored]:
    """Store what has been read, inside the caller's transaction, and return what became of each, in their order.

    `arrivals` stay as they are: where the transaction comes to nothing, they can be stored in another one.
    """
    tried = [arrival if arrival.stored else copy(arrival) for arrival in arrivals]
    if new := [arrival for arrival in tried if not arrival.stored]:
        save(user, new, own_addresses(user))
    return [arrival.stored for arrival in tried if arrival.stored]


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
