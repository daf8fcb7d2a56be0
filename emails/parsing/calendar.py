"""An invitation (iCalendar, RFC 5545): as values to show, and in words for mail that says nothing else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from emails.parsing.headers import one_line
from emails.parsing.names import names
from emails.parsing.timezones import in_zone

LIMIT = 998  # characters of one value
FIELDS = {"SUMMARY": "", "DTSTART": "Start", "DTEND": "End", "LOCATION": "Where", "ORGANIZER": "Organizer"}
METHODS = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation"}
READ = {*FIELDS, *names("DESCRIPTION DURATION RRULE")}
PROPERTY = re.compile(r'([A-Z-]{1,40})((?:;(?:[^:"]|"[^"]{0,200}"){0,400})?):(.{0,4000})', re.I | re.S)
DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
DURATION = re.compile(r"P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d{1,5}S)?)?")
ESCAPED = re.compile(r"\\([\\;,nN])")
COMMON_NAME = re.compile(r'CN=(?:"([^"]+)"|([^;:"]+))', re.I)
ZONE = re.compile(r'TZID=(?:"([^"]*)"|([^;:"]+))', re.I)
Event = dict[str, tuple[str, str]]
"""Of each property its parameters and its raw value."""


def invitation(calendar: str) -> dict[str, Any] | None:
    """The first event: method (request, cancel, reply …), summary, start, end, zone, location, organizer, repeats.

    start and end are ISO 8601: a date for whole days (the end is the last of them), with the offset where the zone is
    known, else local time with the zone's name in `zone`. Missing values are empty. None if there is no event.
    """
    method, event = first_event(calendar)
    if not event:
        return None
    start, end = span(event, calendar)
    zone = zone_name(event.get("DTSTART", ("", ""))[0])
    known = isinstance(start, dt.datetime) and start.tzinfo
    return {
        "method": method.lower()[:20],
        "start": start.isoformat() if start else "",
        "end": end.isoformat() if start and end and end.isoformat() != start.isoformat() else "",
        "zone": one_line(zone, 100) if zone and not known else "",
        "repeats": "RRULE" in event,
        **{
            name.lower(): one_line(value(name, *event[name]), LIMIT) if name in event else ""
            for name in ("SUMMARY", "LOCATION", "ORGANIZER")
        },
    }


def summarise(calendar: str) -> str:
    """The first event's what, when, where and who, one line each; empty if there is no event."""
    method, event = first_event(calendar)
    found = {name: value(name, *event[name]) for name in (*FIELDS, "DESCRIPTION") if name in event}
    if not found:
        return ""
    title = METHODS.get(method, "Event")
    lines = [f"{title}: {found.get('SUMMARY', '')}".rstrip(": ")]
    lines += [f"{label}: {found[name]}" for name, label in FIELDS.items() if label and found.get(name)]
    if found.get("DESCRIPTION"):
        lines += ["", found["DESCRIPTION"]]
    return "\n".join(lines)


def first_event(calendar: str) -> tuple[str, Event]:
    unfolded = re.sub(r"\r?\n[ \t]", "", calendar[:200_000])
    head, _, event = unfolded.partition("BEGIN:VEVENT")
    method = re.search(r"^METHOD:(\w+)", head, re.M)
    found: Event = {}
    for row in event.partition("END:VEVENT")[0].partition("BEGIN:VALARM")[0].splitlines():
        match = PROPERTY.fullmatch(row)
        if match and match[1].upper() in READ:
            found.setdefault(match[1].upper(), (match[2], match[3]))
    return method[1].upper() if method else "", found


def span(event: Event, calendar: str) -> tuple[dt.date | None, dt.date | None]:
    """When it begins and ends; for whole days the end is the last of them, where iCalendar names the day after."""
    start, end = (moment(event, name, calendar) for name in ("DTSTART", "DTEND"))
    try:
        if start and not end:
            end = start + duration(event)
        if end and not isinstance(end, dt.datetime):
            end -= dt.timedelta(days=1)
    except OverflowError:  # beyond the year 9999
        end = None
    if not start or type(end) is not type(start):
        end = None
    return start, end


def moment(event: Event, name: str, calendar: str) -> dt.date | dt.datetime | None:
    """A date for whole days, else a date and time, aware where its zone is known; None if it cannot be read."""
    parameters, text = event.get(name, ("", ""))
    match = DATE.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, utc = match.groups()
    try:
        if not hour:
            return dt.date(int(year), int(month), int(day))
        local = dt.datetime(int(year), int(month), int(day), int(hour), int(minute))
        zone = zone_name(parameters)
        return local.replace(tzinfo=dt.UTC) if utc else in_zone(local, zone, calendar) if zone else local
    except ValueError:
        return None


def zone_name(parameters: str) -> str:
    found = ZONE.search(parameters)
    return (found[1] or found[2] or "").strip() if found else ""


def duration(event: Event) -> dt.timedelta:
    match = DURATION.fullmatch(event.get("DURATION", ("", ""))[1].strip())
    weeks, days, hours, minutes = (int(group or 0) for group in match.groups()) if match else (0, 0, 0, 0)
    return dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)


def value(name: str, parameters: str, text: str) -> str:
    text = ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text).strip()
    if name in ("DTSTART", "DTEND"):
        date = DATE.match(text)
        if not date:
            return text
        year, month, day, hour, minute, utc = date.groups()
        where = "UTC" if utc else zone_name(parameters)
        return f"{year}-{month}-{day} {f'{hour}:{minute}' if hour else ''} {where}".strip().replace("  ", " ")
    if name == "ORGANIZER":
        common = COMMON_NAME.search(parameters)
        address = re.sub(r"^mailto:", "", text, flags=re.I)
        return f"{common[1] or common[2]} <{address}>" if common else address
    return text
