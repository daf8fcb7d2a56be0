"""One figure: what it shows, its chart, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from emails.figures.axis import size
from emails.figures.charts import Chart, columns


@dataclass(frozen=True)
class Figure:
    name: str
    """The id on the page."""
    title: str
    says: str
    """The figure in a sentence, also for who does not see the chart."""
    chart: Chart | None = None
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())
    empty: str = ""
    """Instead of a chart: why there is none, and what would make one."""


def count(value: float) -> str:
    return number(value, 0)


def compact(value: float) -> str:
    """1,234 is 1.2k, or however the reader's language has it."""
    signs = {1e12: _("%(n)sT"), 1e9: _("%(n)sG"), 1e6: _("%(n)sM"), 1e3: _("%(n)sk")}
    for unit, sign in signs.items():
        if value >= unit * 0.9995:
            return sign % {"n": short(value / unit)}
    return short(value)


def standing(series: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str]) -> tuple[Chart, str]:
    """Upright bars, and the sentence that says what their numbers are in, "" where it is nothing but 1.

    Bars that stand close have no room for a sign or a word in every number.
    """
    said = {
        1e12: _("The chart counts in trillions."),
        1e9: _("The chart counts in billions."),
        1e6: _("The chart counts in millions."),
        1e3: _("The chart counts in thousands."),
    }
    largest = max((size(value) for _name, values in series for value in values), default=0)
    unit = next((unit for unit in said if largest >= unit), 1)
    return columns(series, labels, lambda value: in_units(value, unit)), said.get(unit, "")


def in_units(value: float, unit: float) -> str:
    least = unit / 10
    return f"<{short(0.1)}" if unit > 1 and 0 < value < least / 2 else short(value / unit)


def duration(seconds: float) -> str:
    if 0 < seconds < 1:
        return _("%(n)s ms") % {"n": number(1000 * seconds, 0)}
    if seconds < 120:
        text, scaled = _("%(n)s s"), seconds
    elif seconds < 7200:
        text, scaled = _("%(n)s min"), seconds / 60
    else:
        text, scaled = _("%(n)s h"), seconds / 3600
    return text % {"n": short(scaled)}


def short(value: float) -> str:
    """With one decimal where it says something."""
    return number(value, 0 if value >= 9.95 or round(value, 1) == round(value) else 1)


def number(value: float, decimals: int) -> str:
    """Rounded, in the reader's manner; Django's own only cuts off."""
    return number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True)
