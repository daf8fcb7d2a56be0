"""Caps: how many calls a provider or a token may have under way at a time, on all hosts together.

The queue passes over what has reached its cap (see lanes), so that no worker waits for it. Two hosts may still take
two rings for the last place at one moment; the claim counts again, behind a lock, and is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from mailai.runs.models import Status, TaskRun

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


@contextmanager
def kept(run: TaskRun) -> Iterator[bool]:
    """Whether there is room for one more run like this one; as long as this lasts, nobody else takes the place."""
    limits = limits_of(run)
    if not limits:
        yield True
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            for name, _same, _most in limits:  # always the provider first, so that no two wait for each other
                cursor.execute(LOCK, [name])
        running = TaskRun.objects.filter(status=Status.RUNNING)
        yield all(running.filter(same).count() < most for _name, same, most in limits)


def limits_of(run: TaskRun) -> list[tuple[str, Q, int]]:
    """The caps that a run falls under: a name for the lock, which runs count, and how many there may be."""
    token = run.token
    if token is None:
        return []
    limits = []
    if most := settings.MAILAI_CONCURRENCY.get(token.provider):
        limits.append((f"provider {token.provider}", Q(token__provider=token.provider), most))
    if token.concurrency:
        limits.append((f"token {token.pk}", Q(token=token), token.concurrency))
    return limits
