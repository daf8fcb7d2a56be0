import datetime as dt

import pytest

from mailai.ai.local.dates import find_dates
from mailai.ai.local.deadlines import find_appointments, find_deadlines

MONDAY = dt.date(2026, 11, 23)


def day(month: int, number: int, year: int = 2026) -> dt.date:
    return dt.date(year, month, number)


@pytest.mark.parametrize(
    ("sentence", "date"),
    [
        ("Fällig am 14.12.2026.", day(12, 14)),
        ("am 14. Dezember", day(12, 14)),
        ("am 3.1. geht es los", day(1, 3, 2027)),
        ("Freitag, den 4. Dezember 2026", day(12, 4)),
        ("due 2026-12-05", day(12, 5)),
        ("on December 5, 2026", day(12, 5)),
        ("on 5 Dec", day(12, 5)),
        ("the 1st of March", day(3, 1, 2027)),
        ("12/13/2026", day(12, 13)),
        ("13/12/2026", day(12, 13)),
        ("on 12/5/2026", day(12, 5)),
        ("heute", MONDAY),
        ("bis morgen", day(11, 24)),
        ("übermorgen", day(11, 25)),
        ("tomorrow", day(11, 24)),
        ("bis Freitag", day(11, 27)),
        ("by Friday", day(11, 27)),
        ("am Montag", day(11, 30)),
        ("nächsten Montag", day(11, 30)),
        ("nächste Woche Mittwoch", day(12, 2)),
        ("Friday next week", day(12, 4)),
        ("innerhalb von 14 Tagen", day(12, 7)),
        ("within 7 days", day(11, 30)),
        ("within two weeks", day(12, 7)),
        ("within 24 hours", day(11, 24)),
        ("within 5 business days", day(11, 30)),
        ("Zahlungsziel 30 Tage", day(12, 23)),
        ("Ende des Monats", day(11, 30)),
        ("bis Ende Dezember", day(12, 31)),
        ("by end of the week", day(11, 27)),
        ("by EOD", MONDAY),
        ("by EOD Friday", day(11, 27)),
        ("by COB tomorrow", day(11, 24)),
    ],
)
def test_it_reads_a_date(sentence: str, date: dt.date) -> None:
    assert [found.date for found in find_dates(sentence, MONDAY)] == [date]


@pytest.mark.parametrize(
    "sentence",
    [
        "Guten Morgen",
        "Ich komme am Morgen",
        "Version 1.2.3.4",
        "am 31.02.2026",
        "99/99/2026",
        "6/7/2026 or so",
        "um 14.30 Uhr",
        "the year 2026-13-45",
        "may I",
    ],
)
def test_it_reads_no_date(sentence: str) -> None:
    assert find_dates(sentence, MONDAY) == []


@pytest.mark.parametrize(
    "sentence", ["in 999 months", "tomorrow", "bis Ende Dezember", "31.12.", "within 999 weeks", "eow"]
)
@pytest.mark.parametrize("today", [dt.date.min, dt.date.max])
def test_it_stays_within_the_calendar(sentence: str, today: dt.date) -> None:
    find_dates(sentence, today)


@pytest.mark.parametrize(
    ("sentence", "date", "words"),
    [
        ("Bitte antworten Sie bis zum 14.12.2026.", day(12, 14), "bis zum 14.12.2026"),
        ("Der Betrag ist spätestens am 1. Dezember fällig.", day(12, 1), "spätestens am 1. Dezember"),
        ("Zahlbar innerhalb von 14 Tagen ohne Abzug.", day(12, 7), "innerhalb von 14 Tagen"),
        ("Please reply by Friday.", day(11, 27), "by Friday"),
        ("The deadline is December 5, 2026.", day(12, 5), "deadline is December 5, 2026"),
        ("RSVP 2026-12-01", day(12, 1), "RSVP 2026-12-01"),
        ("No later than 5 Dec, please.", day(12, 5), "No later than 5 Dec"),
        ("Bitte noch heute zurückrufen.", MONDAY, "heute"),
        ("Ihr Zertifikat läuft am 30.11. ab.", day(11, 30), "läuft am 30.11."),
        ("Fällig: 14.12.2026", day(12, 14), "Fällig: 14.12.2026"),
    ],
)
def test_it_finds_a_deadline_and_its_words(sentence: str, date: dt.date, words: str) -> None:
    found = find_deadlines([sentence], MONDAY)
    assert [(due.date, due.words) for due in found] == [(date, words)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ich bin bis zum 14.12.2026 im Urlaub.",
        "I am out of office until 5 Dec.",
        "Wir melden uns bis Freitag.",
        "We will get back to you within 7 days.",
        "Der Kurs geht von Montag bis Freitag.",
        "Die Lieferung kommt bis Freitag.",
        "Das Konzert war am 14.12.2020.",
        "Wir treffen uns am Freitag um 10 Uhr.",
    ],
)
def test_it_takes_no_other_date_for_a_deadline(sentence: str) -> None:
    assert find_deadlines([sentence], MONDAY) == []


def test_it_finds_an_appointment() -> None:
    found = find_appointments(
        ["Das Meeting ist am Donnerstag um 10 Uhr.", "Gestern, am 20.11.2026, war ein Treffen."], MONDAY
    )
    assert [due.date for due in found] == [day(11, 26)]
