"""Names of months, weekdays and small numbers, German and English."""

from __future__ import annotations

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "januar january jan jänner",
            "februar february feb feber",
            "märz maerz march mar mär mrz",
            "april apr",
            "mai may",
            "juni june jun",
            "juli july jul",
            "august aug",
            "september sept sep",
            "oktober october okt oct",
            "november nov",
            "dezember december dez dec",
        ),
        start=1,
    )
    for name in names.split()
}

ENGLISH_MONTHS = "- January February March April May June July August September October November December"
MONTH_NAMES = tuple(ENGLISH_MONTHS.split())
"""English names by number; the calendar module's would follow the locale."""

WEEKDAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "montag monday",
            "dienstag tuesday",
            "mittwoch wednesday",
            "donnerstag thursday",
            "freitag friday",
            "samstag sonnabend saturday",
            "sonntag sunday",
        )
    )
    for name in names.split()
}

NUMBERS: dict[str, int] = {
    "ein": 1, "eine": 1, "einer": 1, "einem": 1, "einen": 1, "a": 1, "an": 1, "one": 1,
    "zwei": 2, "two": 2, "drei": 3, "three": 3, "vier": 4, "four": 4, "fünf": 5, "five": 5,
    "sechs": 6, "six": 6, "sieben": 7, "seven": 7, "acht": 8, "eight": 8, "neun": 9, "nine": 9,
    "zehn": 10, "ten": 10, "vierzehn": 14, "fourteen": 14, "dreißig": 30, "thirty": 30,
}  # fmt: skip


def alternatives(names: dict[str, int]) -> str:
    """The names as a regex alternative, longest first so that `jan` does not win over `januar`."""
    return "|".join(sorted(names, key=len, reverse=True))
