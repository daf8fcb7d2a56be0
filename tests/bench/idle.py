"""What a worker host without work costs the database: transactions per second."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg
from django.db import connection

from tests.bench.scene import DATABASE, say
from tests.bench.verdicts import Verdicts

FLUSH = 12.0  # seconds after which an idle connection has told its counts (10), and then some


def transactions_while_idle(seconds: float, verdicts: Verdicts) -> None:
    """Commits and rollbacks in the bench's database while nothing happens there but one worker host.

    Counted over a connection to another database, which so does not count itself; ours is closed. Autovacuum's own
    transactions are in it, some two a minute.
    """
    params = connection.get_connection_params()
    connection.close()
    place = {name: params[name] for name in ("host", "port", "user", "password") if params.get(name)}
    with closing(psycopg.connect(**place, dbname="postgres", autocommit=True)) as watcher:
        time.sleep(FLUSH)  # noqa: TID251 - until what was before has been told
        first, began = count(watcher), time.monotonic()
        time.sleep(seconds)  # noqa: TID251 - the measured time
        last, ended = count(watcher), time.monotonic()
    rate = (last - first) / (ended - began)
    say(f"idle: {last - first} transactions in {ended - began:.0f} s")
    verdicts.value("transactions of an idle worker host", "/s", rate, most=1.0)


def count(watcher: psycopg.Connection) -> int:
    query = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"
    row = watcher.execute(query, [DATABASE]).fetchone()
    assert row is not None
    return int(row[0])
