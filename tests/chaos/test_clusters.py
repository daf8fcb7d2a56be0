"""Whole workers, several at once or none: what is under way when they come and go."""

from __future__ import annotations

import signal
import time
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
from tests.processes import Worker, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)


def started(user: Any, count: int, model: str) -> list[TaskRun]:
    token = make_token(user, model)
    return [TaskRun.objects.start(user, "base", make_email(user), token)[0] for _ in range(count)]


def all_succeeded() -> bool:
    return not TaskRun.objects.exclude(status="succeeded").exists()


def assert_each_was_done_once(runs: list[TaskRun], fake: FakeOpenAI) -> None:
    assert set(Analysis.objects.values_list("run_id", flat=True)) == {run.pk for run in runs}
    assert set(TaskRun.objects.values_list("attempt", flat=True)) == {1}
    assert len(fake.requests) == Analysis.objects.count() == len(runs)
    wait_until(lambda: not OrmQ.objects.exclude(key__startswith="pulse.").exists())


def test_it_loses_nothing_when_it_is_stopped_under_load(fake: FakeOpenAI, user, log: Path):
    with worker(log, MAILAI_OPENAI_BASE_URL=fake.url) as first:
        runs = started(user, 7, "fake:drip=0.05")
        wait_until(lambda: TaskRun.objects.filter(message="receiving").count() == 2)
        at_work = list(TaskRun.objects.filter(status="running").values_list("pk", flat=True))

        began = time.monotonic()
        first.popen.send_signal(signal.SIGTERM)

        assert first.popen.wait(20) == 0
        assert (
            time.monotonic() - began < 10
        )  # two answers, one after the other at most, and the reaper's last round
        assert first.all() == []
    done = set(TaskRun.objects.filter(status="succeeded").values_list("pk", flat=True))
    assert set(at_work) <= done
    assert not TaskRun.objects.exclude(pk__in=done).exclude(status="queued", attempt=0).exists()
    assert len(done) < len(runs)
    assert "Traceback" not in log.read_text()

    with worker(log, MAILAI_OPENAI_BASE_URL=fake.url):
        wait_until(all_succeeded, 20)
        assert_each_was_done_once(runs, fake)


def test_it_shares_the_runs_between_two_workers(fake: FakeOpenAI, user, tmp_path: Path):
    port = urlsplit(fake.url).port
    with (
        worker(tmp_path / "one", MAILAI_OPENAI_BASE_URL=fake.url) as one,
        worker(tmp_path / "two", MAILAI_OPENAI_BASE_URL=fake.url) as two,
    ):
        wait_until(lambda: len(two.below_sentinel()) >= 4)
        runs = started(user, 24, "fake:latency=0.3")

        wait_until(lambda: one.asking(port) and two.asking(port))
        wait_until(all_succeeded, 20)
        assert_each_was_done_once(runs, fake)


def test_it_gives_up_a_run_that_kills_its_worker_every_time(fake: FakeOpenAI, user, log: Path, settings):
    settings.MAILAI_MAX_ATTEMPTS = 3
    port = urlsplit(fake.url).port
    environment = QUICK | {"MAILAI_LEASE_MARGIN": "0", "MAILAI_OPENAI_BASE_URL": fake.url}
    with worker(log, ("tests/chaos/quick.py", "1"), **environment) as running:
        (poison,) = started(user, 1, "fake:silent")
        for attempt in (1, 2, 3):
            wait_until(TaskRun.objects.filter(pk=poison.pk, message="asking", attempt=attempt).exists)
            (victim,) = wait_until(lambda: running.asking(port))
            victim.kill()

        wait_until(TaskRun.objects.filter(pk=poison.pk, status="failed").exists)
        (healthy,) = started(user, 1, "fake")
        wait_until(TaskRun.objects.filter(pk=healthy.pk, status="succeeded").exists)

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

            wait_until(lambda: not running.all(), 15)
        finally:
            running.end()

    def test_it_ends_although_it_is_wedged(self, db, log: Path):
        with worker(log, **QUICK) as running:
            running.below_sentinel()[0].suspend()  # it never takes its order to stop
            running.popen.kill()

            wait_until(lambda: not running.all(), 15)


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

    wait_until(look)
    return seen
