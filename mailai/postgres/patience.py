"""A step on the database that outlives a short absence of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection
from psycopg.pq import TransactionStatus

T = TypeVar("T")

PATIENCE = 30.0  # seconds in which a database that went away may come back
PAUSE = 0.5  # seconds between tries
ACTIVE = TransactionStatus.ACTIVE


def persistently(step: Callable[[], T]) -> T:
    """Repeat a step on a fresh connection for as long as the database is away, PATIENCE at most.

    A step may run again although its commit went through unseen, so it must do no harm twice. Raises what the step
    raises; inside a transaction, which cannot be resumed, at once.
    """
    give_up_at = time.monotonic() + PATIENCE
    while True:
        drop_interrupted()
        try:
            return step()
        except (OperationalError, InterfaceError):
            if time.monotonic() >= give_up_at or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(PAUSE)  # noqa: TID251 - the database is away; there is nothing to wait on


def drop_interrupted() -> None:
    """A signal that raised in the middle of a statement leaves a connection on which no other can begin."""
    link = connection.connection
    if link is not None and not connection.in_atomic_block and link.info.transaction_status == ACTIVE:
        connection.close()
