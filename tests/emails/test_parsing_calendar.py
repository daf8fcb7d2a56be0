"""Invitations as values."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.invitation import Invitation
from emails.parsing import parse
from emails.parsing.calendar import invitation, summarise

NONE = {"start": "", "end": "", "zone": "", "repeats": False, "summary": "", "location": "", "organizer": ""}


def calendar(*lines: str, method: str = "REQUEST") -> str:
    event = "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])
    return f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\n{event}\r\nEND:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["SUMMARY:Budget\\, round", "  two"], {"summary": "Budget, round two"}),
        (
            ["DTSTART;TZID=Europe/Berlin:20261126T140000", "DTEND;TZID=Europe/Berlin:20261126T150000"],
            {"start": "2026-11-26T14:00:00+01:00", "end": "2026-11-26T15:00:00+01:00"},
        ),
        (["DTSTART:20261126T140000Z", "DURATION:PT1H30M"],
         {"start": "2026-11-26T14:00:00+00:00", "end": "2026-11-26T15:30:00+00:00"}),
        (['DTSTART;TZID="W. Europe Standard Time":20260701T090000'], {"start": "2026-07-01T09:00:00+02:00"}),
        (["DTSTART;TZID=Somewhere:20260701T090000"], {"start": "2026-07-01T09:00:00", "zone": "Somewhere"}),
        (["DTSTART;TZID=../../etc/passwd:20260701T090000"],
         {"start": "2026-07-01T09:00:00", "zone": "../../etc/passwd"}),
        (["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225"], {"start": "2026-12-24"}),
        (["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"], {"start": "2026-12-24", "end": "2026-12-26"}),
        (["DTSTART:99991231T235900", "DURATION:P9999D"], {"start": "9999-12-31T23:59:00"}),
        (["DTSTART;VALUE=DATE:20261224", "DTEND:20261225T100000"], {"start": "2026-12-24"}),
        (["DTSTART:20269999T140000"], {}),
        (['ORGANIZER;CN="Ada: Office":mailto:ada@example.com'], {"organizer": "Ada: Office <ada@example.com>"}),
        (["SUMMARY:x", "RRULE:FREQ=WEEKLY"], {"summary": "x", "repeats": True}),
        (["SUMMARY:x", "BEGIN:VALARM", "SUMMARY:alarm", "LOCATION:y", "END:VALARM"], {"summary": "x"}),
    ],
)  # fmt: skip
def test_it_reads_an_event(lines: list[str], expected: dict[str, object]) -> None:
    assert invitation(calendar(*lines)) == {"method": "request", **NONE, **expected}


ZONES = """BEGIN:VTIMEZONE
TZID:Custom
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:Once
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETTO:-0330
END:STANDARD
BEGIN:STANDARD
DTSTART:20300101T000000
TZOFFSETTO:+0400
END:STANDARD
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:Ended
BEGIN:STANDARD
DTSTART:19710101T000000
TZOFFSETTO:+0300
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11;UNTIL=20251231T000000Z
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19710101T000000
TZOFFSETTO:+0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3;UNTIL=20251231T000000Z
END:DAYLIGHT
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("zone", "local", "offset"),
    [
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "20261103T100000", "+01:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "20260703T100000", "+02:00"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "20261103T100000", "-05:00"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "20261103T100000", "+05:30"),
        ("(UTC) Coordinated Universal Time", "20261103T100000", "+00:00"),
        ("(UTC+01:00) Nowhere, Berlin_", "20261103T100000", "+01:00"),
        ("GMT+1", "20261103T100000", "+01:00"),
        ("GMT-0500", "20261103T100000", "-05:00"),
        ("UTC+05:30", "20261103T100000", "+05:30"),
        ("W. Europe Standard Time", "20260703T100000", "+02:00"),
        ("Russian Standard Time", "20260703T100000", "+03:00"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "20260703T100000", "+02:00"),
        ("/freeassociation.sourceforge.net/America/Argentina/Salta", "20260703T100000", "-03:00"),
        ("Custom", "20260329T030000", "+02:00"),
        ("Custom", "20260329T010000", "+01:00"),
        ("Custom", "20261026T100000", "+01:00"),
        ("Custom", "20260101T100000", "+01:00"),
        ("Once", "20260101T100000", "-03:30"),
        ("Once", "20310101T100000", "+04:00"),
        ("Ended", "20250301T100000", "+03:00"),
        ("Ended", "20250401T100000", "+04:00"),
        ("Elsewhere", "20260101T100000", ""),
        ("GMT+99", "20260101T100000", ""),
    ],
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_it_converts_by_whatever_names_the_zone(zone: str, local: str, offset: str, quote: str) -> None:
    if not quote and not zone.isalnum():
        quote = '"'
    event = calendar(f"DTSTART;TZID={quote}{zone}{quote}:{local}").replace(
        "\r\nBEGIN:V", f"\r\n{ZONES}BEGIN:V", 1
    )
    found = invitation(event) or {}
    moment = f"{local[:4]}-{local[4:6]}-{local[6:8]}T{local[9:11]}:00:00"
    assert (found["start"], found["zone"]) == (moment + offset, "" if offset else zone)


def test_it_knows_the_method_and_no_event() -> None:
    assert (invitation(calendar("SUMMARY:x", method="CANCEL")) or {})["method"] == "cancel"
    assert invitation("BEGIN:VCALENDAR\r\nEND:VCALENDAR") is None


def test_it_finds_the_event_of_a_message() -> None:
    head = "From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nCome!\r\n"
    part = f"--b\r\nContent-Type: application/ics; name=i.ics\r\n\r\n{calendar('SUMMARY:Büro')}--b--\r\n"
    parsed = parse((head + part).encode())
    assert parsed.invitation == {"method": "request", **NONE, "summary": "Büro"}
    assert parsed.text == "Come!"
    assert parse(b"From: a@b.c\n\nno calendar").invitation is None


piece = st.sampled_from(
    ["DTSTART", "DTEND", "DURATION", "SUMMARY", ":", ";", "TZID=", "20261126T140000Z", "00010101", "P9999W", '"', "=",
     "99991231", "T", "\r\n", "\\n", "Europe/Berlin", "CN=", "RRULE:", "\x01", "é"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(piece, max_size=8).map("".join), max_size=6))
def test_it_takes_any_event(lines: list[str]) -> None:
    stored = invitation(calendar(*lines))
    summarise(calendar(*lines))
    if stored:
        shown = Invitation.of(stored)
        assert shown.timed or not shown.ends_that_day or shown.end is None
