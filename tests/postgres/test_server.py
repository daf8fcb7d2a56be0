import fcntl
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from django.db import OperationalError

from mailai.postgres import server
from mailai.postgres.account import ACCOUNT, server_account
from mailai.postgres.initdb import SUPERUSER
from mailai.postgres.keeper import is_ready
from mailai.postgres.server import ensure_running

from .processes import wait_until_gone

BUSY_FOR_A_SECOND = b"""
    DO $$ DECLARE until timestamptz := clock_timestamp() + interval '1 second';
    BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$
"""


def test_it_is_one_server_however_many_processes_start_it_at_once(fresh, user):
    users = [user() for _ in range(4)]
    for each in users:
        each.ask()

    pids = {each.answer() for each in users}

    assert len(pids) == 1
    assert psutil.Process(pids.pop()).name() == "postgres"


def test_it_stops_when_the_last_process_has_left(user):
    first, last = user(), user()
    pid = first.connect()
    assert last.connect() == pid

    first.leave()
    assert last.connect() == pid
    last.leave()

    wait_until_gone(pid)


def test_it_stops_when_the_last_process_was_killed(user):
    only = user()
    pid = only.connect()

    only.kill()

    wait_until_gone(pid)


def test_it_stays_while_a_forked_child_uses_it(user):
    parent = user()
    pid = parent.connect()
    parent.ask("fork")
    child = psutil.Process(parent.answer())

    parent.process.kill()
    parent.process.wait()
    newcomer = user()
    assert newcomer.connect() == pid
    newcomer.leave()
    assert psutil.pid_exists(pid)

    child.kill()
    wait_until_gone(pid)


def test_it_is_started_again_after_kill_9(user):
    each = user()
    killed = each.connect()
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)

    restarted = each.connect()

    assert restarted != killed
    each.leave()
    wait_until_gone(restarted)


def test_it_is_started_again_when_its_keeper_was_killed_with_it(user):
    each = user()
    killed = each.connect()
    psutil.Process(killed).parent().kill()
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)

    assert each.connect() != killed


def test_it_waits_for_the_children_of_a_killed_server(folder, user):
    each = user()
    killed = each.connect()
    host = str(folder / "data")
    with closing(psycopg.connect(host=host, user=SUPERUSER, dbname="postgres")) as connection:
        busy = connection.info.backend_pid
        connection.pgconn.send_query(BUSY_FOR_A_SECOND)
        os.kill(killed, signal.SIGKILL)
        wait_until_gone(killed)
        assert psutil.pid_exists(busy)

        assert each.connect() != killed

        wait_until_gone(busy)
    assert "still in use" in (folder / "server.log").read_text()


def test_it_is_started_again_at_once_after_it_was_stopped(user):
    for _ in range(3):
        each = user()
        each.connect()
        each.leave()


def test_it_does_not_take_another_process_with_the_recorded_pid_for_the_server(folder, user):
    each = user()
    killed = each.connect()
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)
    pid_file = folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:], ""]))

    assert each.connect() not in (killed, os.getpid())


def test_it_survives_a_kill_in_the_middle_of_initdb(fresh, folder, user):
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18")

    assert user().connect()


def test_it_has_a_socket_although_the_path_is_too_long_for_one(tmp_path):
    folder = tmp_path / ("long" * 30)

    running = ensure_running(folder)

    assert not running.host.startswith(str(tmp_path))
    assert Path(running.host).stat().st_mode & 0o077 == 0
    with psycopg.connect(
        host=running.host, port=running.port, user=SUPERUSER, dbname="postgres"
    ) as connection:
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)


def test_it_compares_and_upper_cases_the_same_everywhere(folder):
    running = ensure_running(folder)

    with psycopg.connect(
        host=running.host, port=running.port, user=SUPERUSER, dbname="postgres"
    ) as connection:
        assert connection.execute("SELECT upper('größe')").fetchone() == ("GRÖßE",)


def test_it_costs_under_a_millisecond_of_the_processor_when_it_runs(folder):
    ensure_running(folder)

    started = time.process_time()
    for _ in range(100):
        ensure_running(folder)

    assert (time.process_time() - started) / 100 < 0.001


def test_it_says_in_one_line_why_it_cannot_start(folder, user):
    first = user()
    pid = first.connect()
    first.leave()
    wait_until_gone(pid)
    (folder / "data" / "PG_VERSION").write_text("11\n")

    with pytest.raises(OperationalError) as caught:
        ensure_running(folder)

    message = str(caught.value)
    assert "\n" not in message
    assert "incompatible with server" in message or "not compatible" in message
    assert str(folder / "server.log") in message
    assert "DATABASE_URL" in message


@pytest.mark.parametrize("lock", ["users.lock", "start.lock"])
def test_it_does_not_wait_for_ever_for_a_process_that_hangs(folder, lock, monkeypatch):
    monkeypatch.setattr(server, "START_TIMEOUT", 0.2)
    with (folder / lock).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OperationalError, match=lock):
            ensure_running(folder)


def test_it_says_that_the_folder_cannot_be_made(tmp_path):
    (tmp_path / "var").write_text("a file where a folder should be")

    with pytest.raises(OperationalError, match="did not start"):
        ensure_running(tmp_path / "var" / "postgres")


def test_it_gives_the_keeper_no_sign_from_an_earlier_server(tmp_path):
    pid_file = tmp_path / "postmaster.pid"
    assert not is_ready(pid_file, 7)
    pid_file.write_text("6\n/data\nready\n")
    assert not is_ready(pid_file, 7)
    pid_file.write_text("7\n/data\nstarting\n")
    assert not is_ready(pid_file, 7)
    pid_file.write_text("7\n/data\nready   \n")
    assert is_ready(pid_file, 7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account")
def test_it_lets_the_account_pass_but_not_list_the_folders_above(tmp_path):
    private = tmp_path / "private"
    (private / "postgres").mkdir(parents=True)
    private.chmod(0o700)

    account = server_account(private / "postgres")

    assert private.stat().st_mode & 0o777 == 0o701
    assert psutil.Process().username() != ACCOUNT
    assert account["user"] != 0
