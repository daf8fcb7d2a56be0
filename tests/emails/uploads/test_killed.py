"""A worker that is killed in the middle of an import, again and again: in the end everything is there once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emails.models import Email
from emails.uploads.models import Upload, UploadPiece
from mailai.runs.models import TaskRun
from mailai.runs.rescue import end_leases
from mailai.runs.transitions import hurry
from tests.emails.uploads.conftest import kept, mbox
from tests.processes import Worker, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 3_000
LIMITS = {"MAILAI_FETCH_LEASE": "2", "MAILAI_LEASE_MARGIN": "0", "MAILAI_MAX_ATTEMPTS": "4"}


@pytest.fixture
def running(tmp_path: Path, transactional_db: None) -> Iterator[Worker]:
    with worker(tmp_path / "log", MAILAI_WORKERS="1", **LIMITS) as started:
        yield started


def kill_the_one_at_work(running: Worker) -> None:
    """The child of the sentinel that has readers of its own, and those go with it."""
    (at_work,) = wait_until(lambda: [one for one in running.below_sentinel() if one.children()])
    at_work.kill()


def again(run: TaskRun) -> None:
    """What the reaper does a little later by itself: end the lease, and try again."""
    wait_until(lambda: end_leases() or TaskRun.objects.filter(pk=run.pk, status="retrying").exists())
    wait_until(lambda: hurry(run))


def test_it_loses_nothing_and_stores_nothing_twice(running: Worker, user: Any) -> None:
    run = kept(user, a_mbox=mbox(MESSAGES))
    kills = []

    for at in (1, 800, 1_600):
        wait_until(lambda at=at: Email.objects.count() >= at)
        kill_the_one_at_work(running)
        kills.append(Upload.objects.get().done)
        again(run)

    wait_until(lambda: not TaskRun.objects.get(pk=run.pk).is_active)
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("succeeded", 4), run.error_code
    assert kills[0] < kills[1] < kills[2] < MESSAGES
    assert run.result == {
        "status": "success",
        "done": MESSAGES,
        "stored": MESSAGES,
        "duplicates": 0,
        "unreadable": 0,
    }
    assert Email.objects.of(user).values("subject").distinct().count() == MESSAGES
    assert not UploadPiece.objects.exists()
