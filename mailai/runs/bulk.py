"""Many runs begun at once: one transaction, and some statements for all of them instead of some for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from mailai.runs.broker import PERFORM, PostgresBroker, channel_of, enqueue
from mailai.runs.models import TaskRun

IDS = """
    SELECT nextval(pg_get_serial_sequence('django_q_ormq', 'id')) FROM generate_series(1, %s)"""
PUT = """
    INSERT INTO django_q_ormq (id, key, payload, lock)
    SELECT id, %s, payload, clock_timestamp() FROM unnest(%s::bigint[], %s::text[]) AS ring (id, payload)"""


def start_all(user: Any, kind: str, emails: Sequence[Any], token: Any, batch: Any) -> int:
    """A run and its ring for each of the user's messages that has none of this kind under way. Returns how many."""
    runs = [TaskRun.objects.new(user, kind, email, token, batch=batch) for email in emails]
    with transaction.atomic():
        if not settings.MAILAI_SYNC:
            for run, queue_id in zip(runs, _ring_ids(len(runs)), strict=True):
                run.queue_id = queue_id
        TaskRun.objects.bulk_create(runs, ignore_conflicts=True)
        # Those that lost against one under way are not there.
        begun = list(
            TaskRun.objects.filter(pk__in=[run.pk for run in runs]).only(*_NEEDED).order_by("queue_id")
        )
        if settings.MAILAI_SYNC:  # for debugging: the click does the work itself
            for run in begun:
                transaction.on_commit(partial(import_string(PERFORM), str(run.pk)))
        elif begun:
            _ring(begun)
    return len(begun)


class _Rings(PostgresBroker):
    """Keeps what is enqueued, for one statement to put all of it."""

    def __init__(self, lane: str) -> None:
        super().__init__(lane)
        self.kept: list[str] = []

    def enqueue(self, task: str) -> int:
        self.kept.append(task)
        return 0


_NEEDED = ("pk", "kind", "user_id", "token_id", "queue_id")


def _ring_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(IDS, [count])
        return [row[0] for row in cursor.fetchall()]


def _ring(runs: Sequence[TaskRun]) -> None:
    """They are one user's with one token, so they lie in one lane; one notification makes its workers look."""
    rings = _Rings(runs[0].lane)
    for run in runs:
        enqueue(rings, str(run.pk), run.definition.hard_limit)
    with connection.cursor() as cursor:
        cursor.execute(PUT, [rings.list_key, [run.queue_id for run in runs], rings.kept])
        cursor.execute("SELECT pg_notify(%s, '')", [channel_of(rings.list_key)])
