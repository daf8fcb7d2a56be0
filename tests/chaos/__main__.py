"""Runs of every kind while processes are killed at random: `python -m tests.chaos`.

For every seed a fresh database on a PostgreSQL of its own, two workers (`manage.py worker`) of three slots, a fake
provider that answers well, badly or not at all, and users who press, cancel and hurry. A plan that the seed alone
decides kills -9 what a cluster consists of, supervisors and PostgreSQL, stops workers with SIGTERM and lets clusters
freeze for longer than a lease. Then everything must have come to its end: nothing lost, nothing doubled, nothing
stuck, nothing left behind. Ends with 1 and the reasons if not, and then keeps the logs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.server import Server

QUICK = {
    "MAILAI_LEASE_MARGIN": "2",
    "MAILAI_OPENAI_BASE_URL": "",
    **{f"MAILAI_{kind}_SOFT_LIMIT": "4" for kind in ("BASE", "OPTIMIZE", "REPLY", "TOKEN_TEST")},
    **{f"MAILAI_{kind}_HARD_LIMIT": "6" for kind in ("BASE", "OPTIMIZE", "REPLY", "TOKEN_TEST")},
    **{f"MAILAI_{kind}_BACKOFF": "1" for kind in ("BASE", "OPTIMIZE", "REPLY", "TOKEN_TEST")},
}


def main() -> int:
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="mailai-chaos-"))
    server = Server(folder)
    os.environ.update(QUICK, DATABASE_URL=server.address, DJANGO_SETTINGS_MODULE="mailai.settings")
    server.start()
    try:
        failed = seeds(options, server, folder)
    finally:
        server.kill()
        shutil.rmtree(server.data)
    if failed:
        say(f"the logs are in {folder}")
    else:
        shutil.rmtree(folder)
    return int(failed)


def seeds(options: argparse.Namespace, server: Server, folder: Path) -> bool:
    """Whether anything went wrong."""
    import django  # noqa: PLC0415 - reads the environment that main has just made

    django.setup()
    from tests.chaos import plan, report, seed  # noqa: PLC0415 - need the settings

    command = ("tests/chaos/quick.py", str(options.pulse)) if options.pulse else ("manage.py", "worker")
    numbers = [options.seed] if options.seed else range(1, options.seeds + 1)
    outcomes = []
    for number in numbers:
        place = folder / f"seed{number}"
        place.mkdir()
        kills, runs = -(-options.kills // len(numbers)), -(-options.runs // len(numbers))
        steps = plan.steps(number, kills, options.others, options.gap)
        outcomes.append(seed.Seed(number, steps, runs, options.rate, server, place).run(command))
        again = f"python -m tests.chaos --seed {number} --runs {runs} --kills {kills}"
        say(report.of(f"seed {number} (again: {again})", outcomes[-1:]))
    if len(outcomes) > 1:
        say(report.of(f"all {len(outcomes)} seeds", outcomes))
    return any(outcome.problems for outcome in outcomes)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 1 on")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--runs", type=int, default=400, help="at least so many in all")
    parser.add_argument("--kills", type=int, default=65, help="so many in all")
    parser.add_argument("--others", type=int, default=3, help="SIGTERMs and freezes per seed")
    parser.add_argument("--gap", type=float, default=3, help="seconds between two harms, on average")
    parser.add_argument("--rate", type=float, default=1.2, help="presses a second")
    parser.add_argument("--pulse", type=float, help="feel pulses, and reap, every so many seconds")
    return parser.parse_args()


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
