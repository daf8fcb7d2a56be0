"""What a commit costs here: every press of ours waits for the disk, and Redis, as it is set up here, never does."""

from __future__ import annotations

import random
import time

from django.db import connection

from tests.bench.models import Result
from tests.bench.scene import percentiles, say

COMMITS = 60


def tell_commit() -> None:
    waits = {setting: commits(setting) for setting in ("on", "off")}
    texts = [
        f"{p50:.2f} (p95 {p95:.2f}) ms {what}"
        for what, (p50, p95) in zip(("on disk", "without waiting for the disk"), waits.values(), strict=True)
    ]
    say(f"a commit of one row takes {', '.join(texts)}")


def commits(synchronous: str) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds, with pauses between them as between presses."""
    times = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('synchronous_commit', %s, false)", [synchronous])
        for number in range(COMMITS):
            time.sleep(random.uniform(0.005, 0.02))  # noqa: TID251 - the pause itself
            began = time.perf_counter()
            Result(key=f"commit-{number}").save(force_insert=True)
            times.append(1000 * (time.perf_counter() - began))
        cursor.execute("RESET synchronous_commit")
    return percentiles(times)
