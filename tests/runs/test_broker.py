"""The queue on Postgres: transactional, woken by notifications, exact about what is due and whose it is."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q import core_signing
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.pusher import pusher
from django_q.signing import SignedPackage

from mailai.runs import broker as module
from mailai.runs.broker import PostgresBroker, ring
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PAYLOAD = SignedPackage.dumps({"func": "x", "args": ()})


@pytest.fixture
def broker() -> Iterator[PostgresBroker]:
    """One that listens and has seen that the queue is empty."""
    broker = PostgresBroker()
    assert broker.dequeue() is None
    yield broker
    broker._connection.close()


@pytest.fixture
def no_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever only looks again after a while never sees anything."""
    monkeypatch.setattr(module, "POLL", 3600.0)


def enqueue(payload: str = PAYLOAD, delay: float = 0) -> int:
    return PostgresBroker(delay=delay).enqueue(payload)


def next_of(broker: PostgresBroker) -> list[tuple[int, str]]:
    return wait_until(broker.dequeue)


class Waiting(threading.Thread):
    """Dequeues in the background, like a pusher, and notes when it got something."""

    def __init__(self, broker: PostgresBroker) -> None:
        super().__init__(daemon=True)
        self.broker = broker
        self.got: list[tuple[int, str]] = []
        self.at = 0.0
        self.start()

    def run(self) -> None:
        self.got = next_of(self.broker)
        self.at = time.monotonic()


def test_it_enqueues_in_the_callers_transaction(broker):
    with transaction.atomic():
        enqueue()
        assert broker.dequeue() is None
        transaction.set_rollback(True)

    assert not OrmQ.objects.exists()
    assert broker.dequeue() is None


def test_a_notification_wakes_it(broker, no_polls):
    for _ in range(3):
        waiting = Waiting(broker)
        with transaction.atomic():
            row = enqueue()
        waiting.join()
        assert waiting.got == [(row, PAYLOAD)]


def test_it_finds_what_was_enqueued_before_it_listened():
    row = enqueue()
    broker = PostgresBroker()

    assert broker.dequeue() == [(row, PAYLOAD)]

    broker._connection.close()


def test_it_finds_what_was_enqueued_while_it_looked_elsewhere(broker):
    first, second = enqueue(), enqueue()

    assert next_of(broker) == [(first, PAYLOAD)]
    assert broker.dequeue() == [(second, PAYLOAD)]
    assert broker.dequeue() is None


def test_it_gives_a_delayed_row_when_it_is_due_and_not_before(broker, no_polls):
    waiting = Waiting(broker)
    row = enqueue(delay=1.3)
    rung = time.monotonic()

    waiting.join()

    assert waiting.got == [(row, PAYLOAD)]
    assert waiting.at - rung >= 1.2  # although nothing notifies then


def test_it_gives_what_has_waited_longest_first(broker):
    rows = [enqueue(), enqueue(), enqueue()]
    OrmQ.objects.filter(pk=rows[1]).update(lock="2020-01-01T00:00:00Z")

    assert [next_of(broker)[0][0] for _ in rows] == [rows[1], rows[0], rows[2]]


def test_it_locks_what_it_gave_and_gives_it_again_when_the_lock_ends(broker):
    row = enqueue()
    assert next_of(broker) == [(row, PAYLOAD)]
    assert broker.dequeue() is None

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE django_q_ormq SET lock = lock - make_interval(secs => %s) RETURNING lock <= now()",
            [Conf.RETRY],
        )
        assert cursor.fetchone()[0]
    broker._look_at = 0.0  # as if POLL were over

    assert next_of(broker) == [(row, PAYLOAD)]


def test_it_gives_as_many_as_can_be_worked_on(broker):
    broker.free_workers = lambda: 3
    rows = [enqueue() for _ in range(10)]

    sets = [[row for row, _payload in next_of(broker)] for _ in range(4)]

    assert [len(each) for each in sets] == [3, 3, 3, 1]
    assert [row for each in sets for row in each] == rows


def test_it_takes_nothing_while_no_worker_is_free(broker):
    free = [0]
    broker.free_workers = lambda: free[0]
    row = enqueue()

    assert broker.dequeue() is None
    assert OrmQ.objects.get().lock <= timezone.now()  # another host may have it
    free[0] = 1

    assert broker.dequeue() == [(row, PAYLOAD)]


def test_it_never_gives_a_row_twice():
    rows = {enqueue() for _ in range(120)}
    together = threading.Barrier(4)

    def take(_number: int) -> list[int]:
        broker = PostgresBroker()
        together.wait(10)
        taken = []
        while got := broker.dequeue():
            taken += [row for row, _payload in got]
        broker._connection.close()
        connection.close()
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [row for each in pool.map(take, range(4)) for row in each]

    assert sorted(taken) == sorted(rows)


def test_it_comes_back_when_its_connection_is_cut(broker):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [broker._connection.info.backend_pid])

    waiting = Waiting(broker)
    row = enqueue()
    waiting.join()

    assert waiting.got == [(row, PAYLOAD)]


def test_it_listens_anew_in_a_process_that_was_forked(broker):
    first = broker._connection
    broker._pid -= 1  # as a child sees it

    row = enqueue()

    assert next_of(broker) == [(row, PAYLOAD)]
    assert broker._connection is not first
    first.close()


def test_it_acknowledges_on_a_connection_that_was_cut(broker):
    row = enqueue()
    connection.close_if_unusable_or_obsolete()
    with connection.copy().cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        cursor.connection.close()

    broker.acknowledge(row)

    assert not OrmQ.objects.exists()


class Missing:
    @staticmethod
    def dumps(_value: object) -> bytes:
        return b"cno.such.module\nThing\n."


BAD = {
    "tampered": PAYLOAD[:-1] + ("A" if PAYLOAD[-1] != "A" else "B"),
    "nonsense": "nonsense",
    "empty": "",
    "of a class that is gone": core_signing.dumps(
        {}, key=Conf.SECRET_KEY, salt=Conf.PREFIX, serializer=Missing
    ),
    "no task": SignedPackage.dumps(["func"]),
    "a task without a function": SignedPackage.dumps({"args": ()}),
}


@pytest.mark.parametrize("bad", BAD)
def test_it_drops_a_payload_that_cannot_be_worked_on_and_goes_on(bad, broker):
    enqueue(BAD[bad])
    good = enqueue()
    tasks: queue.Queue[dict[str, object]] = queue.Queue()
    stop = threading.Event()
    pushing = threading.Thread(target=pusher, args=(tasks, stop, broker), daemon=True)

    pushing.start()

    assert tasks.get(timeout=5)["ack_id"] == good
    stop.set()
    pushing.join(5)
    assert not pushing.is_alive()
    assert list(OrmQ.objects.values_list("pk", flat=True)) == [good]


def test_it_says_when_a_ring_was_not_enqueued(monkeypatch):
    monkeypatch.setattr(Conf, "SYNC", True)

    with pytest.raises(RuntimeError, match="not enqueued"):
        ring("00000000-0000-0000-0000-000000000000", 10, "mailai:default:1:")
