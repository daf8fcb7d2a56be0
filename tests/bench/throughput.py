"""How many no-op tasks a second: from the first call until all results are saved, with four workers."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from tests.bench.clock import Clock
from tests.bench.scene import say
from tests.bench.verdicts import Verdicts
from tests.bench.ways import CELERY_ROW, REDIS, ROW, RUN, SAVED, TUNED, TUNED_ROW, Way
from tests.processes import wait_until


@dataclass
class Throughput:
    """Per way, tasks per second of each round: of putting in alone, and of all."""

    clock: Clock
    rounds: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def round(self, way: Way, tasks: int) -> None:
        self.clock.take()
        began = time.monotonic_ns()
        for number in range(tasks):
            way.put(f"many-{number}")
        put = time.monotonic_ns()
        wait_until(lambda: self.clock.count(way.ends[-1]) >= tasks, 120, every=0.05)
        done = max(times[way.ends[-1]] for times in self.clock.take().values())
        self.rounds[way.name].append((tasks / (put - began) * 1e9, tasks / (done - began) * 1e9))

    def of(self, way: str) -> float | None:
        return median(done for _put, done in self.rounds[way]) if way in self.rounds else None

    def table(self) -> None:
        say(f"{'tasks a second':<28}{'put in':>10}{'done':>10}")
        for way, rounds in sorted(self.rounds.items(), reverse=True):
            say(
                f"{way:<28}{median(put for put, _ in rounds):>10.0f}{median(done for _, done in rounds):>10.0f}"
            )

    def judge(self, verdicts: Verdicts) -> None:
        verdicts.ratio("throughput, a row", "/s", self.of(ROW), self.of(CELERY_ROW), least=1.15)
        verdicts.ratio("throughput, a row, Celery tuned", "/s", self.of(ROW), self.of(TUNED_ROW), least=1.15)
        verdicts.ratio("throughput, a no-op whose result is saved", "/s", self.of(SAVED), self.of(REDIS))
        verdicts.ratio("throughput, the same, Celery tuned", "/s", self.of(SAVED), self.of(TUNED))
        verdicts.ratio("throughput, a whole run, Celery tuned a row", "/s", self.of(RUN), self.of(TUNED_ROW))
