"""Mail that came in, by how pressing it is: the user's correction where there is one, else the analysis."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, F, Q, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from emails.figures.aggregates import Step
from emails.figures.figure import Figure, count, standing
from emails.figures.period import Period
from emails.models import Email

POINTS = 2 * Coalesce("correction__urgency", "analysis__urgency") + (
    Coalesce("correction__importance", "analysis__importance") - 3
)  # six times the score
BANDS = {"high": (4, 6), "medium": (2, 3), "low": (0, 1)}  # of points


def figure(user: Any, period: Period) -> Figure:
    found = by_band(user, period)
    names = {
        "high": _("high (score from 0.67)"),
        "medium": _("medium (from 0.33)"),
        "low": _("low (below)"),
        "none": _("not analysed"),
    }
    total = sum(sum(values) for values in found.values())
    title = _("Mail by priority")
    if not total:
        return Figure("mail", title, "", empty=_("No mail came in in this period."))
    says = _("%(total)s messages came in, %(high)s of them of high priority; %(none)s are not analysed.") % {
        "total": count(total),
        "high": count(sum(found["high"])),
        "none": count(sum(found["none"])),
    }
    chart, unit = standing([(names[band], values) for band, values in found.items()], period.labels)
    return Figure(
        "mail",
        title,
        f"{says} {unit}".strip(),
        chart,
        [_("Time"), *names.values()],
        [
            [name, *(count(values[number]) for values in found.values())]
            for number, name in enumerate(period.names)
        ],
    )


def by_band(user: Any, period: Period) -> dict[str, list[int]]:
    """For each band the number of messages in each step. The user's own messages do not count."""
    known = Q(analysis__isnull=False) | ~Q(correction__category="")  # as emails.effective says
    emails = Email.objects.of(user).filter(
        mine=False, received_at__gte=period.since, received_at__lt=period.until
    )
    grouped = (
        emails.annotate(step=Step("received_at", period), points=Case(When(known, then=POINTS)))
        .order_by()
        .values("step", "points")
        .annotate(n=Count(F("pk")))
    )
    found = {band: [0] * len(period.steps) for band in (*BANDS, "none")}
    for row in grouped:
        points = row["points"]
        band = next(
            (b for b, (low, high) in BANDS.items() if points is not None and low <= points <= high), "none"
        )
        found[band][row["step"] - 1] += row["n"]
    return found
