"""Dates told from the day of writing: tomorrow, bis Freitag, within 14 days, Ende des Monats."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable

from mailai.ai.local.calendar_words import MONTHS, NUMBERS, WEEKDAYS, alternatives

WEEKDAY = alternatives(WEEKDAYS)
NUMBER = rf"\d{{1,3}}|{alternatives(NUMBERS)}"
DAY_NAMES = {
    "heute": 0, "today": 0, "tonight": 0, "heutigen": 0,
    "morgen": 1, "morgigen": 1, "tomorrow": 1,
    "übermorgen": 2, "day after tomorrow": 2,
}  # fmt: skip
NAMED = re.compile(
    r"\b(day after tomorrow|today|tonight|tomorrow|heute|heutigen|übermorgen|morgigen"
    r"|(?<!guten )(?<!am )(?<!jeden )(?<!schönen )(?<!heute )(?<!einen )morgen)\b",
    re.I,
)
ON_WEEKDAY = re.compile(
    rf"\b(?:(next|this|coming|nächste[nrms]?|kommende[nrms]?|diese[nrms]?) )?({WEEKDAY})(?:abend"
    rf"|nachmittag|vormittag|mittag|morgen)?\b"
    r"( (?:next week|(?:der )?nächste[rn]? woche))?",
    re.I,
)
NEXT_WEEK_DAY = re.compile(rf"\b(?:next week|nächste[rn]? woche)(?: on| am)? ({WEEKDAY})\b", re.I)
WITHIN = re.compile(
    r"\b(?:innerhalb (?:von |der nächsten |der kommenden )?|binnen |within (?:the next )?|in (?:den"
    r"|the) (?:nächsten|kommenden|next) |in )"
    rf"({NUMBER}) ?(stunden?|hours?|hrs?|h|werktage[n]?|arbeitstage[n]?|(?:business|working) days?"
    rf"|tage[ns]?|days?|wochen?|weeks?|monate[n]?s?|months?)\b",
    re.I,
)
TIME_LEFT = re.compile(
    rf"\b(?:haben sie|hast du|habt ihr|you have) (?:\w{{1,12}} )?({NUMBER}) ?(stunden?|hours?"
    rf"|tage[n]?|days?|wochen?|weeks?|monate?n?|months?) (?:zeit|time|to)\b",
    re.I,
)
NET = re.compile(
    r"\b(?:net (\d{1,3})(?: days)?|(\d{1,3}) tage[n]? (?:netto|rein netto)|zahlungsziel:? (\d{1,3}) tage)\b",
    re.I,
)
END_OF = re.compile(
    r"\b(?:(?:end of|ende)(?: the| der| des| dieser| dieses| this)? (?P<next>next |nächster |nächsten )?"
    r"(?P<unit>day|business|week|woche|month|monats?|year|jahres)|(?P<short>eod|cob|eow|eom"
    r"|close of business|tagesende|wochenende"
    r"|monatsende|jahresende|dienstschluss|feierabend))\b",
    re.I,
)
END_OF_MONTH_NAMED = re.compile(rf"\b(?:end of|ende) ({alternatives(MONTHS)})\b(?: (\d{{4}})\b)?", re.I)
THIS_WEEK = re.compile(
    r"\b(?:(?P<this>this week|diese[rn]? woche)|(?P<next>next week|(?:der )?nächste[rn]? woche))\b", re.I
)
FRIDAY, SUNDAY = 4, 6


def shift(day: dt.date, days: int) -> dt.date:
    """`day` moved by days; stays at the calendar's ends instead of raising."""
    ordinal = max(dt.date.min.toordinal(), min(dt.date.max.toordinal(), day.toordinal() + days))
    return dt.date.fromordinal(ordinal)


def _named(match: re.Match[str], day: dt.date) -> dt.date | None:
    return shift(day, DAY_NAMES[match[1].lower()])


def _on_weekday(match: re.Match[str], day: dt.date) -> dt.date | None:
    wanted = WEEKDAYS[match[2].lower()]
    if match[3]:
        return _weekday_of_next_week(wanted, day)
    return shift(day, (wanted - day.weekday() - 1) % 7 + 1)


def _next_week_day(match: re.Match[str], day: dt.date) -> dt.date | None:
    return _weekday_of_next_week(WEEKDAYS[match[1].lower()], day)


def _weekday_of_next_week(wanted: int, day: dt.date) -> dt.date:
    return shift(day, 7 - day.weekday() + wanted)


def _within(match: re.Match[str], day: dt.date) -> dt.date | None:
    count = NUMBERS.get(match[1].lower()) or int(match[1] if match[1].isdigit() else 0)
    unit = match[2].lower()
    if unit.startswith(("stunde", "h")):
        return shift(day, max(1, round(count / 24)) if count > 6 else 0)
    if unit.startswith(("werk", "arbeits", "business", "working")):
        return _business_days(day, count)
    if unit.startswith(("woche", "week")):
        return shift(day, 7 * count)
    if unit.startswith(("monat", "month")):
        return shift(day, 30 * count)
    return shift(day, count)


def _business_days(day: dt.date, count: int) -> dt.date:
    while count > 0 and day < dt.date.max:
        day = shift(day, 1)
        count -= day.weekday() < 5
    return day


def _net(match: re.Match[str], day: dt.date) -> dt.date | None:
    return shift(day, int(match[1] or match[2] or match[3]))


def _end_of(match: re.Match[str], day: dt.date) -> dt.date | None:
    unit = (match["unit"] or match["short"]).lower()
    later = 1 if match["next"] else 0
    if unit in {"week", "woche", "eow"}:
        return shift(day, max(0, FRIDAY - day.weekday()) + 7 * later)
    if unit == "wochenende":
        return shift(day, SUNDAY - day.weekday())
    if unit in {"month", "monat", "monats", "eom", "monatsende"}:
        return _month_end(day.year, day.month + later)
    if unit in {"year", "jahres", "jahresende"}:
        return dt.date(min(day.year + later, dt.MAXYEAR), 12, 31)
    return day


def _end_of_month_named(match: re.Match[str], day: dt.date) -> dt.date | None:
    month = MONTHS[match[1].lower()]
    year = int(match[2]) if match[2] else day.year + (month < day.month - 2)
    return _month_end(year, month)


def _month_end(year: int, month: int) -> dt.date | None:
    year, month = (year, month) if month <= 12 else (year + 1, 1)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        return None
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _this_week(match: re.Match[str], day: dt.date) -> dt.date | None:
    return shift(day, max(0, FRIDAY - day.weekday()) + (7 if match["next"] else 0))


READERS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str], dt.date], dt.date | None]], ...] = (
    ("within", WITHIN, _within),
    ("within", TIME_LEFT, _within),
    ("within", NET, _net),
    ("named", NAMED, _named),
    ("named", NEXT_WEEK_DAY, _next_week_day),
    ("named", ON_WEEKDAY, _on_weekday),
    ("named", END_OF_MONTH_NAMED, _end_of_month_named),
    ("end", END_OF, _end_of),
    ("end", THIS_WEEK, _this_week),
)
