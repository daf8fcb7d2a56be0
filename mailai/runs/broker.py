"""The queue: django-q2's table on Postgres, woken by LISTEN/NOTIFY instead of polled.

`enqueue` inserts and notifies in the caller's transaction, so a run and its queue row exist together or not at all.
`dequeue` takes rows for the workers that are free, in one statement by the database's clock (see lanes); with nothing
due it waits for a notification, for the next delayed row, or for POLL seconds, because a notification can be lost
with its connection.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import psycopg
from django import db
from django.db import connections
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task
from psycopg import sql

from mailai.postgres import direct
from mailai.postgres.patience import persistently
from mailai.runs.lanes import TAKE, TAKE_ONE, spans, take, take_one

logger = logging.getLogger(__name__)

POLL = 5.0  # seconds between looks at an idle queue
LEFT_OVER = 0.25  # seconds between looks while due rows wait for a cap, or are being taken by others
PERFORM = "mailai.runs.perform.perform"
PULSE = "MAILAI_PULSE"  # environment: the key of the rows that are for this cluster alone
SLICE = 1.0  # seconds until the pusher may look at its stop event
SHORTEST, LONGEST = 0.001, 0.02  # seconds between looks for a free worker
# On the listening connection. Compiling the statement takes longer than running it; how many lanes there are cannot be
# guessed, and the whole queue must never be read for a few of its rows; and a take that a crash of the server undoes is
# a ring that comes again, which does no harm, so no disk has to be waited for.
OFF = ("jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin", "synchronous_commit")

ENQUEUE = """
    INSERT INTO django_q_ormq (key, payload, lock)
    VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s))
    RETURNING id, pg_notify(%s, id::text)"""


class PostgresBroker(ORM):
    """django-q2's `broker_class`.

    `delay` seconds pass before what this instance enqueues is due. `queues` are those that it takes rings from, none
    meaning all. `free_workers` says how many rows can be worked on at once: no row is taken that would only wait here
    while another host is idle.
    """

    def __init__(self, list_key: str | None = None, delay: float = 0, queues: Iterable[str] = ()) -> None:
        super().__init__(list_key)
        self.delay = delay
        self.queues = tuple(queues)
        self.enqueued: int | None = None
        self.free_workers: Callable[[], int] = lambda: Conf.BULK
        self._connection: psycopg.Connection[Any] | None = None
        self._pid = 0
        self._look_at = 0.0
        self._rung: list[str] = []

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
        """Due rows for the free workers as (id, payload), locked for RETRY seconds; None if there are none for a
        SLICE."""
        try:
            free = self._room()
            if free:
                connection = self._listener()
                if self._wait(connection):
                    return self._take(connection, free)
        except (psycopg.OperationalError, db.OperationalError) as error:
            logger.warning("the queue lost its database connection and reconnects: %s", error)
            if self._connection is not None:
                self._connection.close()
            time.sleep(SLICE)  # noqa: TID251 - the database is away; there is nothing to wait on
        return None

    def delete(self, task_id: int) -> None:
        # Called in the monitor, which dies of what this raises, and with it the acknowledgements that wait there.
        persistently(partial(self._delete, task_id))

    def _delete(self, task_id: int) -> None:
        with connections[Conf.ORM].cursor() as cursor:  # one round trip; a queryset's delete takes three
            cursor.execute("DELETE FROM django_q_ormq WHERE id = %s", [task_id])

    def _room(self) -> int:
        """How many workers are free; waits for one for a SLICE at most."""
        give_up_at, pause = time.monotonic() + SLICE, SHORTEST
        while (free := self.free_workers()) <= 0 and time.monotonic() < give_up_at:
            self._look_at = 0.0  # what came in meanwhile was not looked for
            time.sleep(pause)  # noqa: TID251 - a lock to wait on would be lost with a worker that is killed
            pause = min(2 * pause, LONGEST)
        return max(free, 0)

    def _listener(self) -> psycopg.Connection[Any]:
        """The LISTEN connection, opened in the process that dequeues: the broker was made before the fork."""
        if self._connection is None or self._pid != os.getpid() or self._connection.closed:
            self._connection = direct.connect(Conf.ORM, prepare_threshold=0)
            for setting in OFF:
                self._connection.execute(sql.SQL("SET {} = off").format(sql.Identifier(setting)))
            # Planning takes longer than all else.
            self._connection.execute("SET plan_cache_mode = force_generic_plan")
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
        heard = connection.notifies(timeout=min(left, SLICE), stop_after=1)  # or more, if they come together
        self._rung = [notification.payload for notification in heard]
        return bool(self._rung) or time.monotonic() >= self._look_at

    def _take(self, connection: psycopg.Connection[Any], free: int) -> list[tuple[int, str]] | None:
        starts, stops = spans(self.list_key, self.queues, os.environ.get(PULSE))
        rung, self._rung = self._rung, []
        # Nothing is heard but while there is nothing to take: it is nobody else's turn.
        if len(rung) == 1 and rung[0].isdigit():
            one = take_one(int(rung[0]), Conf.RETRY, starts, stops)
            if rows := connection.execute(TAKE_ONE, one).fetchall():
                return self._readable(connection, rows)
        *rows, (_id, _payload, due_in, left_over) = connection.execute(
            TAKE, take(free, Conf.RETRY, starts, stops)
        ).fetchall()
        if len(rows) >= free or (rows and left_over):
            self._look_at = 0.0
        else:
            wait = LEFT_OVER if left_over else POLL
            self._look_at = time.monotonic() + (wait if due_in is None else min(due_in, wait))
        return self._readable(connection, rows)

    def _readable(
        self, connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]
    ) -> list[tuple[int, str]] | None:
        taken = sorted((row_id, payload) for row_id, payload, *_nothing in rows)
        return [row for row in taken if self._is_readable(connection, *row)] or None

    def _is_readable(self, connection: psycopg.Connection[Any], row_id: int, payload: str) -> bool:
        """Drops a payload that cannot be unpacked: of what that raises, the pusher survives a bad signature only."""
        try:
            return bool(SignedPackage.loads(payload)["func"])
        except Exception:
            logger.exception("the queue dropped row %s, which cannot be unpacked", row_id)
            connection.execute("DELETE FROM django_q_ormq WHERE id = %s", (row_id,))
            return False


def channel_of(key: str) -> str:
    """All lanes of one list key ring on one channel."""
    return f"django_q_{key.partition(':')[0]}"


def ring(run_id: str, hard_limit: int, lane: str, delay: float = 0) -> int:
    """Put one ring for a run into its lane, due in `delay` seconds, and return the queue row's id.

    The ring carries the run's id and nothing else. It may reach a worker twice or not at all.
    """
    broker = PostgresBroker(lane, delay=delay)
    enqueue(broker, run_id, hard_limit)
    if broker.enqueued is None:  # django-q2's sync mode never reaches a broker
        raise RuntimeError("the ring was not enqueued")
    return broker.enqueued


def enqueue(broker: PostgresBroker, run_id: str, hard_limit: int) -> None:
    async_task(PERFORM, run_id, timeout=hard_limit, broker=broker, task_name=run_id[:8])
