"""Whole workers, several at once or none: what is under way when they come and go."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django_q.models import OrmQ

from emails.models import Analysis
from mailai.ai.fake import FakeOpenAI
from mailai.runs.models import TaskRun
from tests.chaos.conftest import QUICK
from tests.factories import make_email, make_token
from tests.processes import Worker, pushers, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = 30  # seconds, on a machine that is busy with other things; nothing here takes as long by itself


def started(user: Any, count: int, model: str) -> list[TaskRun]:
    token = make_token(user, model)
    return [TaskRun.objects.start(user, "base", make_email(user), token)[0] for _ in range(count)]


def all_succeeded() -> bool:
    return not TaskRun.objects.exclude(status="succeeded").exists()


def test_it_does_each_run_once_with_two_workers_of_which_one_is_stopped(
    fake: FakeOpenAI, user, tmp_path: Path
):
    port = urlsplit(fake.url).port
    with (
        worker(tmp_path / "one", MAILAI_OPENAI_BASE_URL=fake.url) as one,
        worker(tmp_path / "two", MAILAI_OPENAI_BASE_URL=fake.url) as two,
    ):
        wait_until(lambda: pushers() == 2, LIMIT)
        runs = started(user, 16, "fake:drip=0.05")  # a second each
        wait_until(lambda: len(one.asking(port)) == len(two.asking(port)) == 2, LIMIT)

        one.popen.send_signal(signal.SIGTERM)

        assert one.popen.wait(LIMIT) == 0
        assert one.all() == []
        assert TaskRun.objects.filter(status="queued").exists()
        wait_until(lambda: not TaskRun.objects.exclude(status="succeeded").exists(), LIMIT)
        wait_until(lambda: not OrmQ.objects.exclude(key__startswith="pulse.").exists(), LIMIT)

    # Of what was under way where the signal came, all went on to its end: no second attempt, no second call.
    assert set(Analysis.objects.values_list("run_id", flat=True)) == {run.pk for run in runs}
    assert set(TaskRun.objects.values_list("attempt", flat=True)) == {1}
    assert len(fake.requests) == len(runs)
    assert "Traceback" not in (tmp_path / "one").read_text() + (tmp_path / "two").read_text()


def test_it_gives_up_a_run_that_kills_its_worker_every_time(fake: FakeOpenAI, user, log: Path, settings):
    settings.MAILAI_MAX_ATTEMPTS = 3
    port = urlsplit(fake.url).port
    environment = QUICK | {"MAILAI_LEASE_MARGIN": "0", "MAILAI_OPENAI_BASE_URL": fake.url}
    with worker(log, ("tests/chaos/quick.py", "1"), **environment) as running:
        (poison,) = started(user, 1, "fake:silent")
        for attempt in (1, 2, 3):
            wait_until(TaskRun.objects.filter(pk=poison.pk, message="asking", attempt=attempt).exists, LIMIT)
            (victim,) = wait_until(lambda: running.asking(port))
            victim.kill()

        wait_until(TaskRun.objects.filter(pk=poison.pk, status="failed").exists, LIMIT)
        (healthy,) = started(user, 1, "fake")
        wait_until(TaskRun.objects.filter(pk=healthy.pk, status="succeeded").exists, LIMIT)

    poison.refresh_from_db()
    assert (poison.error_code, poison.attempt) == ("worker_lost", 3)
    assert Analysis.objects.get().run == healthy


class TestWithoutItsSupervisor:
    """A cluster whose supervisor was killed ends; a new supervisor starts one of its own."""

    def test_it_ends_although_it_had_not_looked_who_started_it(self, db, log: Path):
        running = Worker(log, **QUICK)
        try:
            wait_until(running.cluster)
            running.popen.kill()

            wait_until(lambda: not running.all(), LIMIT)
        finally:
            running.end()

    def test_it_ends_although_it_is_wedged(self, db, log: Path):
        with worker(log, **QUICK) as running:
            running.below_sentinel()[0].suspend()  # it never takes its order to stop
            running.popen.kill()

            wait_until(lambda: not running.all(), LIMIT)


class TestWithoutAnyWorker:
    def test_it_ends_a_press_that_nobody_takes_on(self, logged_in, email, token, settings):
        settings.MAILAI_RUN_DEADLINE = 1
        body = press(logged_in, email, token)

        seen = poll(logged_in, body["task_id"])

        assert seen[0] == "PENDING"
        assert seen[-1] == "FAILURE"
        assert TaskRun.objects.get().error_code == "expired"

    def test_it_ends_a_run_whose_host_is_gone(self, fake, logged_in, user, email, log, settings):
        settings.MAILAI_MAX_ATTEMPTS = 1
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url, **QUICK):
            body = press(logged_in, email, make_token(user, "fake:silent"))
            wait_until(TaskRun.objects.filter(message="asking").exists)
        # Nothing of the worker is left, and it had no time to say so.

        seen = poll(logged_in, body["task_id"])

        assert seen[0] in ("STARTED", "PROGRESS")
        assert seen[-1] == "FAILURE"
        assert TaskRun.objects.get().error_code == "worker_lost"


def press(client: Any, email: Any, token: Any) -> dict[str, Any]:
    answer = client.post(f"/email/{email.pk}/reprocess", {"service_token_id": token.pk})
    assert answer.status_code == 202
    return answer.json()


def poll(client: Any, task_id: str) -> list[str]:
    """The statuses as a page sees them, to the end; which then says why, to a person."""
    seen = []

    def look() -> bool:
        body = client.get(f"/tasks/{task_id}/status").json()
        seen.append(body["status"])
        return body["status"] in ("SUCCESS", "FAILURE", "REVOKED") and bool(body["error"])

    wait_until(look, LIMIT)
    return seen
