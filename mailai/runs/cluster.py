"""django-q2's cluster, with all that a worker needs imported before it forks, so that the workers share it."""

from __future__ import annotations

import gc

from django_q.cluster import Cluster

import mailai.runs.perform  # noqa: F401 - the task, which django-q2 looks up by name
from mailai.runs.kinds import KINDS


def run_cluster() -> None:
    """Start the cluster of this process; its sentinel lives on until SIGTERM or SIGINT."""
    for kind in KINDS.values():
        kind.find_work()
    gc.collect()
    gc.freeze()  # what is shared now stays shared: the collector does not write to it
    Cluster().start()
