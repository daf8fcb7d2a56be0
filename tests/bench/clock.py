"""What happened when, told by any process of a bench: a line `key what nanoseconds` in one file.

CLOCK_MONOTONIC is the same for all processes of a host. A line is one short append, so lines do not mix, and both
sides pay the same few microseconds for it.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

FILE = "MAILAI_BENCH_CLOCK"  # environment


def note(key: str, what: str) -> None:
    at = time.monotonic_ns()
    os.write(_file(), f"{key} {what} {at}\n".encode())


@lru_cache(maxsize=1)
def _file() -> int:
    return os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class Clock:
    """Reads what was noted since the last time it was emptied."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.environ[FILE] = str(path)
        path.touch()

    def count(self, what: str) -> int:
        return self.path.read_bytes().count(f" {what} ".encode())

    def take(self) -> dict[str, dict[str, int]]:
        """By key, when each thing happened (its last time, if it happened more than once)."""
        times: dict[str, dict[str, int]] = defaultdict(dict)
        for line in self.path.read_text().splitlines():
            key, what, at = line.split()
            times[key][what] = int(at)
        os.truncate(self.path, 0)
        return times
