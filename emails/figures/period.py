"""The time that the figures are about, cut into steps of equal kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format

STEPS = {"days": 6, "weeks": 12, "months": 12}
DEFAULT = "weeks"


@dataclass(frozen=True)
class Period:
    name: str
    edges: tuple[dt.datetime, ...]
    """The beginning of every step, and the end of the last."""

    @property
    def since(self) -> dt.datetime:
        return self.edges[0]

    @property
    def until(self) -> dt.datetime:
        return self.edges[-1]

    @property
    def steps(self) -> tuple[dt.datetime, ...]:
        return self.edges[:-1]

    @property
    def labels(self) -> list[str]:
        """Short, below a chart."""
        return [
            date_format(step, "M" if self.name == "months" else "MONTH_DAY_FORMAT") for step in self.steps
        ]

    @property
    def names(self) -> list[str]:
        """In full, in a table."""
        if self.name == "months":
            return [date_format(step, "F Y") for step in self.steps]
        ends = [edge - dt.timedelta(hours=12) for edge in self.edges[1:]]
        return [
            f"{date_format(step, 'MONTH_DAY_FORMAT')} – {date_format(timezone.localtime(end), 'MONTH_DAY_FORMAT')}"
            for step, end in zip(self.steps, ends, strict=True)
        ]


def period_of(name: str, today: dt.date) -> Period:
    """Up to and with today. An unknown name is the default one."""
    if name not in STEPS:
        name = DEFAULT
    count = STEPS[name]
    if name == "days":
        end = today + dt.timedelta(days=1)
        dates = [end - dt.timedelta(days=5 * back) for back in range(count, -1, -1)]
    elif name == "weeks":
        end = today + dt.timedelta(days=7 - today.weekday())
        dates = [end - dt.timedelta(weeks=back) for back in range(count, -1, -1)]
    else:
        months = today.year * 12 + today.month
        dates = [dt.date(number // 12, number % 12 + 1, 1) for number in range(months - count, months + 1)]
    return Period(name, tuple(timezone.make_aware(dt.datetime.combine(date, dt.time())) for date in dates))
