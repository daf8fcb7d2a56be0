"""Faults put into the code, one at a time, to see which of them no test notices: `python -m tests.faults`.

A fault is a turned condition, a missing owner in a filter, a dropped statement, a changed limit …; which ones is
chosen at random, the same for the same seed and tree. Each is put into a copy of the tree with a database of its own,
and tried with those tests that run its line, the quickest first. What no test notices is printed with its place. Which
test runs which line is measured first, once, and anew for test files that have changed. Ends with 1 if a smaller share
was caught than `--at-least` says.
"""

from __future__ import annotations

import argparse
import queue
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from tests.faults.copies import Copy
from tests.faults.kinds import Fault
from tests.faults.places import AREAS, chosen, modules
from tests.faults.report import equivalents, summary, survivor
from tests.faults.touching import load, measure
from tests.faults.trying import Trials, Verdict


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing stays behind then, either
    began = time.monotonic()
    faults = chosen(modules(options.only or AREAS), options.count, options.seed)
    if options.list:
        for fault in faults:
            say(f"{fault.path}:{fault.line}  {fault.name}")
        return 0
    known = equivalents()
    same = [fault for fault in faults if fault.name in known]
    rest = [fault for fault in faults if fault.name not in known]
    with copies(options.processes) as made:
        touching = load(made[0].root) if options.as_measured else measure(made[0])
        if options.measure:
            return 0
        trials = [Trials(copy, touching, options.seconds) for copy in made]
        verdicts = list(tried(trials, rest, began + 60 * options.minutes))
    say(summary(verdicts, same, options.seed, len(rest) - len(verdicts)))
    caught = sum(bool(verdict.caught_by) for verdict in verdicts)
    return int(100 * caught < options.at_least * len(verdicts))


@contextmanager
def copies(count: int) -> Iterator[list[Copy]]:
    folder = Path(tempfile.mkdtemp(prefix="mailai-faults-"))
    made: list[Copy] = []
    try:
        made += [Copy(folder / f"copy{number}") for number in range(count)]
        for copy in made:
            copy.prepare()
        yield made
    finally:
        for copy in made:
            copy.close()
        shutil.rmtree(folder, ignore_errors=True)


def tried(trials: Sequence[Trials], faults: Sequence[Fault], until: float) -> Iterator[Verdict]:
    """Each fault in whichever copy is free, as long as there is time."""
    free: queue.Queue[Trials] = queue.Queue()
    for each in trials:
        free.put(each)

    def trial(fault: Fault) -> Verdict | None:
        if time.monotonic() > until:
            return None
        here = free.get()
        try:
            return here.of(fault)
        finally:
            free.put(here)

    pool = ThreadPoolExecutor(len(trials))
    try:
        for number, done in enumerate(as_completed([pool.submit(trial, fault) for fault in faults]), 1):
            if (verdict := done.result()) is not None:
                say(f"{number} of {len(faults)}: {told(verdict)}")
                yield verdict
    finally:
        pool.shutdown(cancel_futures=True)


def told(verdict: Verdict) -> str:
    fault = verdict.fault
    if verdict.caught_by:
        return f"{fault.path}:{fault.line} caught by {verdict.caught_by}"
    return survivor(verdict)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "only", nargs="*", help=f"areas ({', '.join(AREAS)}) or paths; all areas unless named"
    )
    parser.add_argument("--count", type=int, default=200, help="faults, each on another line")
    parser.add_argument("--seed", type=int, default=1, help="decides which")
    parser.add_argument("--minutes", type=float, default=120, help="no further fault is begun after these")
    parser.add_argument("--seconds", type=float, default=60, help="usual time of the tests of one fault")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    parser.add_argument("--at-least", type=float, default=0, metavar="PERCENT", help="end with 1 below this")
    parser.add_argument("--list", action="store_true", help="name the faults, and try none")
    parser.add_argument("--measure", action="store_true", help="only measure which test runs which line")
    parser.add_argument("--as-measured", action="store_true", help="measure nothing anew")
    return parser.parse_args()


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
