"""One figure: what it shows, its chart, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from emails.figures.charts import Chart


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
    """In four characters: 1,234 is 1.2k. So bars that stand close can all bear their value."""
    for unit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= unit * 0.9995:
            return short(value / unit) + sign
    return short(value)


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
