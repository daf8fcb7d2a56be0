"""The long test in short: one seed, few kills, quicker pulses. `python -m tests.chaos` does the rest."""

from __future__ import annotations

import re
import subprocess
import sys

from django.conf import settings

from tests.chaos import plan

COMMAND = "-m tests.chaos --seed 7 --runs 30 --kills 8 --others 1 --gap 0.8 --rate 3 --quick"


def test_it_loses_and_doubles_nothing_while_everything_is_killed():
    done = subprocess.run(
        [sys.executable, *COMMAND.split()],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost 0, doubled 0, stuck 0" in done.stdout
    assert int(re.search(r"kills +(\d+)", done.stdout)[1]) == 8  # type: ignore[index]
    assert int(re.search(r"runs +(\d+)", done.stdout)[1]) >= 30  # type: ignore[index]


def test_it_repeats_what_a_seed_says():
    assert plan.steps(3, 20, 3, 1, 0.5) == plan.steps(3, 20, 3, 1, 0.5) != plan.steps(4, 20, 3, 1, 0.5)
    assert {step.target for step in plan.steps(3, 20, 3, 1, 0.5)} == {*plan.KILLS, *plan.OTHERS}
