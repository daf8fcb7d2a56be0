"""From the call that puts one task in until it starts and until its result is committed, with nothing else to do."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from tests.bench.clock import Clock
from tests.bench.scene import percentiles, say
from tests.bench.verdicts import Verdicts
from tests.bench.ways import CELERY_ROW, GET, NOTHING, REDIS, ROW, RUN, TUNED, TUNED_ROW, Way
from tests.processes import wait_until

GAP = (0.015, 0.035)  # seconds between two of them; longer if the first has not ended by then


@dataclass
class Delays:
    """Per way and span, the (p50, p95) of each round in milliseconds."""

    clock: Clock
    rounds: dict[tuple[str, str], list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def round(self, way: Way, singles: int) -> None:
        for span, times in measure(way, singles, self.clock).items():
            self.rounds[way.name, span].append(percentiles(times))

    def of(self, way: str, span: str) -> tuple[float, float] | None:
        """Medians over the rounds."""
        if not (rounds := self.rounds.get((way, span))):
            return None
        return median(p50 for p50, _p95 in rounds), median(p95 for _p50, p95 in rounds)

    def table(self, ways: list[Way]) -> None:
        spans = ("enqueue", "started", "stored", "told", "got")
        say(f"{'ms: p50 p95':<28}" + "".join(f"{span:>16}" for span in spans))
        for way in sorted(ways, key=lambda way: way.name, reverse=True):
            cells = [self.of(way.name, span) for span in spans]
            texts = ["" if cell is None else f"{cell[0]:.2f}  {cell[1]:.2f}" for cell in cells]
            say(f"{way.name:<28}" + "".join(f"{text:>16}" for text in texts))

    def judge(self, verdicts: Verdicts) -> None:
        def pair(
            ours: tuple[str, str], theirs: tuple[str, str], which: int
        ) -> tuple[float | None, float | None]:
            cells = self.of(*ours), self.of(*theirs)
            return tuple(None if cell is None else cell[which] for cell in cells)  # type: ignore[return-value]

        bare, run = (NOTHING, "enqueue"), (RUN, "enqueue")
        verdicts.ratio("enqueue p50, no-op", "ms", *pair(bare, (REDIS, "enqueue"), 0))
        verdicts.ratio("enqueue p50, a whole run", "ms", *pair(run, (REDIS, "enqueue"), 0))
        bare, run, celery, tuned = ((way, "started") for way in (NOTHING, RUN, REDIS, TUNED))
        verdicts.ratio("start p50, no-op", "ms", *pair(bare, celery, 0), most=1.0)
        verdicts.ratio("start p95, no-op", "ms", *pair(bare, celery, 1), most=1.25)
        verdicts.ratio("start p50, no-op, Celery tuned", "ms", *pair(bare, tuned, 0))
        verdicts.ratio("start p95, no-op, Celery tuned", "ms", *pair(bare, tuned, 1))
        verdicts.ratio("start p50, a whole run", "ms", *pair(run, celery, 0))
        verdicts.ratio("start p95, a whole run", "ms", *pair(run, celery, 1))
        row, run, celery, tuned = (ROW, "stored"), (RUN, "stored"), (CELERY_ROW, "told"), (TUNED_ROW, "told")
        verdicts.ratio("committed p50, a row", "ms", *pair(row, celery, 0), most=0.55)
        verdicts.ratio("committed p95, a row", "ms", *pair(row, celery, 1))
        verdicts.ratio("committed p50, a row, Celery tuned", "ms", *pair(row, tuned, 0))
        verdicts.ratio("committed p50, a whole run", "ms", *pair(run, celery, 0))
        for name, theirs in (
            ("a row, Celery's row alone", (CELERY_ROW, "stored")),
            ("a row, Celery's row alone, tuned", (TUNED_ROW, "stored")),
            ("a row, Redis alone, tuned", (TUNED, "told")),
            ("a row, .get(), tuned", (GET, "got")),
        ):
            verdicts.ratio(f"committed p50, {name}", "ms", *pair(row, theirs, 0))


def measure(way: Way, singles: int, clock: Clock) -> dict[str, list[float]]:
    """Milliseconds from before the call, by span: enqueue (until it returned), started, and the way's ends."""
    clock.take()
    began: dict[str, tuple[int, int]] = {}
    for number in range(singles):
        key = f"single-{number}"
        before = time.monotonic_ns()
        given = way.put(key)
        began[key] = before, time.monotonic_ns()
        if way.then is not None:
            way.then(given, key)
        time.sleep(random.uniform(*GAP))  # noqa: TID251 - the gap itself
        wait_until(lambda: clock.count(way.ends[-1]) > number, 60)  # noqa: B023 - or they queue on a busy machine
    times = clock.take()
    spans = {"enqueue": [(after - before) / 1e6 for before, after in began.values()]}
    for what in dict.fromkeys(("started", *way.ends)):
        spans[what] = [(times[key][what] - before) / 1e6 for key, (before, _after) in began.items()]
    return spans
