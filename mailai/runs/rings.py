"""The rings in django-q2's table that nobody waits for any more."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailai.runs.broker import PERFORM
from mailai.runs.models import ACTIVE, TaskRun

BATCH = 500


def remove_left_over() -> int:
    """Rings of runs that have ended, and rings that a later one replaced. Returns how many.

    A ring is inserted and noted on its run in one transaction, and is never noted later: one that no active run names
    in this statement's snapshot is named by none in future. Rows that call something else are not ours.
    """
    candidates = left_over().order_by("pk").values_list("pk", "payload")[:BATCH]
    found = [pk for pk, payload in candidates if is_ring(payload)]
    return left_over().filter(pk__in=found).delete()[0] if found else 0


def left_over() -> QuerySet[OrmQ]:
    """What no active run names, of all that lies in our queues; the beats of pulses do not."""
    named = TaskRun.objects.filter(status__in=ACTIVE, queue_id=OuterRef("pk"))
    ours = Q(key=Conf.PREFIX) | Q(key__startswith=f"{Conf.PREFIX}:")
    return OrmQ.objects.filter(ours, ~Exists(named))


def is_ring(payload: str) -> bool:
    try:
        return SignedPackage.loads(payload)["func"] == PERFORM
    except Exception:  # whatever unpickling raises; the broker drops such a row when it is due
        return False
