"""Dates of mail headers (RFC 5322 3.3) as aware datetimes, or None where they cannot be read or believed."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

EARLIEST = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
AHEAD = dt.timedelta(days=2)  # clocks and zones may be wrong by that much


def date(text: str) -> dt.datetime | None:
    """The moment that a Date header names; a missing zone (`-0000`) is UTC."""
    try:
        moment = parsedate_to_datetime(text[:200])
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC) if 1900 <= aware.year < 3000 else None  # room for any time zone
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def sane(moment: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    return moment if moment and EARLIEST <= moment <= now + AHEAD else None


def received(field: str) -> dt.datetime | None:
    """The date of a Received header: what follows its last semicolon (RFC 5321 4.4)."""
    return date(field.rpartition(";")[2].strip())
