"""Every change of a run's status, each one statement or one transaction, fenced by the attempt.

A worker that lost its lease, or whose run was cancelled, finds that its fence no longer matches: `Lost` is raised and
whatever it brought is discarded.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Now
from django.db.models.lookups import Exact

from mailai.ai.errors import AIError
from mailai.runs.ending import end, hold
from mailai.runs.kinds import KINDS, Save
from mailai.runs.models import Stage, Status, TaskRun, TaskRunQuerySet
from mailai.runs.owners import WANTED

JITTER = 0.1  # of the backoff, so that runs that failed together do not come back together
LONGEST_WAIT = 3600.0  # seconds; a provider's Retry-After beyond this is not waited for
# True; and with it, the commit of the statement's own transaction waits for no disk.
WITHOUT_WAITING = Exact(
    Func(
        Value("synchronous_commit"),
        Value("off"),
        Value(True),
        function="set_config",
        output_field=TextField(),
    ),
    Value("off"),
)


class Lost(Exception):
    """The run is no longer this attempt's: cancelled, taken over, or gone."""


def advance(
    run: TaskRun,
    stage: str,
    progress: int,
    partial: str | None = None,
    durable: bool = True,
    **counts: int,
) -> None:
    """Tell how far this attempt is; the lease of work that reports steadily begins anew. Raises Lost, also where the
    user was deactivated.

    What is not `durable` may be undone by a crash of the database, so its commit waits for no disk. Not for use
    inside a transaction, which it would make so as a whole.
    """
    changes: dict[str, Any] = {"message": stage, "progress": progress, **counts}
    if partial is not None:
        changes["partial"] = partial
    if run.definition.reports_steadily:
        changes["lease_until"] = Now() + lease_of(run)
    mine = TaskRun.objects.fenced(run).filter(WANTED)
    if not (mine if durable else mine.filter(WITHOUT_WAITING)).update(**changes):
        raise Lost


def finish(run: TaskRun, save: Save) -> None:
    """Save the result and mark the run succeeded, both or neither. Raises Lost, and then nothing was saved."""
    with transaction.atomic():
        if not (held := hold(TaskRun.objects.fenced(run).filter(WANTED))):
            raise Lost
        end(held, Status.SUCCEEDED, result=save(), progress=100, message=Stage.DONE)


def fail(run: TaskRun, error: AIError) -> None:
    """Retry later if that can help, an attempt is left and its turn comes in time; else fail for good. Raises Lost."""
    may_retry = error.retryable and run.attempt < run.max_attempts and run.kind in KINDS
    if not (may_retry and retry(run, error, backoff(run, error.retry_after))):
        give_up(run, error)


def retry(run: TaskRun, error: AIError, delay: float) -> bool:
    """False if its turn would come too late, or the run is no longer this attempt's."""
    with transaction.atomic():
        in_time = TaskRun.objects.fenced(run).filter(deadline_at__gt=Now() + dt.timedelta(seconds=delay))
        changed = in_time.update(
            status=Status.RETRYING,
            message=Stage.BACKOFF,
            progress=0,
            lease_until=None,
            run_at=Now() + dt.timedelta(seconds=delay),
            error_code=error.code,
            error_message=error.detail[:200],
        )
        if changed:
            # Only now, so that the ring never comes before run_at: it would find nothing due and be gone.
            TaskRun.objects.filter(pk=run.pk).update(queue_id=run.ring(delay))
    return bool(changed)


def give_up(run: TaskRun, error: AIError) -> None:
    with transaction.atomic():
        held = hold(TaskRun.objects.fenced(run))
        if not end(held, Status.FAILED, error_code=error.code, error_message=error.detail[:200]):
            raise Lost


def cancel(run: TaskRun) -> bool:
    """Terminal at once; a worker that is at it notices at its next word. False if it had ended or is irrevocable."""
    return bool(cancel_all(TaskRun.objects.filter(pk=run.pk)))


def cancel_all(runs: TaskRunQuerySet) -> int:
    """As cancel, for those of `runs` that can be. Returns how many."""
    with transaction.atomic():
        return end(hold(runs.active().filter(irrevocable=False)), Status.CANCELLED)


def end_unwanted(runs: Q, wait: bool = True) -> int:
    """Fail those of the runs whose users were deactivated. A worker that is at one notices at its next word.

    Without `wait`, those that somebody else is at are passed over.
    """
    unwanted = TaskRun.objects.active().filter(runs, ~WANTED)
    with transaction.atomic(savepoint=False):
        return end(hold(unwanted, wait), Status.FAILED, error_code="user_inactive", error_message="")


def hurry(run: TaskRun) -> bool:
    """Try a waiting retry now. False if the run was not waiting for one."""
    with transaction.atomic():
        waiting = TaskRun.objects.filter(pk=run.pk, status=Status.RETRYING).filter(WANTED).select_for_update()
        if not waiting.exists():
            return False
        waiting.update(run_at=Now(), queue_id=run.ring())
    return True


def expire(runs: Q) -> int:
    """Fail those of the runs that nobody began (or began again) before their deadline."""
    overdue = TaskRun.objects.filter(
        runs, status__in=(Status.QUEUED, Status.RETRYING), deadline_at__lte=Now()
    )
    with transaction.atomic(savepoint=False):
        return end(hold(overdue, wait=False), Status.FAILED, error_code="expired", error_message="")


def hand_back(worker: str) -> int:
    """The runs of a cluster that was ended in the middle of them: the next worker begins them at once.

    The attempt stays as it is, because no number may be a fence twice, but takes no chance from the run. Returns how
    many.
    """
    with transaction.atomic():
        left = list(TaskRun.objects.filter(status=Status.RUNNING, worker=worker).select_for_update())
        for run in left:
            TaskRun.objects.filter(pk=run.pk).update(
                status=Status.QUEUED,
                message=Stage.QUEUED,
                progress=0,
                partial="",
                done=0,
                total=0,
                lease_until=None,
                run_at=Now(),
                max_attempts=F("max_attempts") + 1,
                queue_id=run.ring(),
            )
    return len(left)


def lose(worker: str) -> int:
    """The runs of a cluster that died: whoever ends leases need not wait for theirs. Returns how many."""
    return TaskRun.objects.filter(status=Status.RUNNING, worker=worker).update(lease_until=Now())


def lease_of(run: TaskRun) -> dt.timedelta:
    return dt.timedelta(seconds=run.definition.lease + settings.MAILAI_LEASE_MARGIN)


def backoff(run: TaskRun, retry_after: float | None = None) -> float:
    """Seconds to wait after this attempt: base · 2ⁿ⁻¹ for the n-th, plus jitter, or the provider's wish if longer."""
    wait = run.definition.backoff * 2 ** (run.attempt - 1)
    wait *= 1 + random.uniform(0, JITTER)  # noqa: S311 - spreads load, hides nothing
    return max(wait, min(retry_after or 0, LONGEST_WAIT))
