"""The queue: django-q2's table on Postgres, woken by LISTEN/NOTIFY instead of polled.

`enqueue` inserts and notifies in the caller's transaction, so a run and its queue row exist together or not at all.
`dequeue` claims in one statement by the database's clock; with nothing due it waits for a notification, for the next
delayed row, or for POLL seconds, because a notification can be lost with its connection.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

import psycopg
from django import db
from django.db import connections, transaction
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task
from psycopg import sql

logger = logging.getLogger(__name__)

POLL = 5.0  # seconds between looks at an idle queue
PERFORM = "mailai.runs.perform.perform"
PULSE = "MAILAI_PULSE"  # environment: the key of the rows that are for this cluster alone
SLICE = 1.0  # seconds until the pusher may look at its stop event

ENQUEUE = """
    WITH added AS (
        INSERT INTO django_q_ormq (key, payload, lock)
        VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s)) RETURNING id
    )
    SELECT id, pg_notify(%s, '') FROM added"""
# ANY(ARRAY(…)), not IN (…): the planner may run an IN subquery again and so claim more than LIMIT.
CLAIM = """
    UPDATE django_q_ormq SET lock = now() + make_interval(secs => %s)
    WHERE id = ANY(ARRAY(
        SELECT id FROM django_q_ormq WHERE key = %s AND lock <= now() ORDER BY lock, id LIMIT %s FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, payload"""
NEXT_DUE = (
    "SELECT extract(epoch FROM min(lock) - now())::float FROM django_q_ormq WHERE key = %s AND lock > now()"
)


class PostgresBroker(ORM):
    """django-q2's `broker_class`. `delay` seconds pass before what this instance enqueues is due."""

    def __init__(self, list_key: str | None = None, delay: float = 0) -> None:
        super().__init__(list_key)
        self.delay = delay
        self.enqueued: int | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._pid = 0
        self._look_at = 0.0

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        # The stock broker closes the caller's old connections here, at every enqueue.
        return OrmQ.objects.using(Conf.ORM)

    def enqueue(self, task: str) -> int:
        with connections[Conf.ORM].cursor() as cursor:
            cursor.execute(ENQUEUE, (self.list_key, task, self.delay, channel_of(self.list_key)))
            self.enqueued = cursor.fetchone()[0]
        return self.enqueued

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Up to BULK due rows as (id, payload), locked for RETRY seconds; None if none is due within SLICE."""
        try:
            connection = self._listener()
            if self._wait(connection):
                return self._claim(connection)
        except (psycopg.OperationalError, db.OperationalError):
            logger.warning("the queue lost its database connection and reconnects", exc_info=True)
            if self._connection is not None:
                self._connection.close()
            time.sleep(SLICE)  # noqa: TID251 - the database is away; there is nothing to wait on
        return None

    def delete(self, task_id: int) -> None:
        # Called in the monitor, which must not keep a dead connection.
        if transaction.get_autocommit(using=Conf.ORM):
            db.close_old_connections()
        super().delete(task_id)

    def _listener(self) -> psycopg.Connection[Any]:
        """The LISTEN connection, opened in the process that dequeues: the broker was made before the fork."""
        if self._connection is None or self._pid != os.getpid() or self._connection.closed:
            params = connections[Conf.ORM].get_connection_params()
            params = {key: value for key, value in params.items() if key not in {"cursor_factory", "context"}}
            self._connection = psycopg.connect(**{**params, "autocommit": True, "prepare_threshold": 0})
            for key in filter(None, (self.list_key, os.environ.get(PULSE))):
                self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel_of(key))))
            self._pid = os.getpid()
            self._look_at = 0.0  # LISTEN first, then look: what came in between is found by looking
        return self._connection

    def _wait(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether it is time to look at the table; waits for that one SLICE at most."""
        left = self._look_at - time.monotonic()
        if left <= 0:
            return True
        notified = any(True for _ in connection.notifies(timeout=min(left, SLICE), stop_after=1))
        return notified or time.monotonic() >= self._look_at

    def _claim(self, connection: psycopg.Connection[Any]) -> list[tuple[int, str]] | None:
        if own := os.environ.get(PULSE):
            rows = connection.execute(CLAIM, (Conf.RETRY, own, 1)).fetchall()
            if rows:
                return rows
        rows = connection.execute(CLAIM, (Conf.RETRY, self.list_key, Conf.BULK)).fetchall()
        if len(rows) >= Conf.BULK:
            self._look_at = 0.0
        else:
            due = connection.execute(NEXT_DUE, (self.list_key,)).fetchone()
            wait = POLL if due is None or due[0] is None else min(due[0], POLL)
            self._look_at = time.monotonic() + wait
        return [row for row in sorted(rows) if self._is_readable(connection, *row)] or None

    def _is_readable(self, connection: psycopg.Connection[Any], row_id: int, payload: str) -> bool:
        """Drops a payload that cannot be unpacked: of what that raises, the pusher survives a bad signature only."""
        try:
            return bool(SignedPackage.loads(payload)["func"])
        except Exception:
            logger.exception("the queue dropped row %s, which cannot be unpacked", row_id)
            connection.execute("DELETE FROM django_q_ormq WHERE id = %s", (row_id,))
            return False


def channel_of(key: str) -> str:
    return f"django_q_{key}"


def ring(run_id: str, hard_limit: int, delay: float = 0) -> int:
    """Put one ring for a run into the queue, due in `delay` seconds, and return the queue row's id.

    The ring carries the run's id and nothing else. It may reach a worker twice or not at all.
    """
    broker = PostgresBroker(delay=delay)
    async_task(PERFORM, run_id, timeout=hard_limit, broker=broker, task_name=run_id[:8])
    if broker.enqueued is None:  # django-q2's sync mode never reaches a broker
        raise RuntimeError("the ring was not enqueued")
    return broker.enqueued
