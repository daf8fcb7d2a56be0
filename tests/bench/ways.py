"""The ways in which a task that does nothing is put in, and the moments at which its result counts as committed.

Committed means: stored where another process, the page that polls, can read it. That is, on our side, the COMMIT of the
row; `stored` is noted directly behind it. Celery's own answer is its result backend, here Redis; `told` is noted when
the backend has stored the result (the signal task_success), `got` when the client's .get() returns. But what a user of
mailai waits for is a row in Postgres. With Celery that takes both: the task commits the row, and then the backend is
told, and only then does the status that a page polls say so. So the ratio is between tasks that commit the same row,
ours until it is committed, Celery's until it is committed and told; the other variants stand beside it.

Targets are for Celery as it comes; Celery tuned stands beside it (celery_app says what that is).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django_q.tasks import async_task

from mailai.runs.models import TaskRun
from tests.bench.celery_side import AS_IT_COMES
from tests.bench.clock import note

Put = Callable[[str], object]


@dataclass(frozen=True)
class Way:
    name: str
    put: Put
    """Puts one task in, given its key."""
    ends: tuple[str, ...]
    """What is noted when its result is committed; the last of it comes last."""
    then: Callable[[Any, str], None] | None = None
    """What the client does with what `put` gave, outside of the time that putting took."""


NOTHING, SAVED, ROW, RUN = "ours: no-op", "ours: no-op, saved", "ours: commits a row", "ours: a whole run"
REDIS, CELERY_ROW = "Celery: no-op", "Celery: commits a row"
TUNED, TUNED_ROW, GET = "Celery tuned: no-op", "Celery tuned: commits a row", "Celery tuned: no-op and .get()"


def our_ways(user: Any) -> list[Way]:
    def enqueue(func: str, save: bool, key: str) -> None:
        async_task(f"tests.bench.work.{func}", key, save=save, timeout=60)

    def start(key: str) -> None:
        TaskRun.objects.start(user, settings.NOTHING, params={"key": key})

    return [
        Way(NOTHING, partial(enqueue, "nothing", False), ("started",)),
        Way(ROW, partial(enqueue, "row", False), ("stored",)),
        Way(RUN, start, ("stored",)),
        Way(SAVED, partial(enqueue, "nothing", True), ("stored",)),
    ]


def celery_ways() -> list[Way]:
    tasks = import_module(
        "tests.bench.celery_app"
    )  # needs Redis's address, and Celery, which may not be there

    def get(result: Any, key: str) -> None:
        result.get(timeout=30)
        note(key, "got")

    def untuned(task: Any) -> Put:
        return lambda key: task.apply_async((key,), queue=AS_IT_COMES)

    return [
        Way(REDIS, untuned(tasks.nothing), ("told",)),
        Way(CELERY_ROW, untuned(tasks.row), ("stored", "told")),
        Way(TUNED, tasks.nothing.delay, ("told",)),
        Way(TUNED_ROW, tasks.row.delay, ("stored", "told")),
        Way(GET, tasks.nothing.delay, ("got",), get),
    ]


def in_turn(ours: list[Way], theirs: list[Way]) -> list[Way]:
    """Ours, theirs, ours, …"""
    ways = [way for pair in zip(ours, theirs, strict=False) for way in pair]
    return ways + [way for way in (*ours, *theirs) if way not in ways]
