from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailai.ai.fake import FakeOpenAI
from mailai.runs.kinds import KINDS
from tests.processes import Worker, web, worker
from tests.runs import probe as probes

QUICK = {
    "MAILAI_WORKERS": "2",
    "MAILAI_LEASE_MARGIN": "1",
    "MAILAI_BASE_SOFT_LIMIT": "20",
    "MAILAI_BASE_HARD_LIMIT": "25",
    "MAILAI_REPLY_SOFT_LIMIT": "2",
    "MAILAI_REPLY_HARD_LIMIT": "3",
    "MAILAI_REPLY_BACKOFF": "1",
}


@pytest.fixture(scope="module")
def running(
    django_db_setup: None,
    django_db_blocker: Any,
    running_fake: FakeOpenAI,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    """A worker with two slots and quick limits, which all tests of a module share; OpenAI is the fake."""
    log = tmp_path_factory.mktemp("worker") / "log"
    with (
        django_db_blocker.unblock(),
        worker(log, MAILAI_OPENAI_BASE_URL=running_fake.url, **QUICK) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a web server."""
    with django_db_blocker.unblock(), web(tmp_path_factory.mktemp("web") / "log") as url:
        yield url


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def probe(settings: Any, monkeypatch: pytest.MonkeyPatch) -> probes.Probe:
    """The kind "probe": soft limit 1 s, hard limit 2 s, backoff 60 s; its work is up to the test."""
    monkeypatch.setitem(KINDS, "probe", probes.KIND)
    for name, value in {"SOFT_LIMITS": 1, "HARD_LIMITS": 2, "BACKOFFS": 60}.items():
        setattr(settings, f"MAILAI_{name}", {**getattr(settings, f"MAILAI_{name}"), "probe": value})
    monkeypatch.setattr(probes, "probe", probes.Probe())
    return probes.probe
