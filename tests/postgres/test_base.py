import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import ConnectionHandler, OperationalError, connections
from django.db.backends.base.base import NO_DB_ALIAS

from mailai.postgres.server import ensure_running

from .processes import wait_until_gone

BACKEND = "SELECT pg_backend_pid()"


@pytest.fixture
def connect(folder, django_db_blocker):
    """Connections to a server in a folder where nothing is yet."""
    handlers = []

    def open_connection(**extra):
        settings = {"ENGINE": "mailai.postgres", "EMBEDDED_DATA": str(folder), "NAME": "fresh", **extra}
        handlers.append(ConnectionHandler({"default": settings}))
        return handlers[-1]["default"]

    with django_db_blocker.unblock():
        yield open_connection
    for handler in handlers:
        handler["default"].close()
        handler["default"].close_pool()


def ask(connection, question="SELECT current_database()"):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def test_it_creates_the_database_when_it_is_missing(connect):
    assert ask(connect()) == "fresh"
    assert ask(connect(NAME='second "name"')) == 'second "name"'


def test_it_reconnects_after_kill_9(connect, folder):
    connection = connect()
    ask(connection)
    killed = ensure_running(folder).pid
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)

    connection.close()

    assert ask(connection) == "fresh"


@pytest.fixture
def pooled(connect):
    return connect(OPTIONS={"pool": {"min_size": 1, "max_size": 1, "timeout": 10}})


def test_it_reconnects_after_kill_9_with_a_pool(pooled, folder):
    assert ask(pooled) == "fresh"
    killed = ensure_running(folder).pid
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)
    with pytest.raises(OperationalError):
        ask(pooled)

    pooled.close()

    assert ask(pooled) == "fresh"


def test_it_takes_no_connection_from_the_pool_that_the_server_ended_meanwhile(connect, pooled):
    ended = ask(pooled, BACKEND)
    pooled.close()
    with connect().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])

    assert ask(pooled, BACKEND) != ended


def test_it_keeps_a_connection_on_which_the_server_only_told_something(connect, pooled):
    kept = ask(pooled, BACKEND)
    with pooled.cursor() as cursor:
        cursor.execute("LISTEN news")
    pooled.close()
    with connect().cursor() as other:
        other.execute("NOTIFY news")

    assert ask(pooled, BACKEND) == kept


def test_it_creates_and_drops_a_database_for_the_test_runner(connect):
    connection = connect()

    connection.creation._create_test_db(verbosity=0, autoclobber=True)
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = 'test_fresh'")
        assert cursor.fetchone()[0] == 1
        assert cursor.db.alias == NO_DB_ALIAS
    connection.creation._destroy_test_db("test_fresh", verbosity=0)

    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = 'test_fresh'")
        assert cursor.fetchone()[0] == 0


def test_it_opens_a_shell_on_a_server_that_does_not_run_yet(folder):
    environment = {**os.environ, "MAILAI_VAR": str(folder.parent), "DATABASE_URL": ""}
    shell = [sys.executable, "-m", "django", "dbshell", "--", "-Atc", "SELECT current_database()"]

    answer = subprocess.run(
        shell,
        env={**environment, "DJANGO_SETTINGS_MODULE": "mailai.settings"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (answer.stdout, answer.stderr) == ("mailai\n", "")


@pytest.mark.django_db(transaction=True)
def test_a_change_of_tables_gives_way_before_a_deadlock_is_looked_for():
    with connections["default"].schema_editor(atomic=True):
        within = ask(connections["default"], "SHOW lock_timeout")

    assert (within, ask(connections["default"], "SHOW deadlock_timeout")) == ("900ms", "1s")
    assert ask(connections["default"], "SHOW lock_timeout") == "0"
