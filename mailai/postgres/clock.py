"""The time of the database, for comparing in Python with what it wrote.

Hosts' clocks differ, and one that is wrong must neither end a run nor hold one up. Statements use Now(); here is the
same without a query: the difference to a clock that nobody sets is measured at a new connection, now and then.
"""

from __future__ import annotations

import datetime as dt
import time
from contextlib import suppress
from typing import Any

import psycopg
from django.db import OperationalError, connection

EVERY = 600.0  # seconds
# Counts on while the machine sleeps, where there is such a clock (Linux).
STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
ASK = "SELECT clock_timestamp()"

_measured: tuple[float, dt.datetime] | None = None


def now() -> dt.datetime:
    """Raises OperationalError if the database has not been reached yet and is away."""
    if _measured is None:
        connection.ensure_connection()
    if _measured is None:
        raise OperationalError("the database did not tell its time")
    at, moment = _measured
    return moment + dt.timedelta(seconds=time.clock_gettime(STEADY) - at)


def is_due() -> bool:
    return _measured is None or time.clock_gettime(STEADY) - _measured[0] > EVERY


def measure(link: psycopg.Connection[Any]) -> None:
    """To half of the time that the answer took; a connection that has just died is told of by its next statement."""
    global _measured  # one for all threads of the process: they have one database
    with suppress(psycopg.Error):
        asked = time.clock_gettime(STEADY)
        row = link.execute(ASK).fetchone()
        answered = time.clock_gettime(STEADY)
        if not link.autocommit:
            link.rollback()  # or the connection would be in a transaction
        if row is not None:
            _measured = (asked + answered) / 2, row[0].astimezone(dt.UTC)
