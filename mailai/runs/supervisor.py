"""What `manage.py worker` is: a cluster in a session of its own, watched from outside, and the reaper beside it.

django-q2's main process exits with 0 when its sentinel is killed, and leaves orphans that go on working; so any exit
that was not asked for ends the whole group and starts a new cluster, and so does a pulse that stops. SIGTERM goes to
the main process only: it drains, while a signal to the group would lose the running tasks.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import psycopg
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils.module_loading import import_string

from mailai.ai import ciphertext
from mailai.postgres import direct
from mailai.postgres.pending import pending
from mailai.runs.hosts import Presence
from mailai.runs.models import Status, TaskRun
from mailai.runs.periodic import PERIODIC
from mailai.runs.prune import prune_a_little
from mailai.runs.pulse import Pulse
from mailai.runs.rescue import apart, next_lease, rescue
from mailai.runs.transitions import hand_back, lose

logger = logging.getLogger(__name__)

REAP_EVERY = 5.0  # seconds; sooner where a lease runs out sooner
SOONEST = 1.0  # seconds
PRUNE_EVERY = 600.0  # seconds
TICK = 0.5  # seconds between looks at the cluster
RESPAWN_AFTER = (0.0, 1.0, 5.0, 15.0)  # seconds; a cluster that keeps dying is started ever more rarely
PATIENCE = "SET LOCAL lock_timeout = '2s'"  # for whoever holds a run of a cluster that has ended
STEADY = 60.0  # seconds of life after which a cluster counts as healthy again


class Supervisor:
    def __init__(self, queues: Sequence[str] = (), command: list[str] | None = None) -> None:
        """Its cluster serves these queues, none meaning all."""
        only = [f"--queue={queue}" for queue in queues]
        self.command = command or [sys.executable, sys.argv[0], "worker", "--cluster", *only]
        self.presence = Presence(queues)
        self.stopping = threading.Event()
        self.cluster: subprocess.Popen[bytes] | None = None
        self.pulse = Pulse()
        self.deaths = 0

    def run(self) -> None:
        """Until SIGTERM or SIGINT; a second one does not wait for running tasks."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._await_migrations()
        if self.stopping.is_set():
            return
        ciphertext.tell()
        reaper = threading.Thread(target=self._reap, name="reaper", daemon=True)
        reaper.start()
        while not self.stopping.is_set():
            self._live_once()
        reaper.join(timeout=REAP_EVERY)

    def _await_migrations(self) -> None:
        """An update runs `migrate` first; a host that starts too early, or without a database, waits for it."""
        told = ""
        while not self.stopping.is_set():
            try:
                with direct.connect() as link:
                    missing = pending(link)
                reason = f"the database has not had {len(missing)} migrations: run manage.py migrate"
            except (psycopg.Error, Error) as error:
                missing, reason = ["?"], f"the database is away: {error}"
            if not missing:
                return
            if reason != told:
                logger.warning("waiting, because %s", reason)
                told = reason
            self.stopping.wait(REAP_EVERY)

    def _live_once(self) -> None:
        """One cluster, from its start to its end."""
        if self.stopping.wait(RESPAWN_AFTER[min(self.deaths, len(RESPAWN_AFTER) - 1)]):
            return
        self.pulse = Pulse()
        environment = self.pulse.environment
        self.cluster = subprocess.Popen(self.command, env=environment, start_new_session=True)  # noqa: S603 - our own
        began = time.monotonic()
        while self.cluster.poll() is None and not self.stopping.wait(TICK):
            pass
        if self.stopping.is_set():
            self._drain(self.cluster)
            return
        logger.error("the cluster ended by itself with code %s; starting a new one", self.cluster.returncode)
        kill_group(self.cluster.pid)
        self._leave(lose)
        self.deaths = 1 if time.monotonic() - began > STEADY else self.deaths + 1

    def _drain(self, cluster: subprocess.Popen[bytes]) -> None:
        """Let running tasks end for MAILAI_DRAIN_SECONDS, then hand back what is not done.

        What no later attempt may do again, a message that is being handed over, gets all of its time.
        """
        began = time.monotonic()
        if cluster.poll() is None:
            cluster.terminate()
        while cluster.poll() is None and self._is_worth_waiting(time.monotonic() - began):
            with suppress(subprocess.TimeoutExpired):
                cluster.wait(TICK)
        kill_group(cluster.pid)
        cluster.wait()
        self._leave(hand_back)

    def _is_worth_waiting(self, waited: float) -> bool:
        if waited < settings.MAILAI_DRAIN_SECONDS:
            return True
        if waited > max(settings.MAILAI_HARD_LIMITS.values()) + settings.MAILAI_LEASE_MARGIN:
            return False
        try:
            return TaskRun.objects.filter(
                status=Status.RUNNING, worker=self.pulse.key, irrevocable=True
            ).exists()
        except Error:
            return False

    def _leave(self, by: Callable[[str], int]) -> None:
        """What the cluster was at when it ended, to whoever works next; without a database, to the leases."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(PATIENCE)
                if left := by(self.pulse.key):
                    logger.warning("%s runs were under way in the cluster that ended; they begin anew", left)
        except Error as error:
            logger.warning("the runs of the cluster that ended are left to their leases: %s", error)
            connection.close()

    def _reap(self) -> None:
        pause, pruned_at = 0.0, time.monotonic()
        while not self.stopping.wait(pause):
            pause = REAP_EVERY
            try:
                pause = self._round()
                if time.monotonic() - pruned_at > PRUNE_EVERY:
                    pruned_at = time.monotonic()
                    prune_a_little()
            except Error as error:
                logger.warning("the reaper could not reach the database and tries again: %s", error)
                connection.close()
            except Exception:  # whatever it is, the next round must come
                logger.exception("the reaper failed and tries again")
        with suppress(Error):  # a worker that drains takes on nothing new
            self.presence.withdraw()
        connection.close()

    def _round(self) -> float:
        """All that a host looks after, in one transaction: an idle host costs next to nothing.

        Returns seconds until the next round.
        """
        with transaction.atomic():
            apart(self.presence.tell)
            rescue()
            for name in PERIODIC:
                apart(import_string(name))
            apart(self._feel)
            left = next_lease()
        return REAP_EVERY if left is None else min(REAP_EVERY, max(left, SOONEST))

    def _feel(self) -> None:
        cluster, pulse = self.cluster, self.pulse
        if cluster is not None and cluster.poll() is None and pulse.has_stopped():
            logger.error("the cluster is there but does nothing; starting a new one")
            kill_group(cluster.pid)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        if self.stopping.is_set() and self.cluster is not None:
            kill_group(self.cluster.pid)
        self.stopping.set()


def kill_group(pid: int) -> None:
    """End every process of a session that we started, the orphans of a dead cluster included."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
