"""A worker tells that it is there, goes when it stops, and looks after everything in one transaction."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from mailai import __version__
from mailai.postgres import direct
from mailai.runs import rescue as reaper
from mailai.runs import supervisor as supervision
from mailai.runs.hosts import Presence, WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.rescue import apart, next_lease, rescue
from mailai.runs.supervisor import REAP_EVERY, Supervisor
from tests.factories import make_email, make_run
from tests.processes import wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)


def aged(worker: WorkerHost, seconds: float) -> None:
    WorkerHost.objects.filter(pk=worker.pk).update(seen_at=timezone.now() - dt.timedelta(seconds=seconds))


def test_it_tells_who_works_here():
    presence = Presence(["slow", "quick"])

    presence.tell()

    host = WorkerHost.objects.alive().get()
    assert (host.name, host.pid, host.version) == (socket.gethostname(), os.getpid(), __version__)
    assert (host.slots, host.queues) == (settings.Q_CLUSTER["workers"], ["slow", "quick"])
    assert abs(timezone.now() - host.seen_at) < dt.timedelta(seconds=10)


def test_it_is_seen_again_and_again_in_one_row():
    presence = Presence()
    presence.tell()
    host = WorkerHost.objects.get()
    aged(host, 61)
    assert not WorkerHost.objects.alive().exists()

    presence.tell()

    again = WorkerHost.objects.alive().get()
    assert (again.pk, again.started_at) == (host.pk, host.started_at)


def test_it_comes_back_when_its_row_was_forgotten():
    presence = Presence()
    presence.tell()
    aged(WorkerHost.objects.get(), 86_401)
    assert WorkerHost.objects.forgotten().delete()[0] == 1

    presence.tell()

    assert WorkerHost.objects.alive().count() == 1


def test_it_names_the_version_of_the_project():
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__


def test_a_worker_is_there_from_its_start_until_it_is_told_to_stop(log: Path):
    with worker(log, MAILAI_WORKERS="1") as running:
        host = wait_until(WorkerHost.objects.first)
        assert (host.pid, host.slots) == (running.popen.pid, 1)

        running.popen.send_signal(signal.SIGTERM)

        wait_until(lambda: not WorkerHost.objects.exists())
        running.popen.wait(15)
    assert "Traceback" not in log.read_text()


class TestReaper:
    @pytest.fixture
    def reaping(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr(supervision, "REAP_EVERY", 0.05)
        monkeypatch.setattr(supervision, "PRUNE_EVERY", 0.0)
        supervisor = Supervisor(command=["true"])
        thread = threading.Thread(target=supervisor._reap)
        thread.start()
        yield
        supervisor.stopping.set()
        thread.join(10)
        assert not WorkerHost.objects.exists()

    def test_it_prunes_now_and_then(self, reaping):
        OrmQ.objects.create(key="pulse.dead", payload="x", lock="2020-01-01T00:00:00Z")

        wait_until(lambda: not OrmQ.objects.exists())

    def test_it_goes_on_when_the_database_dropped_it(self, reaping):
        wait_until(WorkerHost.objects.exists)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            assert cursor.rowcount
        aged(WorkerHost.objects.get(), 1000)

        wait_until(WorkerHost.objects.alive().exists)


class TestRound:
    def test_it_is_one_transaction(self, user):
        make_run(user, status="running", email=make_email(user))
        supervisor = Supervisor(command=["true"])
        supervisor._round()

        with CaptureQueriesContext(connection) as captured:
            supervisor._round()

        statements = [query["sql"] for query in captured]
        assert (statements[0], statements[-1]) == ("BEGIN", "COMMIT")
        assert statements.count("BEGIN") == 1
        assert len(statements) < 40

    def test_it_comes_sooner_where_a_lease_runs_out_sooner(self, user):
        supervisor = Supervisor(command=["true"])
        assert supervisor._round() == REAP_EVERY
        lease = timezone.now() + dt.timedelta(seconds=4)

        make_run(user, status="running", email=make_email(user), lease_until=lease)

        assert 2 < supervisor._round() <= 4
        TaskRun.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
        assert next_lease() is None  # what is over is seen to at once, and is nothing to hurry for

    def test_it_goes_on_where_one_part_fails(self, user, monkeypatch):
        late = make_run(user, email=make_email(user), deadline_at=timezone.now() - dt.timedelta(seconds=1))

        def fails() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            return 1

        monkeypatch.setattr(reaper, "end_leases", fails)
        supervisor = Supervisor(command=["true"])

        supervisor._round()

        late.refresh_from_db()
        assert late.status == "failed"
        assert WorkerHost.objects.exists()

    def test_it_goes_on_where_one_row_is_bad(self, user, monkeypatch):
        over = timezone.now() - dt.timedelta(seconds=9)
        bad = make_run(user, status="running", email=make_email(user), lease_until=over)
        good = make_run(user, status="running", email=make_email(user), lease_until=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE runs_taskrun ADD CONSTRAINT bad CHECK (id <> '{bad.pk}' OR attempt < 1) NOT VALID"
            )
        try:
            assert rescue().leases == 1
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE runs_taskrun DROP CONSTRAINT bad")

        good.refresh_from_db()
        assert good.status == "retrying"

    def test_it_leaves_the_work_to_whoever_is_at_it(self, user):
        late = make_run(user, email=make_email(user), deadline_at=timezone.now() - dt.timedelta(seconds=1))
        with direct.connect(autocommit=False) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [reaper.TURN])
            assert rescue() == reaper.Rescued()

        assert rescue().expired == 1
        late.refresh_from_db()
        assert late.status == "failed"

    def test_it_waits_for_nobodys_lock(self, user):
        """An operator's transaction, say, that removes a user with all of their runs."""
        late = make_run(user, email=make_email(user), deadline_at=timezone.now() - dt.timedelta(seconds=1))
        lost = make_run(user, email=make_email(user))
        with direct.connect(autocommit=False) as other:
            other.execute("SELECT FROM runs_taskrun WHERE id = %s FOR UPDATE", [late.pk])
            rescued = rescue()

        assert rescued == reaper.Rescued(rung=1)
        lost.refresh_from_db()
        assert lost.queue_id

    def test_it_tells_when_the_connection_is_gone(self):
        def lose() -> int:
            connection.connection.close()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return 1

        with pytest.raises(OperationalError):
            reaper.transaction.atomic()(apart)(lose)
        connection.close()
