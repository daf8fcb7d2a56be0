"""Whose turn it is: users take turns, caps are kept without a worker waiting, queues are kept apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailai.runs.broker import OFF, PULSE, PostgresBroker, ring
from mailai.runs.claims import claim
from mailai.runs.lanes import TAKE, TAKE_ONE, spans, take
from mailai.runs.models import TaskRun
from mailai.runs.transitions import finish
from tests.factories import make_email, make_run, make_token, make_user
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
PAYLOAD = SignedPackage.dumps({"func": "x", "args": ()})
Take = Callable[..., list[TaskRun]]


@pytest.fixture
def taken() -> Iterator[Take]:
    """Dequeues once, for so many free workers, and gives the runs whose rings came."""
    with ExitStack() as stack:

        def dequeue(free: int = 1, *queues: str) -> list[TaskRun]:
            broker = PostgresBroker(queues=queues)
            broker.free_workers = lambda: free
            rows = broker.dequeue() or []
            stack.callback(broker._connection.close)
            runs = [SignedPackage.loads(payload)["args"][0] for _id, payload in rows]
            return [TaskRun.objects.get(pk=run) for run in runs]

        yield dequeue


def press(user: User, kind: str = "base", token=None) -> TaskRun:
    run, created = TaskRun.objects.start(user, kind, make_email(user), token)
    assert created
    return run


def test_a_single_press_comes_before_the_rest_of_a_bulk(user, stranger, taken):
    bulk = [press(user) for _ in range(10)]
    assert taken(2) == bulk[:2]
    for run in bulk[:2]:
        claim(str(run.pk))
    single = press(stranger)

    assert taken() == [single]
    claim(str(single.pk))
    assert taken(8) == bulk[2:]


def test_whoever_has_more_at_work_comes_later_though_they_waited_longer(user, stranger, taken):
    """Turns count what runs, and not only what waits: the second of one user is behind the first of another."""
    for _ in range(2):
        press(user)
        claim(str(taken()[0].pk))
    earlier, later = press(user), press(stranger)
    make_run(stranger, "optimize", "succeeded", email=make_email(stranger), started_at=timezone.now())

    assert taken() == [later]
    assert taken() == [earlier]


def test_users_take_turns_within_one_look(user, stranger, taken):
    bulk = [press(user) for _ in range(6)]
    other = [press(stranger) for _ in range(3)]
    third = press(make_user("third"))

    order = taken(6)

    assert set(order) == {*bulk[:2], *other[:2], third} | {bulk[2]}


def test_a_user_with_two_tokens_does_not_count_twice(user, stranger, taken):
    for token in (make_token(user), make_token(user)):
        for _ in range(3):
            press(user, token=token)
    singles = [press(stranger), press(stranger)]

    assert set(singles) <= set(taken(4))


def test_a_lane_keeps_its_order(user, taken):
    runs = [press(user) for _ in range(5)]

    assert [taken()[0] for _ in runs] == runs


def test_a_token_at_its_cap_is_passed_over(user, taken):
    narrow, wide = make_token(user, concurrency=2), make_token(user)
    capped = [press(user, token=narrow) for _ in range(4)]
    free = press(user, token=wide)

    assert set(taken(8)) == {*capped[:2], free}
    first = claim(str(capped[0].pk))
    claim(str(capped[1].pk))
    assert taken(8) == []
    finish(first, dict)

    assert taken(8) == [capped[2]]


def test_a_provider_at_its_cap_is_passed_over_for_all_users(user, stranger, taken, settings):
    settings.MAILAI_CONCURRENCY = {"ollama": 1}
    runs = [press(owner, token=make_token(owner, provider="ollama")) for owner in (user, stranger)]
    other = press(stranger, token=make_token(stranger))

    assert set(taken(8)) == {runs[0], other}
    claim(str(runs[0].pk))

    assert taken(8) == []


def test_two_hosts_that_took_the_last_place_at_once_do_not_both_get_it(user, settings):
    settings.MAILAI_CONCURRENCY = {"ollama": 2}
    token = make_token(user, provider="ollama", concurrency=3)
    runs = [press(user, token=token) for _ in range(6)]
    together = Barrier(6)

    def claim_at_once(run: TaskRun) -> TaskRun | None:
        together.wait(10)
        try:
            return claim(str(run.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        claimed = [run for run in pool.map(claim_at_once, runs) if run]

    assert len(claimed) == 2
    assert TaskRun.objects.filter(status="running").count() == 2
    for run in TaskRun.objects.filter(status="queued"):  # those that were turned away have a ring again
        assert OrmQ.objects.filter(pk=run.queue_id).exists()


def test_what_was_turned_away_comes_when_a_place_is_free(user, taken, settings):
    settings.MAILAI_CONCURRENCY = {"ollama": 1}
    token = make_token(user, provider="ollama")
    first, second = press(user, token=token), press(user, token=token)
    running = claim(str(first.pk))
    assert claim(str(second.pk)) is None
    OrmQ.objects.exclude(pk=TaskRun.objects.get(pk=second.pk).queue_id).delete()
    assert taken() == []

    finish(running, dict)

    assert taken() == [second]


class TestNamed:
    """A ring that a notification names, for a queue that was empty: it is taken by its id, if nothing forbids it."""

    @pytest.fixture
    def idle(self) -> Iterator[PostgresBroker]:
        broker = PostgresBroker(queues=["default"])
        assert broker.dequeue() is None
        yield broker
        broker._connection.close()

    @staticmethod
    def statements(broker: PostgresBroker) -> tuple[list[str], list[str]]:
        """The runs whose rings came, and with which statement."""
        asked: list[str] = []
        execute = broker._connection.execute

        def spy(query, *rest, **more):
            asked.append({TAKE: "all", TAKE_ONE: "one"}.get(query, "other"))
            return execute(query, *rest, **more)

        broker._connection.execute = spy
        try:
            rows = wait_until(lambda: broker.dequeue() or asked)
        finally:
            del broker._connection.execute
        taken = rows if rows is not asked else []
        return [SignedPackage.loads(payload)["args"][0] for _id, payload in taken], asked

    def test_it_is_taken_at_once(self, user, idle):
        run = press(user)

        assert self.statements(idle) == ([str(run.pk)], ["one"])

    def test_of_two_together_the_lanes_decide(self, user, stranger, idle):
        with transaction.atomic():
            first, _second = press(user), press(stranger)
        idle.free_workers = lambda: 1

        assert self.statements(idle) == ([str(first.pk)], ["all"])

    def test_a_token_at_its_cap_is_left_to_the_lanes(self, user, idle):
        token = make_token(user, concurrency=1)
        busy = make_run(user, email=make_email(user), token=token)
        assert claim(str(busy.pk))
        press(user, token=token)

        assert self.statements(idle) == ([], ["one", "all"])

    def test_a_provider_with_a_cap_is_left_to_the_lanes(self, user, settings, idle):
        token = make_token(user)
        settings.MAILAI_CONCURRENCY = {token.provider: 5}
        run = press(user, token=token)

        assert self.statements(idle) == ([str(run.pk)], ["one", "all"])

    def test_another_queues_ring_is_left(self, user, settings, idle):
        settings.MAILAI_QUEUES = {"base": "slow"}
        press(user)

        assert self.statements(idle) == ([], ["one", "all"])

    def test_what_is_not_due_is_left(self, user, idle):
        TaskRun.objects.start(user, "base", make_email(user), delay=30)

        assert self.statements(idle) == ([], ["one", "all"])

    def test_while_rings_wait_the_lanes_decide(self, user, stranger, idle):
        idle.free_workers = lambda: 1
        with transaction.atomic():
            press(user), press(user)
        self.statements(idle)
        press(stranger)

        assert self.statements(idle)[1] == ["all"]


def test_queues_are_kept_apart(user, taken, settings):
    settings.MAILAI_QUEUES = {"base": "bulk"}
    bulk, other = press(user), press(user, "reply")

    assert taken(8, "slow") == []
    assert taken(8, "bulk") == [bulk]
    assert taken(8, "bulk", "default") == [other]


def test_a_worker_of_all_queues_takes_from_all(user, taken, settings):
    settings.MAILAI_QUEUES = {"base": "bulk", "optimize": "slow"}
    runs = [press(user, kind) for kind in ("base", "optimize", "reply")]

    assert set(taken(8)) == set(runs)


def test_a_pulse_comes_before_everything_and_only_to_its_cluster(user, monkeypatch):
    press(user)
    PostgresBroker("pulse.other").enqueue(PAYLOAD)
    own = PostgresBroker("pulse.own").enqueue(PAYLOAD)
    monkeypatch.setenv(PULSE, "pulse.own")
    broker = PostgresBroker()

    assert broker.dequeue() == [(own, PAYLOAD)]

    broker._connection.close()


def test_a_key_that_names_no_user_is_worked_on_all_the_same(taken):
    for key in ("mailai", "mailai:", "mailai:default:x:y", "mailai:a:b:c:d", "mailai:default:7:999"):
        ring("00000000-0000-0000-0000-000000000000", 10, key)

    broker = PostgresBroker()
    broker.free_workers = lambda: 8

    assert len(broker.dequeue() or []) == 5
    broker._connection.close()


def test_it_reads_from_indexes_however_much_waits(user):
    for _ in range(3):
        make_run(user, status="running", email=make_email(user))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_q_ormq (key, payload, lock)"
            " SELECT 'mailai:default:' || n % 40 || ':', 'x', now() + make_interval(secs => n - 10000)"
            " FROM generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE django_q_ormq")
        for setting in OFF:
            cursor.execute(f"SET LOCAL {setting} = off")
        cursor.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {TAKE}", take(4, 60, *spans("mailai", (), None))
        )
        plan = cursor.fetchone()[0][0]["Plan"]

    assert "Seq Scan on django_q_ormq" not in str(plan)
    read = [node for node in nodes(plan) if node.get("Relation Name") == "django_q_ormq"]
    assert read
    for node in read:
        assert node["Node Type"] != "Seq Scan"
        assert node["Actual Rows"] <= 12  # a look at a lane stops after what is wanted and a few to spare


def nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)
