"""mailai's queue and workers beside Celery 5 on Redis: `python tests/bench/against_celery.py`.

One run on one machine, both sides measured in turn for several rounds; what is printed are medians over the rounds.
Parts (`--only NAME`): delays (enqueue, start, committed), throughput, idle (the database's load without work), calls
(50 calls to a model at the same time; memory), fairness. Ends with 1 if a target is missed. `--quick` takes about three
minutes and is good for a look only. Without Celery or Redis their column stays empty.

What is compared, and why: ways.py (committed), celery_app.py (Celery's settings), calls.py, memory.py, idle.py.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)  # not this folder: its click.py would be taken for the package
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"

import django  # noqa: E402

django.setup()

from tests.bench import calls, fairness  # noqa: E402
from tests.bench.celery_side import celery_worker, missing, redis  # noqa: E402
from tests.bench.clock import Clock  # noqa: E402
from tests.bench.delays import Delays  # noqa: E402
from tests.bench.disk import tell_commit  # noqa: E402
from tests.bench.idle import transactions_while_idle  # noqa: E402
from tests.bench.scene import Busy, database, fake, machine, say  # noqa: E402
from tests.bench.throughput import Throughput  # noqa: E402
from tests.bench.verdicts import Verdicts  # noqa: E402
from tests.bench.ways import celery_ways, in_turn, our_ways  # noqa: E402
from tests.factories import make_user  # noqa: E402
from tests.processes import worker  # noqa: E402

PARTS = ("delays", "throughput", "idle", "calls", "fairness")


@dataclass(frozen=True)
class Size:
    rounds: int
    """Of singles."""
    singles: int
    many: int
    """Rounds of so many tasks at once."""
    tasks: int
    idle: float
    workers: tuple[int, ...]
    crowd: int


WHOLE = Size(rounds=5, singles=150, many=3, tasks=2000, idle=60, workers=(4, 16, 50), crowd=500)
QUICK = Size(rounds=2, singles=60, many=2, tasks=500, idle=15, workers=(16, 50), crowd=60)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--logs", type=Path, help="keep the processes' logs in this folder")
    options = parser.parse_args()
    lacking = missing()
    if lacking:
        say(f"Celery's column is left out; to have it: {lacking}")
    say(f"{machine()}; {'a quick look' if options.quick else 'the whole'}")
    busy = Busy()
    with ExitStack() as stack:
        logs = options.logs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(database())
        provider = stack.enter_context(fake(logs / "fake"))
        if not lacking:
            stack.enter_context(redis(logs))
        bench = Bench(QUICK if options.quick else WHOLE, logs, provider, celery=not lacking)
        for part in options.only or PARTS:
            getattr(bench, part)()
        say(str(busy))
        return bench.verdicts.tell()


class Bench:
    def __init__(self, size: Size, logs: Path, provider: str, celery: bool) -> None:
        self.size = size
        self.logs = logs
        self.provider = provider
        self.celery = celery
        self.clock = Clock(logs / "clock")
        self.verdicts = Verdicts()

    def delays(self) -> None:
        delays = Delays(self.clock)
        with ExitStack() as stack:
            tell_commit()
            ways = self._ways(stack, "delays")
            for _ in range(self.size.rounds):
                for way in ways:
                    delays.round(way, self.size.singles)
            delays.table(ways)
        delays.judge(self.verdicts)

    def throughput(self) -> None:
        throughput = Throughput(self.clock)
        with ExitStack() as stack:
            ways = [way for way in self._ways(stack, "throughput") if way.then is None]
            for _ in range(self.size.many):
                for way in ways:
                    throughput.round(way, self.size.tasks)
            throughput.table()
        throughput.judge(self.verdicts)

    def idle(self) -> None:
        with self._worker(4):
            transactions_while_idle(self.size.idle, self.verdicts)

    def calls(self) -> None:
        people = calls.crowd()
        calls.check_fake(self.provider)
        for workers in self.size.workers:
            rounds = 3 if workers >= calls.CALLS else 1
            say("ours")
            with self._worker(workers) as running:
                ours = calls.measure(people, calls.start_ours, running, workers, rounds)
            theirs = None
            if self.celery:
                say("Celery")
                with celery_worker(self.logs / "celery", workers, **self._model) as running:
                    theirs = calls.measure(people, calls.start_celery, running, workers, rounds)
            calls.judge(workers, ours, theirs, self.verdicts)

    def fairness(self) -> None:
        with self._worker(fairness.WORKERS):
            fairness.measure(self.size.crowd, self.verdicts)

    @property
    def _model(self) -> dict[str, str]:
        return {"MAILAI_OPENAI_BASE_URL": self.provider}

    def _worker(self, workers: int):
        return worker(self.logs / "worker", MAILAI_WORKERS=str(workers), **self._model)

    def _ways(self, stack: ExitStack, part: str):
        """All ways, in turn, with both workers up and warm."""
        stack.enter_context(self._worker(4))
        if self.celery:
            stack.enter_context(celery_worker(self.logs / "celery", 4, **self._model))
            stack.enter_context(celery_worker(self.logs / "celery-as-it-comes", 4, True, **self._model))
        ways = in_turn(our_ways(make_user(part)), celery_ways() if self.celery else [])
        warming = Throughput(self.clock)
        for way in ways:
            if way.then is None:
                warming.round(way, 40)
        return ways


if __name__ == "__main__":
    sys.exit(main())
