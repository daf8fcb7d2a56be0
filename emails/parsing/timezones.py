"""The zone of an iCalendar TZID (RFC 5545 3.2.19): by its name, by the calendar's own VTIMEZONE, or by an offset."""

from __future__ import annotations

import datetime as dt
import re
from itertools import product
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

from emails.parsing.preloading import time_zone

WINDOWS = {name.lower(): zone for name, zone in win_tz.items()}
REGIONS = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic")
MOST_CITIES = 12
DISPLAYED = re.compile(r"\((?:UTC|GMT)([+-]\d\d?)?:?(\d\d)?\)(.*)", re.I)
OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-]\d\d?):?(\d\d)?", re.I)
OBSERVANCE = re.compile(r"BEGIN:(?:STANDARD|DAYLIGHT)\s+(.*?)END:(?:STANDARD|DAYLIGHT)", re.S)
MOST_OBSERVANCES = 100
BY_DAY = re.compile(r"BYDAY=(-?\d)(MO|TU|WE|TH|FR|SA|SU)")
BY_MONTH = re.compile(r"BYMONTH=(\d\d?)\b")
UNTIL = re.compile(r"UNTIL=(\d{8})")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def in_zone(moment: dt.datetime, name: str, calendar: str) -> dt.datetime:
    """`moment`, a local time, with the zone that `name` means; without one if nothing tells."""
    name = name.strip().strip('"').strip()
    zone = by_name(name) or observed(moment, name, calendar) or displayed(moment, name) or offset(name)
    return moment.replace(tzinfo=zone)


def by_name(name: str) -> ZoneInfo | None:
    """An IANA name, also behind a program's prefix (`/mozilla.org/20050126_1/Europe/Berlin`), or Microsoft's name."""
    if windows := WINDOWS.get(name.lower()):
        return named(windows)
    pieces = name.strip("/").split("/")
    return named(name) or named("/".join(pieces[-2:])) or named("/".join(pieces[-3:]))


def named(name: str) -> ZoneInfo | None:
    try:
        return time_zone(name)
    except (ValueError, OSError, LookupError):  # no such zone, or none that may be a file's name
        return None


def observed(moment: dt.datetime, name: str, calendar: str) -> dt.timezone | None:
    """The offset that the calendar's VTIMEZONE of this name (RFC 5545 3.6.5) gives for `moment`."""
    for block in calendar.split("BEGIN:VTIMEZONE")[1:]:
        block = block.partition("END:VTIMEZONE")[0]
        if value(block, "TZID").strip('"') == name:
            rules = OBSERVANCE.findall(block)[:MOST_OBSERVANCES]
            begun = [
                (onset, to) for rule in rules if (onset := last_onset(rule, moment)) and (to := zone_of(rule))
            ]
            return max(begun, key=lambda pair: pair[0])[1] if begun else None
    return None


def last_onset(rule: str, moment: dt.datetime) -> dt.datetime | None:
    """When this observance began for the last time before `moment`; yearly rules and single dates are known."""
    try:
        start = dt.datetime.strptime(value(rule, "DTSTART")[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return None
    repeat = value(rule, "RRULE")
    day, month, until = BY_DAY.search(repeat), BY_MONTH.search(repeat), UNTIL.search(repeat)
    if "FREQ=YEARLY" not in repeat or not day or not month:
        return start if start <= moment else None
    last = min(moment, dt.datetime.strptime(until[1], "%Y%m%d")) if until else moment
    for year in (last.year, last.year - 1):
        onset = dt.datetime.combine(
            weekday(year, int(month[1]), int(day[1]), DAYS.index(day[2])), start.time()
        )
        if start <= onset <= last:
            return onset
    return None


def weekday(year: int, month: int, number: int, day: int) -> dt.date:
    """The `number`-th of these days in a month, from its end if negative."""
    if number > 0:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(day - first.weekday()) % 7 + 7 * (number - 1))
    last = dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - day) % 7 + 7 * (-number - 1))


def zone_of(rule: str) -> dt.timezone | None:
    return offset(value(rule, "TZOFFSETTO"))


def value(block: str, name: str) -> str:
    found = re.search(rf"^{name}(?:;[^:\r\n]*)?:(.*?)\s*$", block, re.M)
    return found[1].strip() if found else ""


def displayed(moment: dt.datetime, name: str) -> dt.tzinfo | None:
    """What Outlook shows a person, "(UTC+01:00) Amsterdam, Berlin": the zone of one of the cities that has this offset.

    Where no city is known, the offset itself.
    """
    shown = DISPLAYED.match(name)
    if not shown:
        return None
    hours, minutes = int(shown[1] or 0), int(shown[2] or 0)
    standard = dt.timedelta(hours=hours, minutes=-minutes if (shown[1] or "").startswith("-") else minutes)
    cities = [city.strip().replace(" ", "_") for city in shown[3].split(",")][:MOST_CITIES]
    for city, region in product(filter(None, cities), REGIONS):
        zone = named(f"{region}/{city}")
        if zone and any(zone.utcoffset(dt.datetime(moment.year, month, 1)) == standard for month in (1, 7)):
            return zone
    return fixed(standard)


def offset(name: str) -> dt.timezone | None:
    """`GMT+1`, `UTC+01:00`, `+0100`: as people mean it, east of Greenwich."""
    found = OFFSET.fullmatch(name)
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    return fixed(dt.timedelta(hours=hours, minutes=-minutes if found[1].startswith("-") else minutes))


def fixed(offset: dt.timedelta) -> dt.timezone | None:
    return dt.timezone(offset) if abs(offset) < dt.timedelta(days=1) else None
