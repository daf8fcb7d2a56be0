from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

# A worker that is quick to give up: `env` for tests.processes.worker, with the fake's address added.
QUICK = {
    "MAILAI_LEASE_MARGIN": "1",
    "MAILAI_MAX_ATTEMPTS": "2",
    **{f"MAILAI_{kind}_SOFT_LIMIT": "1" for kind in ("BASE", "REPLY")},
    **{f"MAILAI_{kind}_HARD_LIMIT": "2" for kind in ("BASE", "REPLY")},
    **{f"MAILAI_{kind}_BACKOFF": "0" for kind in ("BASE", "REPLY")},
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def twice(settings: Any) -> None:
    """A run that is started here is tried twice."""
    settings.MAILAI_MAX_ATTEMPTS = 2
