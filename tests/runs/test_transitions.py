"""Every change of a run's status, and the fence that keeps out whoever is no longer in charge."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection
from django.db.models import Q
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from emails.models import Analysis
from mailai.ai.errors import AIError
from mailai.runs.claims import claim
from mailai.runs.models import ACTIVE, TERMINAL, TaskRun
from mailai.runs.transitions import Lost, advance, backoff, cancel, expire, fail, finish, hurry
from tests.factories import make_analysis, make_run

pytestmark = pytest.mark.django_db
PAST = dt.timedelta(seconds=-1)
BUSY = AIError("overloaded", "HTTP 503")


def again(run: TaskRun) -> TaskRun:
    return TaskRun.objects.get(pk=run.pk)


def result() -> dict[str, str]:
    return {"status": "success"}


def in_charge(user, email, **fields) -> TaskRun:
    """A run that a worker has just claimed."""
    claimed = claim(str(make_run(user, email=email, **fields).pk))
    assert claimed is not None
    return claimed


def taken_over(run: TaskRun) -> TaskRun:
    """The same run in the hands of another worker, after the first one's lease ended."""
    TaskRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() + PAST)
    fail(again(run), AIError("worker_lost"))
    TaskRun.objects.filter(pk=run.pk).update(run_at=Now())
    other = claim(str(run.pk))
    assert other is not None
    return other


class TestClaim:
    def test_it_makes_a_queued_run_its_own(self, user, email, token, settings):
        settings.MAILAI_LEASE_MARGIN = 7
        run = make_run(user, email=email, token=token, partial="old")

        claimed = claim(str(run.pk))

        saved = again(run)
        assert (claimed.pk, claimed.status, claimed.attempt) == (run.pk, "running", 1)
        assert (saved.status, saved.attempt, saved.message, saved.partial) == ("running", 1, "reading", "")
        lease = (saved.lease_until - timezone.now()).total_seconds()
        assert 120 < lease <= 127
        assert saved.started_at is not None

    def test_it_keeps_the_time_of_the_first_start(self, user, email):
        first = in_charge(user, email)
        began = again(first).started_at

        assert again(taken_over(first)).started_at == began

    def test_it_takes_a_retry_that_is_due(self, user, email):
        run = make_run(user, status="retrying", email=email, run_at=timezone.now() + PAST)

        claimed = claim(str(run.pk))

        assert (claimed.attempt, again(run).error_code) == (2, "")

    def test_it_leaves_a_retry_that_is_not_due(self, user, email):
        assert claim(str(make_run(user, status="retrying", email=email).pk)) is None

    def test_it_takes_a_run_of_a_host_whose_clock_is_ahead(self, user, email):
        run = make_run(user, email=email, run_at=timezone.now() + dt.timedelta(seconds=20))

        assert claim(str(run.pk)) is not None

    def test_it_takes_a_run_once_however_often_it_rings(self, user, email):
        run = make_run(user, email=email)

        assert [claim(str(run.pk)) is not None for _ in range(3)] == [True, False, False]
        assert again(run).attempt == 1

    @pytest.mark.parametrize("status", TERMINAL)
    def test_it_leaves_what_has_ended(self, status, user, email):
        assert claim(str(make_run(user, status=status, email=email).pk)) is None

    def test_it_leaves_what_is_past_its_deadline(self, user, email):
        assert claim(str(make_run(user, email=email, deadline_at=timezone.now() + PAST).pk)) is None

    def test_it_leaves_what_has_no_attempt_left(self, user, email):
        assert claim(str(make_run(user, email=email, attempt=4, max_attempts=4).pk)) is None

    def test_it_leaves_what_is_gone(self, user, email):
        run = make_run(user, email=email)
        run_id = str(run.pk)
        run.delete()

        assert claim(run_id) is None

    def test_it_is_one_statement(self, user, email, token):
        run = make_run(user, email=email, token=token)

        with CaptureQueriesContext(connection) as queries:
            assert claim(str(run.pk)) is not None

        assert len(queries) == 1

    def test_it_does_not_load_the_raw_message(self, user, email):
        with CaptureQueriesContext(connection) as queries:
            assert in_charge(user, email).email.subject == email.subject

        assert not any(
            '"emails_email"."raw"' in query["sql"] for query in queries if "SELECT" in query["sql"]
        )


