"""Runs of every kind while processes are killed at random: `python -m tests.chaos`.

For every seed a fresh database on a PostgreSQL of its own, two workers (`manage.py worker`) of three slots, a fake
provider that answers well, badly or not at all, mailboxes on Dovecot, an SMTP server, and users who press, cancel and
hurry. A plan that the seed alone decides kills -9 what a cluster consists of, supervisors and PostgreSQL, stops workers
with SIGTERM and lets clusters freeze for longer than a lease. Then everything must have come to its end: nothing lost,
nothing doubled, nothing stuck, nothing left behind. Ends with 1 and the reasons if not, and then keeps the logs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from mailai.limits import LIMITS
from tests.chaos.server import Server

KINDS = tuple(name.upper() for name in LIMITS)
PULSE = "0.6"  # seconds between beats with --quick


def limits(soft: int, hard: int, margin: int, attempts: int) -> dict[str, str]:
    """The environment for a worker and for this process alike: runs fail, are lost and come back within seconds."""
    each = {"SOFT_LIMIT": soft, "HARD_LIMIT": hard, "BACKOFF": 1}
    return {
        "MAILAI_LEASE_MARGIN": str(margin),
        "MAILAI_FETCH_LEASE": str(hard),
        "MAILAI_MAX_ATTEMPTS": str(attempts),
        **{f"MAILAI_{kind}_{name}": str(value) for kind in KINDS for name, value in each.items()},
    }


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing stays behind then, either
    folder = Path(tempfile.mkdtemp(prefix="mailai-chaos-"))
    server = Server(folder)
    os.environ.update(limits(2, 3, 1, 2) if options.quick else limits(4, 6, 2, 4))
    os.environ.update(DATABASE_URL=server.address, DJANGO_SETTINGS_MODULE="mailai.settings")
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
    from tests.chaos import mail, plan, report, seed  # noqa: PLC0415 - need the settings
    from tests.processes import WORKER  # noqa: PLC0415

    command = ("tests/chaos/quick.py", PULSE) if options.quick else WORKER
    numbers = [options.seed] if options.seed else range(1, options.seeds + 1)
    outcomes = []
    kills, runs = -(-options.kills // len(numbers)), -(-options.runs // len(numbers))
    with mail.mail(folder) as opened:
        for number in numbers:
            place = folder / f"seed{number}"
            place.mkdir()
            # Away for longer than a cluster may do nothing: that is no reason to start a new one.
            waits, away = (0, 8) if options.quick else (0.35, 40)
            steps = plan.steps(number, kills, options.others, options.gap, waits, away)
            planned = seed.Seed(number, steps, runs, options.rate, server, opened(), place)
            outcomes.append(planned.run(command))
            quick = " --quick" * options.quick
            again = f"python -m tests.chaos --seed {number} --runs {runs} --kills {kills}{quick}"
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
    parser.add_argument("--quick", action="store_true", help="shorter limits, quicker pulses, no waiting")
    return parser.parse_args()


def say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
