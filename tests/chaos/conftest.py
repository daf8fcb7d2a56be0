from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailai.ai.fake import FakeOpenAI
from mailai.runs.kinds import KINDS
from tests.processes import Worker, worker

# A worker that is quick to give up: `env` for tests.processes.worker, with the fake's address added.
QUICK = {
    "MAILAI_LEASE_MARGIN": "1",
    "MAILAI_MAX_ATTEMPTS": "2",
    **{f"MAILAI_{kind.upper()}_SOFT_LIMIT": "1" for kind in KINDS},
    **{f"MAILAI_{kind.upper()}_HARD_LIMIT": "2" for kind in KINDS},
    **{f"MAILAI_{kind.upper()}_BACKOFF": "0" for kind in KINDS},
}


@pytest.fixture(scope="module")
def running(
    django_db_setup: None,
    django_db_blocker: Any,
    running_fake: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    """A worker with eight slots that all tests of a module share; OpenAI is the fake."""
    log = tmp_path_factory.mktemp("worker") / "log"
    environment = QUICK | {"MAILAI_WORKERS": "8", "MAILAI_OPENAI_BASE_URL": running_fake.url}
    with django_db_blocker.unblock(), worker(log, **environment) as started:
        yield started


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def twice(settings: Any) -> None:
    """A run that is started here is tried twice."""
    settings.MAILAI_MAX_ATTEMPTS = 2