class TestAdvance:
    def test_it_tells_stage_progress_and_text(self, user, email):
        run = in_charge(user, email)

        advance(run, "receiving", 40, partial="so far")
        advance(run, "saving", 95)

        saved = again(run)
        assert (saved.message, saved.progress, saved.partial) == ("saving", 95, "so far")

    @pytest.mark.django_db(transaction=True)
    def test_only_what_need_not_last_waits_for_no_disk(self, user, email):
        run = in_charge(user, email)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " NEW.partial = current_setting('synchronous_commit'); RETURN NEW; END $$;"
                "CREATE TRIGGER tell BEFORE UPDATE ON runs_taskrun FOR EACH ROW EXECUTE FUNCTION tell()"
            )
        try:
            advance(run, "receiving", 40, durable=False)
            lasting_not = again(run).partial
            advance(run, "sending", 60)
            assert (lasting_not, again(run).partial) == ("off", "on")
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER tell ON runs_taskrun; DROP FUNCTION tell()")


class TestFinish:
    def test_it_saves_result_and_status_together(self, user, email):
        run = in_charge(user, email)

        finish(run, lambda: {"analysis": make_analysis(email, run=run).pk})

        saved = again(run)
        assert (saved.status, saved.progress, saved.message) == ("succeeded", 100, "done")
        assert saved.result == {"analysis": saved.analysis.pk}
        assert saved.finished_at is not None

    @pytest.mark.parametrize("error", [ValueError, DatabaseError])
    def test_it_saves_nothing_when_saving_fails(self, error, user, email):
        run = in_charge(user, email)

        def save():
            make_analysis(email, run=run)
            raise error

        with pytest.raises(error):
            finish(run, save)

        assert again(run).status == "running"
        assert not Analysis.objects.exists()

    def test_it_locks_the_row_before_it_saves(self, user, email):
        run = in_charge(user, email)

        with CaptureQueriesContext(connection) as queries:
            finish(run, result)

        assert any("FOR NO KEY UPDATE" in query["sql"] for query in queries)


class TestFail:
    @pytest.mark.parametrize(("attempt", "wait"), [(1, 60), (2, 120), (3, 240)])
    def test_it_retries_after_a_growing_wait(self, attempt, wait, user, email):
        run = make_run(user, status="running", email=email, attempt=attempt)

        fail(run, BUSY)

        saved = again(run)
        left = (saved.run_at - timezone.now()).total_seconds()
        assert (saved.status, saved.message, saved.progress) == ("retrying", "backoff", 0)
        assert (saved.error_code, saved.error_message) == ("overloaded", "HTTP 503")
        assert wait - 1 < left <= wait * 1.1

    def test_it_rings_when_the_retry_is_due_and_not_before(self, user, email):
        run = in_charge(user, email)

        fail(run, BUSY)

        saved = again(run)
        ring = OrmQ.objects.get(pk=saved.queue_id)
        assert dt.timedelta() <= ring.lock - saved.run_at < dt.timedelta(seconds=1)

    def test_it_gives_up_after_the_last_attempt(self, user, email):
        run = make_run(user, status="running", email=email, attempt=4)

        fail(run, BUSY)

        saved = again(run)
        assert (saved.status, saved.error_code) == ("failed", "overloaded")
        assert not OrmQ.objects.exists()

    def test_it_gives_up_at_once_where_another_try_cannot_help(self, user, email):
        run = in_charge(user, email)

        fail(run, AIError("auth", "HTTP 401"))

        assert (again(run).status, again(run).error_code, again(run).error_message) == (
            "failed",
            "auth",
            "HTTP 401",
        )

    def test_it_gives_up_with_the_reason_when_the_retry_would_come_after_the_deadline(self, user, email):
        soon = timezone.now() + dt.timedelta(minutes=5)
        run = make_run(user, status="running", email=email, deadline_at=soon)

        fail(run, AIError("rate_limited", retry_after=600))

        assert (again(run).status, again(run).error_code) == ("failed", "rate_limited")

    def test_it_cuts_a_long_detail(self, user, email):
        run = in_charge(user, email)

        fail(run, AIError("bad_request", "x" * 500))

        assert len(again(run).error_message) == 200


class TestBackoff:
    @pytest.mark.parametrize(("kind", "base"), [("base", 60), ("optimize", 120), ("reply", 60)])
    def test_it_doubles_from_the_kinds_base_with_a_tenth_of_jitter(self, kind, base, user, email):
        for attempt in (1, 2, 3):
            run = make_run(user, kind, "cancelled", email=email)
            run.attempt = attempt
            waits = [backoff(run) for _ in range(200)]
            least = base * 2 ** (attempt - 1)
            assert least <= min(waits) < max(waits) <= least * 1.1

    @pytest.mark.parametrize(("wish", "wait"), [(300, 300), (86_400, 3600), (float("inf"), 3600)])
    def test_it_follows_the_providers_wish_if_that_is_longer(self, wish, wait, user):
        assert backoff(TaskRun(kind="base", attempt=1), wish) == wait

    @pytest.mark.parametrize("wish", [None, 0, 5, -1])
    def test_it_does_not_come_back_sooner(self, wish, user):
        assert backoff(TaskRun(kind="base", attempt=1), wish) >= 60


