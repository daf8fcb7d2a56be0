"""Analyses of many messages at once: asked for, begun, counted, tried again, cancelled."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from emails.inbox.batch import begin, try_again
from emails.models import Batch
from mailai.runs.models import Status, TaskRun
from tests.factories import make_email, make_run
from tests.processes import wait_until

PAGE_PLEASE = {"HTTP_ACCEPT": "text/html"}
HTMX = {"headers": {"HX-Request": "true"}}


def end(runs, status, **fields):
    values = {"status": status, "finished_at": timezone.now()} | fields
    TaskRun.objects.filter(pk__in=[run.pk for run in runs]).update(**values)


@pytest.fixture
def three(user):
    return [make_email(user) for _ in range(3)]


@pytest.fixture
def batch(user, three, rules):
    return begin(user, "base", [email.pk for email in three], rules)


def counted(batch):
    return Batch.objects.counted().get(pk=batch.pk)


class TestBegin:
    def test_it_asks_first_and_begins_a_run_for_each(self, logged_in, three, rules):
        asked = logged_in.post(
            "/inbox/act", {"action": "analyse", "id": [email.pk for email in three]}, **PAGE_PLEASE
        ).content.decode()
        assert "Analyse 3 messages" in asked
        assert not TaskRun.objects.exists()
        ids = re.search(r'name="ids" value="([^"]+)"', asked)[1]

        answer = logged_in.post(
            "/inbox/analyse", {"ids": ids, "service_token_id": rules.pk, "query": "?unread=1"}, **PAGE_PLEASE
        )

        assert answer["Location"] == "/?unread=1"
        assert set(TaskRun.objects.values_list("email_id", flat=True)) == {email.pk for email in three}
        assert OrmQ.objects.count() == 3
        assert "Analysed 0 of 3" in logged_in.get("/").content.decode()

    def test_what_is_under_way_is_not_begun_again(self, user, three, rules):
        make_run(user, email=three[0])

        batch = begin(user, "base", [email.pk for email in three], rules)

        assert (batch.total, batch.params["under_way"]) == (2, 1)
        assert TaskRun.objects.count() == 3
        assert batch.runs.count() == 2

    def test_a_strangers_mail_is_left_out(self, stranger, three, rules):
        assert begin(stranger, "base", [email.pk for email in three], rules).total == 0
        assert not TaskRun.objects.exists()

    def test_it_counts_against_no_rate(self, logged_in, three, rules, settings):
        settings.MAILAI_RATES = settings.MAILAI_RATES | {"base": "1/h"}
        ids = ".".join(str(email.pk) for email in three)

        assert logged_in.post("/inbox/analyse", {"ids": ids, "service_token_id": rules.pk}).status_code == 202
        assert TaskRun.objects.count() == 3

    def test_it_takes_so_many_at_most(self, logged_in, three, rules, settings):
        settings.MAILAI_BATCH_MAX = 2
        asked = logged_in.post(
            "/inbox/act", {"action": "analyse", "all": "1"}, **PAGE_PLEASE
        ).content.decode()
        assert "Analyse 2 messages" in asked
        assert "More match" in asked
        ids = ".".join(str(email.pk) for email in three)

        answer = logged_in.post("/inbox/analyse", {"ids": ids, "service_token_id": rules.pk})

        assert (answer.status_code, answer.json()["code"]) == (400, "too_many")
        assert not TaskRun.objects.exists()

    @pytest.mark.parametrize("fields", [{}, {"ids": "x"}, {"ids": "1", "service_token_id": ""}])
    def test_it_says_what_is_missing(self, logged_in, rules, fields):
        answer = logged_in.post("/inbox/analyse", {"service_token_id": rules.pk} | fields)

        assert answer.status_code == 400
        assert not Batch.objects.exists()

    def test_a_strangers_token_is_not_there(self, intruder, email, rules):
        answer = intruder.post("/inbox/analyse", {"ids": str(email.pk), "service_token_id": rules.pk})

        assert answer.status_code == 404

    def test_the_last_has_the_time_of_all_before_it(self, batch, settings):
        settings_say = settings.MAILAI_RUN_DEADLINE + 3 * settings.MAILAI_SOFT_LIMITS["base"]

        run = batch.runs.first()

        assert abs((run.deadline_at - run.created_at).total_seconds() - settings_say) < 5


class TestBar:
    def test_it_polls_until_all_have_ended(self, logged_in, batch):
        first, second, third = batch.runs.all()
        running = logged_in.get(f"/batches/{batch.pk}/status", **HTMX).content.decode()
        seen = re.search(r'hx-get="([^"]+)"', running)[1]
        assert logged_in.get(seen, **HTMX).status_code == 204

        end([first], Status.SUCCEEDED, result={})
        assert "Analysed 1 of 3" in logged_in.get(seen, **HTMX).content.decode()
        end([second], Status.FAILED, error_code="quota")
        end([third], Status.CANCELLED)
        ended = logged_in.get(seen, **HTMX).content.decode()

        assert "hx-get" not in ended
        assert "1 failed" in ended
        assert "Retry the failed ones" in ended
        assert "Cancel the rest" not in ended

    def test_the_failed_are_tried_again(self, logged_in, batch):
        first, second, _third = batch.runs.all()
        end([first], Status.SUCCEEDED, result={})
        end([second], Status.FAILED, error_code="quota")

        logged_in.post(f"/batches/{batch.pk}/retry", **HTMX)

        now = counted(batch)
        assert (now.total, now.active, now.failed, now.done) == (3, 2, 0, 1)
        assert TaskRun.objects.filter(email_id=second.email_id).count() == 2

    def test_what_the_user_tries_again_alone_is_not_tried_twice(self, user, batch, rules):
        runs = list(batch.runs.all())
        end(runs, Status.FAILED, error_code="quota")
        make_run(user, email=runs[0].email)

        assert try_again(counted(batch), rules) == 2
        now = counted(batch)
        assert (now.total, now.active, now.failed) == (2, 2, 0)

    def test_the_rest_is_cancelled(self, logged_in, batch):
        first, *_others = batch.runs.all()
        end([first], Status.SUCCEEDED, result={})

        answer = logged_in.post(f"/batches/{batch.pk}/cancel")

        assert answer.json() == {"batch_id": batch.pk, "total": 3, "done": 1, "failed": 0, "cancelled": 2}
        assert set(TaskRun.objects.values_list("status", flat=True)) == {"succeeded", "cancelled"}

    def test_it_goes_when_it_is_closed(self, logged_in, batch):
        assert "Analysed" in logged_in.get("/").content.decode()

        logged_in.post(f"/batches/{batch.pk}/close", **PAGE_PLEASE)

        assert "Analysed" not in logged_in.get("/").content.decode()
        assert batch.runs.active().count() == 3

    @pytest.mark.parametrize("action", ["retry", "cancel", "close"])
    def test_it_is_nobody_elses_and_takes_no_get(self, logged_in, intruder, batch, action):
        assert intruder.post(f"/batches/{batch.pk}/{action}").status_code == 404
        assert logged_in.get(f"/batches/{batch.pk}/{action}").status_code == 405
        assert counted(batch).active == 3
        assert counted(batch).closed_at is None

    def test_its_status_is_nobody_elses(self, intruder, batch):
        assert intruder.get(f"/batches/{batch.pk}/status").status_code == 404

    def test_pruned_runs_count_as_done(self, batch):
        end(
            list(batch.runs.all()),
            Status.SUCCEEDED,
            result={},
            finished_at=timezone.now() - dt.timedelta(days=99),
        )
        TaskRun.objects.all().delete()

        assert (counted(batch).done, counted(batch).active) == (3, 0)


@pytest.mark.django_db(transaction=True)
def test_two_presses_of_try_again_count_as_one(user, batch, rules):
    end(batch.runs.all(), "failed", error_code="auth")

    def second() -> int:
        try:
            return try_again(counted(batch), rules)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert try_again(counted(batch), rules) == 3
            late = pool.submit(second)
            wait_until(somebody_waits)
        assert late.result(10) == 0

    now = counted(batch)
    assert (now.total, now.active, now.failed, now.done) == (3, 3, 0, 0)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
