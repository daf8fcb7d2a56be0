"""What processes take of the memory, with what they share divided among them (proportional set size)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil


def pss(processes: Iterable[psutil.Process]) -> float:
    """MB of all of them together.

    What counts as a host: ours is the supervisor and its cluster with sentinel, pusher, monitor and workers; Celery's
    is the worker and its pool. Neither Postgres nor Redis is in it.
    """
    return sum(pss_of(process.pid) for process in processes)


def pss_of(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