class TestCancel:
    @pytest.mark.parametrize("status", ACTIVE)
    def test_it_ends_an_active_run(self, status, user, email):
        run = make_run(user, status=status, email=email)

        assert cancel(run)
        assert again(run).status == "cancelled"
        assert claim(str(run.pk)) is None

    @pytest.mark.parametrize("status", TERMINAL)
    def test_it_leaves_what_has_ended(self, status, user, email):
        run = make_run(user, status=status, email=email)

        assert not cancel(run)
        assert again(run).status == status

    def test_it_leaves_what_has_done_something_that_it_cannot_take_back(self, user, email):
        run = make_run(user, status="running", email=email)
        advance(run, "sending", 60, irrevocable=True)

        assert not cancel(run)
        assert again(run).status == "running"


class TestHurry:
    def test_it_makes_a_waiting_retry_due(self, user, email):
        run = make_run(user, status="retrying", email=email)

        assert hurry(run)

        assert OrmQ.objects.get().pk == again(run).queue_id
        assert claim(str(run.pk)) is not None

    @pytest.mark.parametrize("status", ["queued", "running", *TERMINAL])
    def test_it_leaves_what_does_not_wait(self, status, user, email):
        run = make_run(user, status=status, email=email)

        assert not hurry(run)
        assert not OrmQ.objects.exists()


class TestExpire:
    @pytest.mark.parametrize("status", ["queued", "retrying"])
    def test_it_fails_what_nobody_began_in_time(self, status, user, email):
        run = make_run(user, status=status, email=email, deadline_at=timezone.now() + PAST)

        assert expire(Q()) == 1
        assert (again(run).status, again(run).error_code) == ("failed", "expired")

    @pytest.mark.parametrize("status", ["running", *TERMINAL])
    def test_it_leaves_what_runs_or_has_ended(self, status, user, email):
        make_run(user, status=status, email=email, deadline_at=timezone.now() + PAST)

        assert expire(Q()) == 0

    def test_it_leaves_what_is_in_time(self, user, email):
        make_run(user, email=email)

        assert expire(Q()) == 0


LATE = {
    "advance": lambda run: advance(run, "saving", 95),
    "finish": lambda run: finish(run, lambda: {"analysis": make_analysis(run.email, run=run).pk}),
    "retry": lambda run: fail(run, BUSY),
    "give_up": lambda run: fail(run, AIError("auth")),
}


@pytest.mark.parametrize("late", LATE)
class TestFence:
    def test_it_discards_what_a_worker_brings_after_another_took_over(self, late, user, email):
        zombie = in_charge(user, email)
        taken_over(zombie)
        before = TaskRun.objects.values().get(), OrmQ.objects.count()

        with pytest.raises(Lost):
            LATE[late](zombie)

        assert (TaskRun.objects.values().get(), OrmQ.objects.count()) == before
        assert before[0]["attempt"] == 2
        assert not Analysis.objects.exists()

    @pytest.mark.parametrize("end", ["cancel", "finish", "give_up"])
    def test_it_discards_what_comes_after_the_end(self, end, late, user, email):
        run = in_charge(user, email)
        {"cancel": cancel, "finish": lambda run: finish(run, result), "give_up": LATE["give_up"]}[end](run)
        before = TaskRun.objects.values().get()

        with pytest.raises(Lost):
            LATE[late](run)

        assert TaskRun.objects.values().get() == before
        assert not Analysis.objects.exists()
        assert not OrmQ.objects.exists()

    def test_it_discards_what_is_brought_for_a_deleted_run(self, late, user, email):
        run = in_charge(user, email)
        TaskRun.objects.all().delete()

        with pytest.raises(Lost):
            LATE[late](run)


def test_it_lets_the_second_worker_finish(user, email):
    zombie = in_charge(user, email)
    other = taken_over(zombie)

    finish(other, result)
    with pytest.raises(Lost):
        finish(zombie, result)

    assert (again(other).status, again(other).attempt) == ("succeeded", 2)


@pytest.mark.django_db(transaction=True)
def test_it_gives_a_run_to_one_of_eight_workers(user, email):
    run = make_run(user, email=email)
    together = threading.Barrier(8)

    def take(_number: int) -> TaskRun | None:
        try:
            together.wait(10)
            return claim(str(run.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(take, range(8)))

    assert len([claimed for claimed in claims if claimed is not None]) == 1
    assert again(run).attempt == 1
