"""Runs: how they ended, why they failed, and how long they waited for a worker."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, F
from django.utils.translation import gettext as _

from emails.figures.aggregates import Quantiles, Seconds
from emails.figures.charts import rows
from emails.figures.figure import Figure, compact, count, duration
from emails.figures.period import Period
from mailai.runs.models import Status, TaskRun, TaskRunQuerySet
from mailai.runs.wording import brief, kind_name, text_of

ENDS = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
LOOKS = {"succeeded": 0, "failed": 4, "cancelled": 2, "active": 1}
MOST = 10  # groups of one chart; the table has all


def outcomes(user: Any, period: Period) -> list[Figure]:
    grouped = runs_of(user, period).order_by().values("kind", "status", "error_code").annotate(n=Count("pk"))
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    failures: dict[tuple[str, str], int] = defaultdict(int)
    for row in grouped:
        status = row["status"] if row["status"] in ENDS else "active"
        kinds[row["kind"]][status] += row["n"]
        if status == Status.FAILED:
            failures[row["kind"], row["error_code"]] += row["n"]
    return [by_kind(kinds), by_code(failures)]


def by_kind(kinds: dict[str, dict[str, int]]) -> Figure:
    title = _("Runs")
    if not kinds:
        says = _("Nothing ran in this period. Open a message and press Analyse.")
        return Figure("runs", title, "", empty=says)
    names = {str(status): str(status.label) for status in ENDS} | {"active": _("under way")}
    ordered = sorted(kinds, key=lambda kind: -sum(kinds[kind].values()))
    groups = [
        (kind_name(kind), [(names[s], kinds[kind][s]) for s in names if kinds[kind][s] or s == "succeeded"])
        for kind in ordered[:MOST]
    ]
    says = _("%(total)s runs: %(done)s done, %(failed)s failed.") % {
        "total": count(sum(sum(each.values()) for each in kinds.values())),
        "done": count(sum(each["succeeded"] for each in kinds.values())),
        "failed": count(sum(each["failed"] for each in kinds.values())),
    }
    table = [[kind_name(kind), *(count(kinds[kind][s]) for s in names)] for kind in ordered]
    looks = {names[status]: look for status, look in LOOKS.items()}
    chart = rows(groups, compact, looks=looks)
    return Figure("runs", title, says, chart, [_("Kind"), *names.values()], table)


def by_code(failures: dict[tuple[str, str], int]) -> Figure:
    title = _("Failures")
    if not failures:
        return Figure("failures", title, "", empty=_("No run failed in this period."))
    codes: dict[str, dict[str, int]] = defaultdict(dict)
    for (kind, code), n in sorted(failures.items(), key=lambda each: -each[1]):
        codes[code][kind] = n
    ordered = sorted(codes, key=lambda code: -sum(codes[code].values()))
    groups = [
        (brief(code).rstrip("."), [(kind_name(kind), n) for kind, n in codes[code].items()])
        for code in ordered[:MOST]
    ]
    says = _("Most often: %(reason)s") % {"reason": brief(ordered[0])}
    table = [
        [kind_name(kind), code, count(n), text_of(code)]
        for code in ordered
        for kind, n in codes[code].items()
    ]
    head = [_("Kind"), _("Code"), _("Runs"), _("What happened, and what to do")]
    return Figure("failures", title, says, rows(groups, compact), head, table)


def waiting(user: Any, period: Period) -> Figure:
    """From the press to the worker that takes the run on."""
    begun = runs_of(user, period).filter(started_at__isnull=False).order_by().values("kind")
    found = list(
        begun.annotate(n=Count("pk"), waited=Quantiles(Seconds(F("started_at") - F("created_at")))).order_by(
            "-n", "kind"
        )
    )
    title = _("Waiting time")
    if not found:
        return Figure("waiting", title, "", empty=_("No run was begun in this period."))
    says = _(
        "From the click to the start. Half of the runs waited no longer than the upper bar says, 95 of 100 no "
        "longer than the lower one."
    )
    groups = [(kind_name(row["kind"]), quantiles(row["waited"])) for row in found[:MOST]]
    table = [
        [kind_name(row["kind"]), count(row["n"]), *(duration(value) for value in row["waited"])]
        for row in found
    ]
    head = [_("Kind"), _("Runs"), _("half within"), _("95% within")]
    return Figure("waiting", title, says, rows(groups, duration, whole=False), head, table)


def runs_of(user: Any, period: Period) -> TaskRunQuerySet:
    return TaskRun.objects.of(user).filter(created_at__gte=period.since, created_at__lt=period.until)


def quantiles(values: list[float]) -> list[tuple[str, float]]:
    return list(zip((_("half: up to {}"), _("95%: up to {}")), values, strict=True))
