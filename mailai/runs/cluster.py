"""django-q2's cluster, with all that a worker needs imported before it forks, so that the workers share it."""

from __future__ import annotations

import gc
import os

from django_q.cluster import Cluster

import mailai.runs.perform
import mailai.runs.pulse  # noqa: F401 - the tasks, which django-q2 looks up by name
from mailai.runs.broker import PULSE
from mailai.runs.kinds import KINDS

LOOK = 1.0  # seconds between looks at who started us


def run_cluster() -> None:
    """The cluster of this process, until SIGTERM or SIGINT, or until its supervisor is gone."""
    parent = os.getppid()
    for kind in KINDS.values():
        kind.find_work()
    gc.collect()
    gc.freeze()  # what is shared now stays shared: the collector does not write to it
    cluster = Cluster()
    cluster.start()
    while cluster.sentinel.is_alive():
        cluster.sentinel.join(LOOK)
        if PULSE in os.environ and os.getppid() != parent and cluster.stop_event is not None:
            cluster.stop()  # without a reaper nothing is rescued; a new supervisor starts a cluster of its own
