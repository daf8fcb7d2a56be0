"""What must be true at the end of a seed. Every function returns what is not, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from django.db.models import Count
from django_q.models import OrmQ

from emails.models import Analysis
from mailai.ai.models import AiCall
from mailai.runs.models import ACTIVE, TaskRun
from replies.models import Draft
from tests.chaos.plan import BAD

# Models that never give a whole answer, and those whose answer is only good where text is asked for.
NO_GOOD = {model for model in BAD if "fail_first" not in model}
TEXT = {"fake:garbage", "fake:invalid"}
# What a process may log with a traceback: that the database, or the connection to it, is gone; also for so long that
# the hard limit ended a worker that waited for it, and its run was left to its lease.
PASSING = (
    "OperationalError",
    "InterfaceError",
    "AdminShutdown",
    "CrashShutdown",
    "CannotConnectNow",
    "TimeoutException",
)


def wrong_runs(pressed: Collection[UUID], cancelled: Collection[UUID]) -> list[str]:
    runs = {run.pk: run for run in TaskRun.objects.select_related("token")}
    wrong = [f"LOST: the run {pk} of an accepted press is not there" for pk in set(pressed) - set(runs)]
    wrong += [f"STUCK: {_named(run)}" for run in runs.values() if run.status in ACTIVE]
    wrong += [f"NOT CANCELLED: {_named(runs[pk])}" for pk in cancelled if runs[pk].status != "cancelled"]
    for run in runs.values():
        model = run.token.model if run.token else ""
        is_text = run.kind in ("reply", "token_test")
        if run.status == "succeeded" and model in NO_GOOD and not (is_text and model in TEXT):
            wrong.append(f"SUCCEEDED WITHOUT AN ANSWER ({model}): {_named(run)}")
        if run.attempt > run.max_attempts or (run.status == "succeeded" and run.attempt < 1):
            wrong.append(f"ATTEMPTS: {_named(run)}")
    return wrong


def wrong_results(analyses_before: int) -> list[str]:
    """A result for every success, exactly one, and none for anything else."""
    wrong = []
    analyses: Counter[UUID | None] = Counter(
        Analysis.objects.exclude(run=None).values_list("run_id", flat=True)
    )
    drafts: Counter[UUID | None] = Counter(Draft.objects.exclude(run=None).values_list("run_id", flat=True))
    for run in TaskRun.objects.all():
        succeeded = run.status == "succeeded"
        expected = (
            int(succeeded and run.kind in ("base", "optimize")),
            int(succeeded and run.kind == "reply"),
        )
        found = analyses.pop(run.pk, 0), drafts.pop(run.pk, 0)
        if found != expected:
            what = "DOUBLED" if found > expected else "WITHOUT RESULT"
            wrong.append(f"{what}: {_named(run)} has {found[0]} analyses and {found[1]} drafts")
        if succeeded and run.kind == "reply" and run.result["draft"] != Draft.objects.get(run=run).text:
            wrong.append(f"ANOTHER RESULT: {_named(run)}")
    wrong += [f"DOUBLED: a result of no run: {pk}" for pk in [*analyses, *drafts]]
    if Analysis.objects.filter(run=None).count() != analyses_before:
        wrong.append("DOUBLED: there are analyses that belong to no run")
    return wrong


def doubled_calls() -> int:
    """Rows of the ledger beyond one for each attempt."""
    counts = AiCall.objects.values("run_id", "attempt").annotate(n=Count("pk")).filter(n__gt=1)
    return sum(count["n"] - 1 for count in counts)


def queue_rows() -> int:
    """Beats aside: those of dead clusters are forgotten after an hour."""
    return OrmQ.objects.exclude(key__startswith="pulse.").count()


def tracebacks(log: Path) -> Counter[str]:
    """The exceptions that a log tells of, by their last line; of a chain, the last."""
    found: Counter[str] = Counter()
    inside, last = False, ""
    for line in log.read_text(errors="replace").splitlines():
        if line.startswith("Traceback"):
            inside = True
        elif line.startswith(("During handling of the above", "The above exception was")):
            found[last] -= 1
        elif (
            inside and re.match(r"[\w.]+(:|$)", line) and not line.startswith(("File", "During", "The above"))
        ):
            last = line[:160]
            found[last] += 1
            inside = False
    return +found


def strange(exceptions: Counter[str]) -> list[str]:
    return [
        f"TRACEBACK in a log, {count} times: {line}"
        for line, count in exceptions.items()
        if not line.split(":")[0].endswith(PASSING)
    ]


def _named(run: TaskRun) -> str:
    return f"{run.kind} {run.pk} {run.status} attempt {run.attempt} {run.error_code}"
