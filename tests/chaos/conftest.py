from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailai.runs.kinds import KINDS

# A worker that is quick to give up: `env` for tests.processes.worker, with the fake's address added.
QUICK = {
    "MAILAI_LEASE_MARGIN": "1",
    "MAILAI_MAX_ATTEMPTS": "2",
    **{f"MAILAI_{kind.upper()}_SOFT_LIMIT": "1" for kind in KINDS},
    **{f"MAILAI_{kind.upper()}_HARD_LIMIT": "2" for kind in KINDS},
    **{f"MAILAI_{kind.upper()}_BACKOFF": "0" for kind in KINDS},
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def twice(settings: Any) -> None:
    """A run that is started here is tried twice."""
    settings.MAILAI_MAX_ATTEMPTS = 2
