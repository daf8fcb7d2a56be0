"""Drafts in figures, for the page of figures."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from emails.figures.aggregates import Step
from emails.figures.figure import Figure, count, standing
from emails.figures.period import Period
from replies.models import Draft


def drafts(user: Any, period: Period) -> Figure:
    found = counts(user, period)
    title = _("Drafts")
    if not any(sum(values) for _name, values in found):
        says = _("No draft was written in this period. Open a message and press Draft a reply.")
        return Figure("drafts", title, "", empty=says)
    says = ", ".join(f"{count(sum(values))} {name}" for name, values in found) + "."
    head = [_("Time"), *(name for name, _values in found)]
    table = [
        [name, *(count(values[number]) for _name, values in found)]
        for number, name in enumerate(period.names)
    ]
    chart, unit = standing(found, period.labels)
    return Figure("drafts", title, f"{says} {unit}".strip(), chart, head, table)


def counts(user: Any, period: Period) -> list[tuple[str, list[int]]]:
    """What is counted of drafts, by its name: the numbers in each step. One more line here is one more row of bars."""
    counted = {
        _("drafted for you"): Count("pk", filter=Q(edited=False)),
        _("in your own words"): Count("pk", filter=Q(edited=True)),
    }
    grouped: Any = (
        Draft.objects.of(user)
        .filter(created_at__gte=period.since, created_at__lt=period.until)
        .annotate(step=Step("created_at", period))
        .order_by()
        .values("step")
        .annotate(**{f"count_{number}": expression for number, expression in enumerate(counted.values())})
    )
    found = [(name, [0] * len(period.steps)) for name in counted]
    for row in grouped:
        for number, (_name, values) in enumerate(found):
            values[row["step"] - 1] = row[f"count_{number}"]
    return found
