"""A database that is away: whoever needs it is told at once instead of waiting for it, and the log has one line.

Each process knows for itself. After an error one thread a second asks the server, over a connection of its own;
meanwhile all others are refused without asking.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import psycopg
from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

PATIENCE = 2  # seconds for the server to answer; libpq takes no less for a connection
PAUSE = 1.0  # seconds between two questions whether it is back
# https://www.postgresql.org/docs/current/errcodes-appendix.html: the server ends, starts, or has no connection left; a
# standby that has not been promoted yet. Errors without a code are of the connection itself.
AWAY = {"57P01", "57P02", "57P03", "53300", "25006"}


class Outage:
    def __init__(self) -> None:
        self._well = False  # so that a process which starts meanwhile asks before it waits
        self._since: float | None = None
        self._reason = ""
        self._asked_at = float("-inf")
        self._asking, self._telling = threading.Lock(), threading.Lock()

    def begin(self, error: BaseException) -> None:
        """The database did not do what it was asked for."""
        with self._telling:
            self._well = False
            if self._since is None:
                self._since = time.monotonic()
                self._asked_at = float("-inf")
                self._reason = (
                    str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                )
                logger.error("the database is away: %s", self._reason)

    def end(self) -> None:
        with self._telling:
            self._well = True
            if self._since is not None:
                logger.warning("the database is back after %.1f s", time.monotonic() - self._since)
                self._since = None

    def pass_or_raise(self, ask: Callable[[], None]) -> None:
        """Returns if the server is there. Raises psycopg.OperationalError, after PATIENCE at most, mostly at once.

        `ask` connects to it and raises psycopg.Error if that fails.
        """
        if self._well:
            return
        never_asked = self._asked_at == float("-inf")
        if not self._asking.acquire(timeout=PATIENCE if never_asked else 0):
            raise psycopg.OperationalError(self._reason)
        try:
            if self._well:
                return
            if time.monotonic() - self._asked_at < PAUSE:
                raise psycopg.OperationalError(self._reason)
            try:
                ask()
            except psycopg.Error as error:
                self.begin(error)
                self._asked_at = time.monotonic()
                raise
            self.end()
        finally:
            self._asking.release()


outage = Outage()  # of the one database


def is_away(error: BaseException | None) -> bool:
    """Whether this is the database being away, and not a statement that went wrong."""
    if not isinstance(
        error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError
    ):
        return False
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    code = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    return code is None or code.startswith("08") or code in AWAY


def first_line(error: BaseException) -> str:
    """What an error says; libpq says it again for each way it tried."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class ToldOnce(logging.Filter):
    """Drops Django's line, with its trace, of each request that was answered 503: whoever does has told why, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503
