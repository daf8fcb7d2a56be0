"""django-q2's cluster, with all that a worker needs imported before it forks, and a sentinel that says who is free.

A stock cluster takes tasks before a worker is free for them. They would wait here while another host is idle, and in
front of whoever's turn it is by then.
"""

from __future__ import annotations

import gc
import os
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import Value
from multiprocessing.reduction import ForkingPickler
from multiprocessing.sharedctypes import RawArray
from typing import Any

import django_q.cluster
import django_q.queues
from django.conf import settings
from django.db import Error, connections
from django_q.cluster import Cluster, worker

import mailai.runs.perform  # noqa: F401 - a task, which django-q2 looks up by name, as is pulse.beat
from mailai.ai import client
from mailai.runs import stopping
from mailai.runs.broker import PULSE, PostgresBroker
from mailai.runs.claims import claim
from mailai.runs.kinds import KINDS
from mailai.runs.models import TaskRun
from mailai.runs.pulse import SUPERVISOR
from mailai.runs.supervisor import kill_group

LOOK = 1.0  # seconds between looks at who started us


def run_cluster(queues: Iterable[str] = ()) -> None:
    """The cluster of this process, until SIGTERM or SIGINT, or until its supervisor is gone."""
    supervisor = int(os.environ.get(SUPERVISOR, os.getppid()))  # who may already be gone
    warm_up()
    # Each step of a run is repeated on a fresh connection if its own has died: no ping before every task.
    connections["default"].settings_dict["CONN_HEALTH_CHECKS"] = False
    gc.collect()
    gc.freeze()  # what is shared now stays shared: the collector does not write to it
    django_q.cluster.Sentinel = Sentinel  # by this name Cluster.start finds it
    cluster = Cluster(PostgresBroker(queues=queues))
    cluster.start()
    while cluster.sentinel.is_alive():
        cluster.sentinel.join(LOOK)
        if PULSE in os.environ and os.getppid() != supervisor and cluster.stop_event is not None:
            end_in_time()
            cluster.stop()  # without a reaper nothing is rescued; a new supervisor starts a cluster of its own


def warm_up() -> None:
    """Load all that a run's first steps load: the work of every kind, a call to a model, a look for a run.

    What is made here is shared by all workers: it is a quarter of what each of them would take for its own.
    """
    for kind in KINDS.values():
        kind.find_work()
    client.warm()
    with suppress(Error):  # a database that is away is no reason not to start
        claim(str(uuid.uuid4()))
        TaskRun.objects.select_related("user", "token", "email").filter(pk=uuid.uuid4()).first()
    connections.close_all()


def end_in_time() -> None:
    """What a supervisor would do: a wedged cluster never stops by itself, so its group is killed after a while."""
    longest = max(settings.MAILAI_HARD_LIMITS.values()) + settings.MAILAI_LEASE_MARGIN
    killer = threading.Timer(longest, kill_group, [os.getpid()])
    killer.daemon = True
    killer.start()


class Sentinel(django_q.cluster.Sentinel):
    """Gives each worker a desk, and the pusher's broker a way to count those that are free.

    What it counts lies in shared memory without a lock, which a worker that is killed could take along.
    """

    def spawn_cluster(self) -> None:
        self.task_queue = Tray()
        self.free = RawArray("b", self.pool_size)
        self.broker.free_workers = self.free_workers
        super().spawn_cluster()

    def spawn_worker(self) -> None:
        number = min(set(range(self.pool_size)) - {process.desk.number for process in self.pool})
        self.free[number] = False
        desk = Desk(self.task_queue, self.free, number)
        self.spawn_process(worker, desk, self.result_queue, Value("f", -1), self.timeout)
        self.pool[-1].desk = desk

    def stop(self) -> None:
        stopping.ask()
        super().stop()

    def free_workers(self) -> int:
        """Workers that wait for a task, less the tasks that they will find."""
        return sum(self.free) - self.task_queue.qsize()


class Tray(django_q.queues.Queue):
    """The task queue, without multiprocessing's thread that writes to the pipe: the caller does.

    No more is put in than there are free workers, so the pipe is never full.
    """

    def put(self, task: Any, *_args: Any, **_options: Any) -> None:
        packed = ForkingPickler.dumps(task)
        with self._wlock:
            self._writer.send_bytes(packed)
        self.size.increment(1)


class Desk:
    """A worker's end of the task queue: free from when it asks for a task until it has one."""

    def __init__(self, queue: Any, free: Any, number: int) -> None:
        self.queue, self.free, self.number = queue, free, number

    def get(self) -> Any:
        self.free[self.number] = True
        with self.queue._rlock:
            packed = self.queue._recv_bytes()
        self.free[self.number] = False
        # Only now: between the two, the worker must not seem free without its task.
        self.queue.size.increment(-1)
        return ForkingPickler.loads(packed)
