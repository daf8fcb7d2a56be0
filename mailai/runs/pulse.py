"""Whether a cluster lives: a task that only it can take must be run and acknowledged.

All of django-q2's processes can be there and do nothing: an idle worker that was killed while it held the queue's
lock stops all others for good, and without its monitor nothing is acknowledged.
"""

from __future__ import annotations

import datetime as dt
import os
import time
import uuid

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from mailai.runs.broker import PULSE, PostgresBroker
from mailai.runs.models import Status, TaskRun

SUPERVISOR = "MAILAI_SUPERVISOR"  # environment: the pid of who started a cluster
BEAT = "mailai.runs.pulse.beat"
EVERY = 15.0  # seconds between beats
IDLE = 30.0  # seconds that a beat may take where no run is at work
STARTING = 120.0  # seconds that the first beat may take: a slow machine must get to the end of a start
LEFT_BEHIND = dt.timedelta(hours=1)


def beat() -> None:
    """The task. That it was acknowledged says everything."""


class Pulse:
    """The pulse of one cluster. `environment` is what it must be started with."""

    def __init__(self) -> None:
        self.key = f"pulse.{uuid.uuid4().hex}"
        self._beat: int | None = None
        self._was_felt = False
        self._taken_at: float | None = None
        self._sent_at = self._busy_at = self._looked_at = time.monotonic()

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {PULSE: self.key, SUPERVISOR: str(os.getpid())}

    def has_stopped(self) -> bool:
        """To be asked every few seconds; sends the next beat when it is time."""
        now = time.monotonic()
        if now - self._looked_at > EVERY:  # nobody could look, so the cluster could not work either
            self._sent_at = self._busy_at = now
            self._taken_at = None
        self._looked_at = now
        if TaskRun.objects.filter(status=Status.RUNNING, worker=self.key).exists():
            self._busy_at = now
        waits = OrmQ.objects.filter(pk=self._beat).values_list(Q(lock__gt=Now()), flat=True).first()
        if waits is None:
            self._was_felt = self._was_felt or self._beat is not None
            if self._beat is None or now - self._sent_at > EVERY:
                self._send()
            return False
        return self._is_overdue(now, taken=waits)

    def _is_overdue(self, now: float, taken: bool) -> bool:
        """A beat is taken by a worker that is free, and is done at once: however busy the cluster is, it must be
        acknowledged then. Until it is taken, all workers may be busy."""
        if taken:
            self._taken_at = self._taken_at or now
            return now - self._taken_at > IDLE
        patience = IDLE if self._was_felt else STARTING
        return now - max(self._sent_at, self._busy_at) > patience or now - self._sent_at > Conf.RETRY + IDLE

    def _send(self) -> None:
        broker = PostgresBroker(self.key)
        async_task(BEAT, timeout=10, broker=broker, task_name="pulse")
        self._beat = broker.enqueued
        self._sent_at = time.monotonic()
        self._taken_at = None


def left_behind() -> QuerySet[OrmQ]:
    """The beats that nobody will ever take, because their cluster is gone."""
    return OrmQ.objects.filter(key__startswith="pulse.", lock__lt=Now() - LEFT_BEHIND)
