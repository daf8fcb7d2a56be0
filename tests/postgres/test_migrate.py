"""An update beside a site that is being used: who migrates, who waits, and who sees that it has not happened yet."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
)
from django.test import Client

from mailai import health
from mailai.postgres import direct
from mailai.postgres.management.commands import migrate as module
from mailai.postgres.pending import check_pending, on_disk, pending
from mailai.runs.hosts import Presence, WorkerHost
from tests.processes import Worker, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
LATEST = ("appearance", "0002_defaults")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(module, "PAUSE", 0.01)


@pytest.fixture
def behind(db: None) -> Iterator[None]:
    """The database has not had one of the migrations."""
    call_command("migrate", "appearance", "0001", verbosity=0)
    yield
    call_command("migrate", "appearance", verbosity=0)


def pending_now() -> list[str]:
    with direct.connect() as link:
        return pending(link)


def migrate() -> str:
    """What it told of waiting."""
    told = StringIO()
    try:
        call_command("migrate", "appearance", verbosity=0, stderr=told)
    finally:
        connection.close()
    return told.getvalue()


class TestMigrate:
    def test_it_lets_others_pass_while_a_table_is_in_use(self, quick, behind):
        with ThreadPoolExecutor(1) as pool, direct.connect(autocommit=False) as reader:
            reader.execute("SELECT count(*) FROM appearance_appearance")
            migrating = pool.submit(migrate)
            wait_until(lambda: waited() or migrating.done())
            with (
                direct.connect() as other
            ):  # waits behind the migration for a moment, not until the reader is done
                other.execute("SET statement_timeout = '5s'")
                other.execute("SELECT count(*) FROM appearance_appearance")
            assert not migrating.done()
            reader.rollback()
            told = migrating.result(20)

        assert "A table is in use" in told
        assert pending_now() == []

    def test_it_gives_up_and_says_what_to_look_for(self, quick, behind, monkeypatch):
        monkeypatch.setattr(module, "TRIES", 2)
        with direct.connect(autocommit=False) as reader:
            reader.execute("SELECT count(*) FROM appearance_appearance")

            with pytest.raises(CommandError, match="pg_stat_activity"):
                migrate()

    def test_it_waits_for_another_host_that_migrates(self, quick, behind):
        told = StringIO()

        def second() -> None:
            try:
                call_command("migrate", "appearance", verbosity=0, stderr=told)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with direct.connect() as first:
                first.execute("SELECT pg_advisory_lock(%s)", [module.TURN])
                waiting = pool.submit(second)
                wait_until(lambda: "Another host" in told.getvalue())
                assert pending_now() == [".".join(LATEST)]
            waiting.result(20)

        assert told.getvalue().count("Another host") == 1
        assert pending_now() == []

    def test_it_removes_an_index_that_was_broken_off(self, behind):
        with direct.connect() as link:
            link.execute("CREATE TABLE twice (n int)")
            try:
                link.execute("INSERT INTO twice VALUES (1), (1)")
                with pytest.raises(Exception, match="could not create unique index"):
                    link.execute("CREATE UNIQUE INDEX CONCURRENTLY broken_off ON twice (n)")

                migrate()

                assert link.execute("SELECT to_regclass('broken_off')").fetchone() == (None,)
            finally:
                link.execute("DROP TABLE twice")

    def test_it_leaves_no_time_limit_behind(self):
        call_command("migrate", "appearance", verbosity=0)

        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("0",)


def waited() -> bool:
    with direct.connect() as link:
        row = link.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(row and row[0])


class TestPending:
    def test_nothing_is_where_all_was_applied(self):
        assert pending_now() == []
        assert LATEST in on_disk()
        assert check_pending(databases=["default"]) == []

    def test_the_check_names_what_is_missing(self, behind):
        (told,) = check_pending(databases=["default"])

        assert (told.id, "appearance.0002_defaults" in told.msg) == ("mailai.W021", True)
        assert check_pending() == []  # only where a database may be asked

    def test_migrate_does_not_warn_of_itself(self, behind):
        told = StringIO()

        call_command("migrate", "appearance", verbosity=0, stderr=told, skip_checks=False)

        assert told.getvalue() == ""

    def test_a_monitor_sees_it_until_it_is_done(self, monkeypatch, settings):
        monkeypatch.setattr(health, "REMEMBERED", -1.0)
        settings.WHITENOISE_USE_FINDERS = False
        Presence().tell()
        call_command("migrate", "appearance", "0001", verbosity=0)
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "migrations_pending"})
        assert Client().get("/healthz").status_code == 200

        call_command("migrate", "appearance", verbosity=0)

        assert Client().get("/readyz").status_code == 200

    def test_a_database_that_is_ahead_is_well(self, monkeypatch, settings):
        """As it is for every host of the version before, while an update is under way."""
        monkeypatch.setattr(health, "REMEMBERED", -1.0)
        settings.WHITENOISE_USE_FINDERS = False
        Presence().tell()
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('runs', '9999_later', now())"
            )
        try:
            assert pending_now() == []
            assert Client().get("/readyz").status_code == 200
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM django_migrations WHERE name = '9999_later'")

    def test_a_new_database_has_had_nothing(self):
        with direct.connect(autocommit=False) as link:
            link.execute("ALTER TABLE django_migrations RENAME TO elsewhere")

            assert len(pending(link)) == len(on_disk())

            link.rollback()

    def test_a_worker_waits_for_it_and_says_so_once(self, tmp_path: Path, behind: Any):
        running = Worker(tmp_path / "log")
        try:
            wait_until(lambda: "manage.py migrate" in running.said)
            assert running.cluster() is None
            assert not WorkerHost.objects.exists()

            call_command("migrate", "appearance", verbosity=0)

            wait_until(running.listens)
            assert running.said.count("manage.py migrate") == 1
        finally:
            running.end()

    def test_a_worker_that_waits_can_be_told_to_end(self, tmp_path: Path, behind: Any):
        running = Worker(tmp_path / "log")
        try:
            wait_until(lambda: "manage.py migrate" in running.said)

            running.popen.send_signal(signal.SIGTERM)

            assert running.popen.wait(10) == 0
        finally:
            running.end()


# Before they were made for sites that are being used.
OLD = {"emails": 12, "ai": 3, "runs": 10, "replies": 3, "appearance": 1, "mailai_postgres": 99}
CHANGING = (
    AddField,
    AlterField,
    RemoveField,
    RenameField,
    AddIndex,
    AddConstraint,
    RemoveConstraint,
    RemoveIndex,
)


def test_no_migration_keeps_several_tables_at_a_time():
    """Whoever reads one of them then waits for another, while the migration waits for theirs."""
    breaches = []
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app not in OLD or int(name[:4]) <= OLD[app]:
            continue
        tables = {
            operation.model_name for operation in migration.operations if isinstance(operation, CHANGING)
        }
        if migration.atomic and len(tables) > 1:
            breaches.append(f"{app} {name}: {sorted(tables)}")
    assert not breaches, "set `atomic = False`, or make one for each table"
