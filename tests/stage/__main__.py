"""A whole installation as an operator has it, on this machine: `python -m tests.stage`.

Debian's nginx with TLS before two gunicorns, one at a unix socket and one at a port, two worker hosts, and Debian's
PostgreSQL as a cluster of its own, all on loopback, in a temporary folder and ended when it is over. Users press and
poll by way of nginx while everything is upgraded from an older commit (--from) to what is in the working tree; then
logins, encryption, slow clients, a deactivated user and a database that is away are looked at. Ends with 1 if anything
was not as it must be, and then keeps the folder.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.stage import scenes
from tests.stage.parts import missing
from tests.stage.site import Site
from tests.stage.versions import before_the_last_migration, check_out, copy


def main() -> int:
    options = arguments()
    if lacking := missing():
        say(f"Debian's {' and '.join(lacking)} must be installed: sh .ci/setup browser")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing stays behind then, either
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mailai-stage-"))
    try:
        failed = play(options, folder)
    except Exception:
        say(f"the logs are in {folder}")
        raise
    say(f"{time.monotonic() - began:.0f} s in all")
    if failed:
        say(f"{failed} not as it must be; the logs are in {folder}")
    else:
        shutil.rmtree(folder)
    return int(failed > 0)


def play(options: argparse.Namespace, folder: Path) -> int:
    """How many things were not as they must be."""
    after = copy(folder / "after")
    revision = options.rev or before_the_last_migration()
    before = check_out(revision, folder / "before") if revision else after
    say(f"from {revision or 'the same version'}")
    began = time.monotonic()
    failed = 0
    with Site(folder, options.users + 2, 12, before, after) as site:
        say(f"{time.monotonic() - began:5.1f} s  set up")
        visitors = {
            name: site.logged_in(name, f"127.0.1.{number}") for number, name in enumerate(site.made, 1)
        }
        last = f"user{options.users + 1}"
        pressing = {name: visitor for name, visitor in visitors.items() if name != last}
        for scene in (
            scenes.upgrade_under_load(site, pressing, options.presses),
            scenes.encryption(site),
            scenes.login_limits(site),
            scenes.slow_clients(site),
            scenes.deactivated(site, visitors[last], last),
            scenes.database_away(site, visitors["user0"], "user0"),
        ):
            for what, so, detail in scene:
                failed += not so
                mark = "ok  " if so else "FAIL"
                say(f"{time.monotonic() - began:5.1f} s  {mark} {what}{f': {detail}' if detail else ''}")
    return failed


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.stage", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--from",
        dest="rev",
        default="",
        help="the commit to upgrade from; default: before the last migration",
    )
    parser.add_argument("--users", type=int, default=6, help="how many press during the upgrade")
    parser.add_argument("--presses", type=int, default=40, help="between two steps of the upgrade, at least")
    return parser.parse_args()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command


if __name__ == "__main__":
    sys.exit(main())
