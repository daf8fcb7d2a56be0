"""The dates that a sentence names, with the words they were read from."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from mailai.ai.local import relative_dates
from mailai.ai.local.calendar_words import MONTHS, WEEKDAYS, alternatives

MONTH = alternatives(MONTHS)
WEEKDAY = alternatives(WEEKDAYS)
LEAD = rf"(?:(?:{WEEKDAY}|mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)\b\.?,? (?:(?:den|dem|the) )?)?"
ISO = re.compile(rf"\b{LEAD}(\d{{4}})-(\d{{2}})-(\d{{2}})(?!\d)", re.I)
DOTTED = re.compile(
    rf"(?<![\d.])\b{LEAD}(\d{{1,2}})\. ?(\d{{1,2}})\.(?: ?(\d{{4}}|\d{{2}}))?(?!\d|\.\d)(?! uhr)", re.I
)
SLASHED = re.compile(rf"(?<![\d/])\b{LEAD}(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}|\d{{2}})(?![\d/])", re.I)
DAY_MONTH = re.compile(
    rf"(?<![\d.])\b{LEAD}(\d{{1,2}})(?:\.|st|nd|rd|th)? ?(?:of )?({MONTH})\b\.?,?(?: (\d{{4}})\b)?", re.I
)
MONTH_DAY = re.compile(
    rf"\b{LEAD}({MONTH})\b\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![.:]\d)(?:,? (\d{{4}})\b)?", re.I
)
NEAR_PAST, NEAR_FUTURE = 7, 150
"""Days around the letter's date in which one reading of an ambiguous 5/12/2026 is taken for the meant one."""


@dataclass(frozen=True)
class FoundDate:
    """A date in a sentence: `words` is `sentence[start:end]`, `how` is absolute, named (today, Friday) or
    within.
    """

    date: dt.date
    words: str
    start: int
    end: int
    how: str


def find_dates(sentence: str, day: dt.date) -> list[FoundDate]:
    """All dates of a sentence in order; relative ones and those without a year are seen from `day`."""
    found: list[FoundDate] = []
    for how, pattern, read in READERS:
        for match in pattern.finditer(sentence):
            date = read(match, day)
            if date is not None:
                found.append(FoundDate(date, match.group().strip(" ,"), match.start(), match.end(), how))
    return _without_overlaps(found)


def _without_overlaps(found: list[FoundDate]) -> list[FoundDate]:
    """Absolute beats named where both lie on the same words, as in `by EOD Friday` or `Freitag, 4.
    Dezember`.
    """
    order = {"absolute": 0, "within": 1, "named": 2, "end": 3}
    kept: list[FoundDate] = []
    for one in sorted(found, key=lambda one: (order[one.how], one.start - one.end)):
        if all(one.end <= other.start or one.start >= other.end for other in kept) and not (
            one.how == "end"
            and any(0 <= other.start - one.end <= 6 or 0 <= one.start - other.end <= 4 for other in kept)
        ):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _iso(match: re.Match[str], day: dt.date) -> dt.date | None:
    return _date(int(match[1]), int(match[2]), int(match[3]))


def _dotted(match: re.Match[str], day: dt.date) -> dt.date | None:
    return _with_year(match[3], int(match[2]), int(match[1]), day)


def _day_month(match: re.Match[str], day: dt.date) -> dt.date | None:
    return _with_year(match[3], MONTHS[match[2].lower()], int(match[1]), day)


def _month_day(match: re.Match[str], day: dt.date) -> dt.date | None:
    return _with_year(match[3], MONTHS[match[1].lower()], int(match[2]), day)


def _slashed(match: re.Match[str], day: dt.date) -> dt.date | None:
    """5/12/2026 is read only where it can mean one date, or one of the two is near: a wrong date is worse
    than none.
    """
    first, second = int(match[1]), int(match[2])
    both = {_with_year(match[3], first, second, day), _with_year(match[3], second, first, day)} - {None}
    if len(both) == 1:
        return both.pop()
    near = [one for one in both if one is not None and -NEAR_PAST <= (one - day).days <= NEAR_FUTURE]
    return near[0] if len(near) == 1 else None


def _with_year(year: str | None, month: int, number: int, day: dt.date) -> dt.date | None:
    if year:
        return _date(int(year) + (2000 if len(year) == 2 else 0), month, number)
    years = [_date(day.year + shift, month, number) for shift in (-1, 0, 1)]
    distance = {one: (one - day).days for one in years if one is not None}
    return min(
        distance, key=lambda one: distance[one] if distance[one] >= 0 else -3 * distance[one], default=None
    )


def _date(year: int, month: int, number: int) -> dt.date | None:
    try:
        return dt.date(year, month, number)
    except (ValueError, OverflowError):
        return None


READERS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str], dt.date], dt.date | None]], ...] = (
    ("absolute", ISO, _iso),
    ("absolute", DOTTED, _dotted),
    ("absolute", SLASHED, _slashed),
    ("absolute", DAY_MONTH, _day_month),
    ("absolute", MONTH_DAY, _month_day),
    *relative_dates.READERS,
)
