"""What keeps runs from being stuck: safe to run anywhere, any time, on every host at once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.db.models.functions import Now
from django_q.conf import Conf
from django_q.models import OrmQ

from mailai.ai.errors import AIError
from mailai.runs.kinds import KINDS
from mailai.runs.models import Status, TaskRun
from mailai.runs.rings import remove_left_over
from mailai.runs.transitions import end_unwanted, expire, fail

logger = logging.getLogger(__name__)

BATCH = 100
STALE = 30  # seconds after which a ring that was delivered, but led to no claim, counts as lost
TURN = 4711  # the advisory lock of whoever is at a round
# A reaper that was stopped in the middle, or that waits for somebody's lock, must not stop the others.
BEGIN = """
    SELECT set_config('lock_timeout', '2s', true), set_config('idle_in_transaction_session_timeout', '30s', true),
        pg_try_advisory_xact_lock(%s)"""


@dataclass(frozen=True)
class Rescued:
    leases: int = 0
    expired: int = 0
    rung: int = 0
    silenced: int = 0


def rescue() -> Rescued:
    """One round of the reaper, in one transaction. Nothing where another host is at it just now."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, [TURN])
            if not cursor.fetchone()[2]:
                return Rescued()
        rescued = Rescued(
            leases=apart(end_leases),
            expired=apart(expire_overdue),
            rung=apart(ring_again),
            silenced=apart(remove_left_over),
        )
    if any(astuple(rescued)[:3]):  # a ring that is left over is nothing to worry about
        logger.warning("rescued %s", rescued)
    return rescued


def apart(part: Callable[..., int | None], *values: Any) -> int:
    """Do a part of the caller's transaction so that it fails alone. Raises only when the connection is gone."""
    try:
        with transaction.atomic():
            return part(*values) or 0
    except Exception:
        if connection.needs_rollback or not connection.is_usable():
            raise
        logger.exception("%s failed and is tried again in the next round", part.__qualname__)
        return 0


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
        return sum(apart(_lose, run) for run in overdue)


def expire_overdue() -> int:
    """And what waits or runs for a user who was deactivated."""
    return end_unwanted(Q(), wait=False) + expire(Q())


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
        return sum(apart(_ring, run) for run in silent)


def next_lease() -> float | None:
    """Seconds until the next lease that holds now runs out."""
    holding = TaskRun.objects.filter(status=Status.RUNNING, lease_until__gt=Now())
    left = holding.aggregate(left=Min(F("lease_until") - Now()))["left"]
    return None if left is None else left.total_seconds()


def _lose(run: TaskRun) -> int:
    fail(run, AIError("worker_lost"))
    return 1


def _ring(run: TaskRun) -> int:
    return TaskRun.objects.filter(pk=run.pk).update(queue_id=run.ring())
