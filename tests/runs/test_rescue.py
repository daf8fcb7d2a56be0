"""No run is stuck: leases end, deadlines pass, lost rings ring again; also with no worker anywhere."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from mailai.ai.errors import AIError
from mailai.runs import rescue as reaper
from mailai.runs import rings
from mailai.runs.broker import PERFORM, PostgresBroker
from mailai.runs.claims import claim
from mailai.runs.models import TaskRun
from mailai.runs.pulse import BEAT
from mailai.runs.rescue import end_leases, rescue, rescue_one, ring_again
from mailai.runs.rings import remove_left_over
from mailai.runs.transitions import cancel, fail, hurry
from tests.factories import make_email, make_run

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(seconds=seconds)


def again(run: TaskRun) -> TaskRun:
    return TaskRun.objects.get(pk=run.pk)


class TestLeases:
    def test_it_retries_a_run_whose_worker_is_gone(self, user, email):
        run = make_run(user, status="running", email=email, lease_until=ago(1))

        assert end_leases() == 1

        assert (again(run).status, again(run).error_code) == ("retrying", "worker_lost")
        assert OrmQ.objects.filter(pk=again(run).queue_id).exists()

    def test_it_leaves_a_lease_that_holds(self, user, email):
        make_run(user, status="running", email=email)

        assert end_leases() == 0

    def test_it_gives_up_on_a_run_that_kills_every_worker(self, user, email):
        run = make_run(user, email=email)
        for attempt in range(1, 5):
            assert claim(str(run.pk)).attempt == attempt
            TaskRun.objects.filter(pk=run.pk).update(lease_until=ago(1))
            assert end_leases() == 1
            TaskRun.objects.filter(pk=run.pk).update(run_at=ago(0))

        assert claim(str(run.pk)) is None
        assert (again(run).status, again(run).error_code) == ("failed", "worker_lost")

    def test_it_ends_many_in_bounded_batches(self, user, monkeypatch):
        monkeypatch.setattr(reaper, "BATCH", 2)
        for _ in range(3):
            make_run(user, status="running", email=make_email(user), lease_until=ago(1))

        assert [end_leases(), end_leases(), end_leases()] == [2, 1, 0]


class TestRings:
    @pytest.mark.parametrize("status", ["queued", "retrying"])
    def test_it_rings_for_a_due_run_whose_ring_is_gone(self, status, user, email):
        run = make_run(user, status=status, email=email, run_at=ago(1), queue_id=12345)

        assert ring_again() == 1

        assert OrmQ.objects.get().pk == again(run).queue_id
        assert ring_again() == 0

    @pytest.mark.parametrize("status", ["running", "succeeded", "failed", "cancelled"])
    def test_it_does_not_ring_for_what_does_not_wait(self, status, user, email):
        make_run(user, status=status, email=email)

        assert ring_again() == 0

    def test_it_rings_for_a_run_whose_ring_is_lost_while_others_wait(self, user, stranger, token):
        others = [TaskRun.objects.start(owner, "base", make_email(owner))[0] for owner in (user, stranger)]
        lost, _created = TaskRun.objects.start(user, "base", make_email(user), token)
        OrmQ.objects.filter(pk=lost.queue_id).delete()

        assert ring_again() == 1

        assert OrmQ.objects.filter(pk=again(lost).queue_id).exists()
        assert [again(other).queue_id for other in others] == [other.queue_id for other in others]

    def test_it_does_not_ring_before_a_retry_is_due(self, user, email):
        make_run(user, status="retrying", email=email)

        assert ring_again() == 0

    def test_it_leaves_a_ring_that_nobody_has_taken_yet(self, user, email, token):
        TaskRun.objects.start(user, "base", email, token)
        OrmQ.objects.update(lock=ago(600))

        assert ring_again() == 0

    def test_it_leaves_a_ring_that_was_delivered_just_now(self, user, email, token):
        TaskRun.objects.start(user, "base", email, token)
        OrmQ.objects.update(lock=ago(5 - Conf.RETRY))

        assert ring_again() == 0

    def test_it_rings_for_a_run_whose_ring_lies_with_a_dead_cluster(self, user, email, token):
        run, _created = TaskRun.objects.start(user, "base", email, token)
        OrmQ.objects.update(lock=ago(31 - Conf.RETRY))

        assert ring_again() == 1

        assert again(run).queue_id != run.queue_id
        assert ring_again() == 0


class TestRound:
    def test_it_does_all_of_it(self, user):
        lost = make_run(user, status="running", email=make_email(user), lease_until=ago(1))
        late = make_run(user, email=make_email(user), deadline_at=ago(1))
        silent = make_run(user, email=make_email(user))

        assert rescue() == reaper.Rescued(leases=1, expired=1, rung=1)

        assert [again(run).status for run in (lost, late, silent)] == ["retrying", "failed", "queued"]
        assert rescue() == reaper.Rescued(leases=0, expired=0, rung=0)

    def test_it_has_little_to_ask_when_nothing_is_wrong(self, user, django_assert_max_num_queries):
        make_run(user, status="running", email=make_email(user))

        with django_assert_max_num_queries(20):  # most of them savepoints, all of them one transaction
            rescue()


class TestLeftOver:
    """Rings that nobody waits for any more."""

    def test_it_removes_the_ring_of_a_run_that_has_ended(self, user, email, token):
        run, _created = TaskRun.objects.start(user, "base", email, token)
        cancel(run)

        assert remove_left_over() == 1
        assert not OrmQ.objects.exists()

    def test_it_removes_a_ring_that_another_replaced(self, user, email):
        run = make_run(user, status="retrying", email=email)
        TaskRun.objects.filter(pk=run.pk).update(queue_id=run.ring(60))
        hurry(run)
        assert OrmQ.objects.count() == 2

        assert remove_left_over() == 1
        assert OrmQ.objects.get().pk == again(run).queue_id

    def test_it_removes_the_rings_of_a_user_who_is_gone(self, user, email, token):
        TaskRun.objects.start(user, "base", email, token)
        user.delete()

        assert rescue().silenced == 1

    @pytest.mark.parametrize("status", ["queued", "running", "retrying"])
    def test_it_leaves_the_ring_of_an_active_run(self, status, user, email):
        run = make_run(user, status=status, email=email)
        TaskRun.objects.filter(pk=run.pk).update(queue_id=run.ring())

        assert remove_left_over() == 0
        assert OrmQ.objects.exists()

    def test_it_leaves_the_ring_of_a_retry_that_is_not_due(self, user, email, token):
        run, _created = TaskRun.objects.start(user, "base", email, token)
        fail(claim(str(run.pk)), AIError("overloaded"))
        old, new = OrmQ.objects.order_by("pk")
        assert (new.pk, new.lock > timezone.now()) == (again(run).queue_id, True)

        assert remove_left_over() == 1

        assert OrmQ.objects.get() == new
        assert old.pk < new.pk

    def test_it_leaves_what_is_no_ring(self, monkeypatch):
        async_task("math.sqrt", 4, broker=PostgresBroker())
        async_task(BEAT, broker=PostgresBroker("pulse.x"))
        OrmQ.objects.create(key="mailai", payload="not ours", lock=timezone.now())
        OrmQ.objects.create(
            key="mailaix", payload=SignedPackage.dumps({"func": PERFORM}), lock=timezone.now()
        )

        assert remove_left_over() == 0
        assert OrmQ.objects.count() == 4

    def test_it_knows_rings_of_every_queue(self):
        payload = SignedPackage.dumps({"func": PERFORM})
        OrmQ.objects.create(key="mailai:slow:1:2", payload=payload, lock=timezone.now())

        assert remove_left_over() == 1

    def test_it_gets_past_what_it_leaves(self, monkeypatch):
        monkeypatch.setattr(rings, "BATCH", 2)
        for number in range(3):
            OrmQ.objects.create(
                key="mailai", payload=SignedPackage.dumps({"func": PERFORM}), lock=ago(number)
            )

        assert [remove_left_over() for _ in range(3)] == [2, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_it_never_takes_a_ring_that_is_being_put(user, email, token):
    """Neither before its transaction ends, where nobody else sees it, nor after, where its run names it."""

    def sweep() -> int:
        try:
            return remove_left_over()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            run, _created = TaskRun.objects.start(user, "base", email, token)
            assert pool.submit(sweep).result(5) == 0
        assert pool.submit(sweep).result(5) == 0
    assert OrmQ.objects.get().pk == run.queue_id


class TestWithoutAWorker:
    def test_it_expires_when_somebody_looks(self, logged_in, user, email):
        run = make_run(user, email=email, deadline_at=ago(1))

        answer = logged_in.get(reverse("run-status", args=[run.pk])).json()

        assert answer["status"] == "FAILURE"
        assert "worker" in answer["error"]
        assert (again(run).status, again(run).error_code) == ("failed", "expired")

    def test_it_ends_a_lease_when_somebody_looks(self, logged_in, user, email):
        run = make_run(user, status="running", email=email, lease_until=ago(1))

        assert logged_in.get(reverse("run-status", args=[run.pk])).json()["status"] == "RETRY"

    def test_it_touches_only_the_run_that_is_looked_at(self, user, email):
        other = make_run(user, email=make_email(user), deadline_at=ago(1))

        rescue_one(make_run(user, email=email, deadline_at=ago(1)))

        assert again(other).status == "queued"

    def test_it_asks_nothing_about_a_run_that_is_in_time(self, user, email, django_assert_num_queries):
        run = make_run(user, email=email)

        with django_assert_num_queries(0):
            assert rescue_one(run) is run


@pytest.mark.django_db(transaction=True)
def test_it_passes_over_what_another_reaper_is_at(user, email):
    run = make_run(user, status="running", email=email, lease_until=ago(1))

    def second() -> int:
        try:
            return end_leases()
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        TaskRun.objects.select_for_update().get(pk=run.pk)
        assert pool.submit(second).result(5) == 0
    assert end_leases() == 1


def test_it_is_not_stopped_by_a_run_of_a_kind_that_it_does_not_know(user):
    """As another version leaves behind: the worker that had it is gone, and a waiting one has no work here."""
    lost = make_run(user, "unheard_of", "running", lease_until=ago(1))
    waiting = make_run(user, "unheard_of", "queued", deadline_at=ago(1))

    rescue()

    lost.refresh_from_db()
    waiting.refresh_from_db()
    assert (lost.status, lost.error_code) == ("failed", "worker_lost")
    assert (waiting.status, waiting.error_code) == ("failed", "expired")
