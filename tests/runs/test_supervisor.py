"""What surrounds the cluster: it drains, it ends with nothing left, and it notices a cluster that only looks alive."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django_q.models import OrmQ

from mailai.ai.fake import FakeOpenAI
from mailai.ai.models import ServiceToken
from mailai.postgres import clock
from mailai.runs import pulse as module
from mailai.runs import supervisor as supervision
from mailai.runs.broker import PULSE
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.pulse import Pulse
from mailai.runs.supervisor import Supervisor
from tests.factories import make_email, make_run, make_token
from tests.processes import Processes, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_lets_running_tasks_end_and_leaves_nothing_behind(fake: FakeOpenAI, user, email, log: Path):
    with worker(log, MAILAI_OPENAI_BASE_URL=fake.url) as running:
        run, _created = TaskRun.objects.start(user, "base", email, make_token(user, "fake:drip=0.08"))
        wait_until(TaskRun.objects.filter(pk=run.pk, message="receiving").exists)

        running.popen.send_signal(signal.SIGTERM)

        assert running.popen.wait(15) == 0
        assert running.all() == []
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert not OrmQ.objects.exclude(key__startswith="pulse.").exists()
    assert "Traceback" not in log.read_text()


class TestWhatIsNotDoneInTime:
    """It goes back into the queue at once: nobody waits for a lease."""

    def begun(self, user: User, log: Path) -> TaskRun:
        run, _created = TaskRun.objects.start(user, "base", make_email(user), make_token(user, "fake:silent"))
        wait_until(TaskRun.objects.filter(pk=run.pk, message="asking").exists)
        return run

    def test_it_is_handed_back_when_the_patience_is_over(self, fake: FakeOpenAI, user: User, log: Path):
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url, MAILAI_DRAIN_SECONDS="1") as running:
            run = self.begun(user, log)

            running.popen.send_signal(signal.SIGTERM)

            assert running.popen.wait(30) == 0
            assert running.all() == []
        run.refresh_from_db()
        assert (run.status, run.attempt, run.max_attempts, run.error_code) == ("queued", 1, 5, "")
        assert OrmQ.objects.filter(pk=run.queue_id, lock__lte=Now()).exists()
        ServiceToken.objects.update(model="fake")
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url):
            wait_until(TaskRun.objects.filter(pk=run.pk, status="succeeded", attempt=2).exists)

    def test_it_is_handed_back_when_nobody_wants_to_wait(self, fake: FakeOpenAI, user: User, log: Path):
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url) as running:
            run = self.begun(user, log)
            running.popen.send_signal(signal.SIGTERM)
            wait_until(lambda: not WorkerHost.objects.exists())  # it has heard the first

            running.popen.send_signal(signal.SIGTERM)

            assert running.popen.wait(15) == 0
        run.refresh_from_db()
        assert (run.status, run.attempt, run.max_attempts) == ("queued", 1, 5)

    def test_it_is_left_alone_where_another_attempt_may_not_do_it_again(
        self, fake: FakeOpenAI, user: User, log: Path
    ):
        """As a message is, whose last byte has gone out and which no server has answered for yet."""
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url, MAILAI_DRAIN_SECONDS="0") as running:
            token = make_token(user, "fake:latency=3")
            run, _created = TaskRun.objects.start(user, "base", make_email(user), token)
            wait_until(TaskRun.objects.filter(pk=run.pk, message="asking").exists)
            TaskRun.objects.filter(pk=run.pk).update(irrevocable=True)

            running.popen.send_signal(signal.SIGTERM)

            assert running.popen.wait(30) == 0
        run.refresh_from_db()
        assert (run.status, run.attempt) == ("succeeded", 1)

    def test_a_cluster_that_dies_costs_its_runs_a_try_but_no_lease(
        self, fake: FakeOpenAI, user: User, log: Path
    ):
        with worker(log, MAILAI_OPENAI_BASE_URL=fake.url) as running:
            run = self.begun(user, log)
            lease = TaskRun.objects.get(pk=run.pk).lease_until

            running.cluster().kill()

            wait_until(TaskRun.objects.filter(pk=run.pk, status="retrying").exists)
        run.refresh_from_db()
        assert (run.error_code, run.attempt, run.max_attempts) == ("worker_lost", 1, 4)
        assert clock.now() < lease


def test_it_takes_its_cluster_along_when_it_is_killed(log: Path):
    with worker(log) as running:
        running.popen.kill()

        wait_until(lambda: not running.all())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.3)
    monkeypatch.setattr(module, "IDLE", 1.5)
    monkeypatch.setattr(module, "STARTING", 1.5)


def test_it_feels_the_pulse_of_a_cluster_until_nothing_is_acknowledged(quick, log: Path, monkeypatch):
    pulse = Pulse()
    cluster = Processes(["manage.py", "worker", "--cluster"], log, {PULSE: pulse.key, "MAILAI_WORKERS": "1"})
    beats: list[bool] = []

    def acknowledged() -> bool:
        """Whether a beat was sent and taken, several times."""
        beats.append(pulse.has_stopped())
        assert not any(beats[30:]), "it stopped"
        return pulse._beat is not None and pulse._beat > first + 4

    try:
        first = OrmQ.objects.create(key="x", payload="", lock=None).pk
        wait_until(lambda: len(cluster.all()) == 5)  # main, sentinel, worker, monitor, pusher
        pulse._sent_at = pulse._busy_at = time.monotonic()
        wait_until(acknowledged)
        monitor = cluster.all()[3]
        monitor.suspend()
        wait_until(pulse.has_stopped)
    finally:
        cluster.end()


def test_it_gives_a_cluster_that_is_busy_more_time(quick, user, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.2)
    monkeypatch.setattr(module, "STARTING", 0.2)
    pulse = Pulse()
    run = make_run(user, status="running", email=make_email(user), worker=pulse.key)
    assert not pulse.has_stopped()
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        assert not pulse.has_stopped()

    run.delete()

    wait_until(pulse.has_stopped)


def test_it_gives_a_cluster_that_starts_more_time(quick, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.1)
    pulse = Pulse()
    assert not pulse.has_stopped()
    until = time.monotonic() + 0.6
    while time.monotonic() < until:
        assert not pulse.has_stopped()


def test_a_beat_that_was_taken_must_be_acknowledged_however_busy_its_cluster_is(quick, user, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.3)
    pulse = Pulse()
    make_run(user, status="running", email=make_email(user), worker=pulse.key)
    assert not pulse.has_stopped()
    OrmQ.objects.filter(pk=pulse._beat).update(lock="2999-01-01T00:00:00Z")

    wait_until(pulse.has_stopped)


def test_it_is_not_misled_by_other_clusters_that_are_busy(quick, user, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.2)
    monkeypatch.setattr(module, "STARTING", 0.2)
    make_run(user, status="running", email=make_email(user), worker="pulse.other")
    pulse = Pulse()

    wait_until(pulse.has_stopped)


def test_it_starts_a_new_cluster_when_the_pulse_stops(quick, monkeypatch):
    monkeypatch.setattr(module, "IDLE", 0.2)
    monkeypatch.setattr(module, "STARTING", 0.2)
    supervisor = Supervisor(command=[sys.executable, "-c", "import time; time.sleep(60)"])
    living = threading.Thread(target=supervisor._live_once)
    living.start()
    wait_until(lambda: supervisor.cluster)

    def feel() -> bool:
        supervisor._feel()
        return not living.is_alive()

    wait_until(feel)
    assert (supervisor.cluster.returncode, supervisor.deaths) == (-signal.SIGKILL, 1)


class Waits(threading.Event):
    """Never waits, and notes how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return super().wait(0)


def test_it_waits_ever_longer_for_a_cluster_that_keeps_dying():
    supervisor = Supervisor(command=[sys.executable, "-c", ""])
    supervisor.stopping = waits = Waits()

    for _ in range(5):
        supervisor._live_once()

    between = [seconds for seconds in waits.seconds if seconds != supervision.TICK]
    assert between == [0.0, 1.0, 5.0, 15.0, 15.0]
    assert supervisor.deaths == 5
