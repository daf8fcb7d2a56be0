"""What keeps runs from being stuck: safe to run anywhere, any time, on every host at once."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django_q.conf import Conf
from django_q.models import OrmQ

from mailai import cache
from mailai.ai.errors import AIError
from mailai.runs.kinds import KINDS
from mailai.runs.models import Status, TaskRun
from mailai.runs.transitions import expire, fail

logger = logging.getLogger(__name__)

BATCH = 100
STALE = 30  # seconds after which a ring that was delivered, but led to no claim, counts as lost


@dataclass(frozen=True)
class Rescued:
    leases: int
    expired: int
    rung: int


def rescue() -> Rescued:
    """One round of the reaper."""
    rescued = Rescued(leases=end_leases(), expired=expire(Q()), rung=ring_again())
    cache.prune()
    if any((rescued.leases, rescued.expired, rescued.rung)):
        logger.warning("rescued %s", rescued)
    return rescued


def rescue_one(run: TaskRun) -> TaskRun:
    """The same for one run that somebody looks at, so that it ends even with no worker anywhere."""
    if run.is_overdue and end_leases(Q(pk=run.pk)) + expire(Q(pk=run.pk)):
        run.refresh_from_db()
    return run


def end_leases(runs: Q = Q()) -> int:  # noqa: B008 - an empty Q is immutable
    """Runs whose worker did not come back within the lease: retry, or fail as `worker_lost`."""
    with transaction.atomic():
        overdue = list(
            TaskRun.objects.filter(runs, status=Status.RUNNING, lease_until__lt=Now())
            .select_for_update(skip_locked=True)
            .order_by("lease_until")[:BATCH]
        )
        for run in overdue:
            fail(run, AIError("worker_lost"))
    return len(overdue)


def ring_again() -> int:
    """Runs that are due and whose ring is gone: a lost delivery, a purged queue, a changed SECRET_KEY.

    Or whose ring lies with a cluster that is dead or busy for long. One ring too many does no harm.
    """
    delivered = Q(lock__gt=Now(), lock__lt=Now() + dt.timedelta(seconds=Conf.RETRY - STALE))
    with transaction.atomic():
        silent = list(
            TaskRun.objects.filter(
                # Another version may have left runs of a kind that this one does not know: they expire.
                status__in=(Status.QUEUED, Status.RETRYING),
                kind__in=KINDS,
                run_at__lte=Now(),
            )
            .exclude(Exists(OrmQ.objects.filter(~delivered, pk=OuterRef("queue_id"))))
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("run_at")[:BATCH]
        )
        for run in silent:
            TaskRun.objects.filter(pk=run.pk).update(queue_id=run.ring())
    return len(silent)
