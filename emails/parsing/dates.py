"""Dates of mail headers (RFC 5322 3.3) as aware datetimes, or None where they cannot be read or believed."""

from __future__ import annotations

import datetime as dt
import re
from email.utils import parsedate_to_datetime

EARLIEST = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)
AHEAD = dt.timedelta(days=2)  # clocks and zones may be wrong by that much

# Zones as people and old programs write them; those with two meanings (IST, CST of China …) are left alone.
ZONES = {
    "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "sast": 2,
    "eet": 2, "oez": 2, "eest": 3, "oesz": 3, "msk": 3, "hkt": 8, "sgt": 8, "awst": 8, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip
OFFSET = re.compile(r"(?:\b(?:GMT|UTC|UT|Z))?\s?([+-])(\d{1,2})(?::?(\d\d))?\s*(?:\([^()]*\)?\s*)?$", re.I)
ZONE_NAME = re.compile(r"(?<=[\d\s])([A-Za-z]{3,4})(\s+\d{4})?\s*$")
ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
MONTHS = {"mär": "mar", "mrz": "mar", "mai": "may", "okt": "oct", "dez": "dec"}
GERMAN_MONTH = re.compile(r"\b(mär|mrz|mai|okt|dez)[a-zä]*\.?(?=\s)", re.I)
CLOCK = re.compile(r"\b(\d{1,2})\.(\d\d)\.(\d\d)(?=\s|$)")


def date(text: str) -> dt.datetime | None:
    """The moment that a Date header names; a missing zone (`-0000`) is UTC."""
    text = text[:200].strip()
    try:
        moment = dt.datetime.fromisoformat(text) if ISO.match(text) else parsedate_to_datetime(usual(text))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return aware.astimezone(dt.UTC) if 1900 <= aware.year < 3000 else None  # room for any time zone
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def usual(text: str) -> str:
    """The date as RFC 5322 has it, where it is one of the ways in which programs miss that."""
    text = CLOCK.sub(r"\1:\2:\3", GERMAN_MONTH.sub(lambda month: MONTHS[month[1].lower()], text))
    if (zone := ZONE_NAME.search(text)) and zone[1].lower() in ZONES:
        return f"{text[: zone.start()]} {zone[2] or ''} +{ZONES[zone[1].lower()]:02}00"
    # Only behind a clock: "2-11-2026" has no zone.
    if (offset := OFFSET.search(text)) and ":" in text[: offset.start()]:
        sign, hours, minutes = offset.groups()
        return f"{text[: offset.start()]} {sign}{int(hours):02}{minutes or '00'}"
    return text


def sane(moment: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    return moment if moment and EARLIEST <= moment <= now + AHEAD else None


def received(field: str) -> dt.datetime | None:
    """The date of a Received header: what follows its last semicolon (RFC 5321 4.4)."""
    return date(field.rpartition(";")[2].strip())
