"""The stage, played in short: see `python -m tests.stage`."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from django.conf import settings

from tests.stage.parts import missing


def test_it_plays() -> None:
    if lacking := missing():
        warnings.warn(f"the stage is not played without Debian's {' and '.join(lacking)}", stacklevel=1)
        pytest.skip(f"Debian's {' and '.join(lacking)} is not installed: sh .ci/setup browser")
    played = subprocess.run(
        [sys.executable, "-m", "tests.stage", "--users", "2", "--presses", "3"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stdout + played.stderr
