"""An invitation (iCalendar, RFC 5545) in words, for mail that says nothing else."""

from __future__ import annotations

import re

FIELDS = {"SUMMARY": "", "DTSTART": "Start", "DTEND": "End", "LOCATION": "Where", "ORGANIZER": "Organizer"}
METHODS = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation"}
PROPERTY = re.compile(r"([A-Z-]{1,40})((?:;[^:]{0,400})?):(.{0,4000})", re.I | re.S)
DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
ESCAPED = re.compile(r"\\([\\;,nN])")


def summarise(calendar: str) -> str:
    """The first event's what, when, where and who, one line each; empty if there is no event."""
    unfolded = re.sub(r"\r?\n[ \t]", "", calendar[:200_000])
    head, _, event = unfolded.partition("BEGIN:VEVENT")
    method = re.search(r"^METHOD:(\w+)", head, re.M)
    found: dict[str, str] = {}
    for row in event.partition("END:VEVENT")[0].splitlines():
        match = PROPERTY.fullmatch(row)
        if match and match[1].upper() in {*FIELDS, "DESCRIPTION"}:
            found.setdefault(match[1].upper(), value(match[1].upper(), match[2], match[3]))
    if not found:
        return ""
    title = METHODS.get(method[1].upper(), "Event") if method else "Event"
    lines = [f"{title}: {found.get('SUMMARY', '')}".rstrip(": ")]
    lines += [f"{label}: {found[name]}" for name, label in FIELDS.items() if label and found.get(name)]
    if found.get("DESCRIPTION"):
        lines += ["", found["DESCRIPTION"]]
    return "\n".join(lines)


def value(name: str, parameters: str, text: str) -> str:
    text = ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text).strip()
    if name in ("DTSTART", "DTEND"):
        date = DATE.match(text)
        if not date:
            return text
        year, month, day, hour, minute, utc = date.groups()
        zone = re.search(r"TZID=\"?([^;:\"]+)", parameters, re.I)
        where = "UTC" if utc else zone[1] if zone else ""
        return f"{year}-{month}-{day} {f'{hour}:{minute}' if hour else ''} {where}".strip().replace("  ", " ")
    if name == "ORGANIZER":
        common = re.search(r"CN=\"?([^;:\"]+)", parameters, re.I)
        address = re.sub(r"^mailto:", "", text, flags=re.I)
        return f"{common[1]} <{address}>" if common else address
    return text
