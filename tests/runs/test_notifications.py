"""What came of the runs that somebody pressed for and has not seen the end of."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from emails.inbox.batch import begin as begin_batch
from emails.inbox.batch import try_again
from emails.models import Batch
from mailai.runs.models import TaskRun
from mailai.runs.notifications.awaited import EXPECTS
from mailai.runs.transitions import cancel
from tests.contract.asking import BASE, as_form, as_htmx
from tests.factories import make_account, make_email, make_run

HTMX = {"HX-Request": "true"}


def awaited(user, status="succeeded", **fields):
    return make_run(user, status=status, awaited=True, **{"email": make_email(user)} | fields)


def told(client, address="/notifications/"):
    """The keys that the fragment names, and the whole of it."""
    html = client.get(address, headers=HTMX).content.decode()
    return [part.split('"')[0] for part in html.split('data-about="')[1:]], html


class TestAPress:
    def test_it_is_awaited_on_a_page(self, logged_in, email, rules):
        for ask in (as_htmx, as_form):
            ask(logged_in, BASE.path(email), {"service_token_id": rules.pk})

        assert TaskRun.objects.get().awaited

    def test_it_is_not_awaited_by_a_program(self, logged_in, email, rules):
        logged_in.post(BASE.path(email), {"service_token_id": rules.pk}, content_type="application/json")

        assert not TaskRun.objects.get().awaited

    def test_one_that_began_by_itself_is_awaited_once_somebody_presses(self, logged_in, user, email, rules):
        run = make_run(user, email=email)

        as_htmx(logged_in, BASE.path(email), {"service_token_id": rules.pk})

        run.refresh_from_db()
        assert run.awaited


class TestThePoll:
    def test_it_tells_what_ended_newest_first_and_leads_there(self, logged_in, user):
        first = awaited(user, finished_at=timezone.now() - dt.timedelta(seconds=9))
        second = awaited(user, "failed", error_code="auth", email=make_email(user, subject="A <b>bill</b>"))

        keys, html = told(logged_in)

        assert keys == [second.pk.hex, first.pk.hex]
        assert "Analysis: failed" in html
        assert "The provider refused the key." in html
        assert "A &lt;b&gt;bill&lt;/b&gt;" in html
        assert f'href="/notifications/{first.pk.hex}"' in html

    def test_it_asks_on_only_while_something_is_under_way(self, logged_in, user):
        run = awaited(user, "running")
        assert 'hx-trigger="every 3s"' in told(logged_in)[1]
        TaskRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - dt.timedelta(minutes=2))
        assert 'hx-trigger="every 10s"' in told(logged_in)[1]
        TaskRun.objects.filter(pk=run.pk).update(
            status="failed", error_code="timeout", lease_until=None, finished_at=timezone.now()
        )
        assert "hx-trigger" not in told(logged_in)[1]

    def test_it_answers_nothing_to_who_knows_it_all(self, logged_in, user, django_assert_num_queries):
        awaited(user, "running")
        awaited(user)
        seen = told(logged_in)[1].split("?seen=")[1].split('"')[0]

        with django_assert_num_queries(3):  # session, user, runs
            answer = logged_in.get(f"/notifications/?seen={seen}", headers=HTMX)

        assert answer.status_code == 204
        awaited(user)
        assert logged_in.get(f"/notifications/?seen={seen}", headers=HTMX).status_code == 200

    @pytest.mark.parametrize(
        "silent",
        [
            {"awaited": False},
            {"status": "cancelled"},
            {"created_at": timezone.now() - dt.timedelta(days=2)},
        ],
    )
    def test_it_does_not_tell(self, logged_in, user, silent):
        run = awaited(user)
        fields = {"result": None} if "status" in silent else {}
        TaskRun.objects.filter(pk=run.pk).update(**silent, **fields)

        assert told(logged_in)[0] == []

    def test_it_does_not_tell_of_a_failure_that_was_tried_again(self, logged_in, user, email):
        awaited(user, "failed", email=email)
        again = awaited(user, email=email)

        assert told(logged_in)[0] == [again.pk.hex]

    def test_it_tells_of_three_and_how_many_more(self, logged_in, user):
        runs = [awaited(user) for _ in range(6)]

        keys, html = told(logged_in)

        assert len(keys) == 4
        assert keys[3] == "rest"
        assert "3 more have finished" in html
        assert sum(run.pk.hex in html for run in runs) == 6

    def test_it_tells_of_an_account_and_of_nothing_else_alike(self, logged_in, user):
        run = awaited(user, kind="fetch", email=None, account=make_account(user, name="Work"))

        keys, html = told(logged_in)

        assert keys == [run.pk.hex]
        assert "Fetch: done" in html
        assert "Work" in html

    def test_a_stranger_hears_nothing(self, intruder, user):
        run = awaited(user)

        assert told(intruder)[0] == []
        assert intruder.get(f"/notifications/{run.pk.hex}").status_code == 404
        intruder.post("/notifications/seen", {"key": run.pk.hex})
        run.refresh_from_db()
        assert run.awaited

    def test_it_needs_a_login_and_the_right_method(self, client, logged_in):
        assert client.get("/notifications/", headers=HTMX)["HX-Redirect"].startswith("/login/")
        assert client.post("/notifications/seen").status_code == 401
        assert logged_in.post("/notifications/").status_code == 405
        assert logged_in.get("/notifications/seen").status_code == 405


class TestABatch:
    def test_it_is_told_of_as_one_when_all_of_it_has_ended(self, logged_in, user, rules):
        batch = begin_batch(user, "base", [make_email(user).pk for _ in range(3)], rules)
        assert told(logged_in)[0] == []
        runs = list(TaskRun.objects.filter(batch=batch))
        end(runs[0], "succeeded")
        end(runs[1], "failed")
        assert told(logged_in)[0] == []
        end(runs[2], "succeeded")

        keys, html = told(logged_in)

        assert keys == [f"batch-{batch.pk}"]
        assert "2 messages are analysed" in html
        assert "1 failed" in html
        logged_in.post("/notifications/seen", {"key": keys})
        assert told(logged_in)[0] == []

    def test_its_failures_that_are_tried_again_are_not_told_one_by_one(self, logged_in, user, rules):
        batch = begin_batch(user, "base", [make_email(user).pk], rules)
        end(TaskRun.objects.get(), "failed")

        try_again(Batch.objects.get(pk=batch.pk), rules)

        keys, html = told(logged_in)
        assert keys == []
        assert "hx-trigger" in html


class TestSeeing:
    def test_following_leads_to_the_page_and_is_seen(self, logged_in, user, email):
        run = awaited(user, email=email)

        answer = logged_in.get(f"/notifications/{run.pk.hex}")

        assert answer["Location"] == f"/email/{email.pk}/#panel-base"
        assert told(logged_in)[0] == []

    def test_a_batch_is_shown_by_the_inbox(self, logged_in):
        assert logged_in.get("/notifications/batch-1")["Location"] == "/"

    @pytest.mark.parametrize("key", ["nonsense", "batch-", "batch-x", "batch-" + "9" * 40, str(uuid.uuid4())])
    def test_a_key_that_names_nothing_leads_nowhere(self, logged_in, key):
        assert logged_in.get(f"/notifications/{key}").status_code == 404
        assert logged_in.post("/notifications/seen", {"key": key}).status_code == 200

    def test_closing_answers_with_what_is_left(self, logged_in, user):
        first, second = awaited(user), awaited(user)

        answer = logged_in.post("/notifications/seen", {"key": [first.pk.hex]}, headers=HTMX)

        assert second.pk.hex in answer.content.decode()
        assert first.pk.hex not in answer.content.decode()
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.awaited, second.awaited) == (False, True)

    def test_who_cancels_needs_no_news_of_it(self, logged_in, user):
        cancel(awaited(user, "queued"))

        assert told(logged_in)[0] == []


class TestAPage:
    def test_it_asks_nothing_unless_somebody_pressed(self, logged_in, user):
        run = awaited(user)

        assert run.pk.hex not in logged_in.get("/profile/").content.decode()

    def test_it_says_at_once_what_ended_since_the_press(self, logged_in, user, email, rules):
        as_form(logged_in, BASE.path(email), {"service_token_id": rules.pk})
        run = TaskRun.objects.get()
        assert 'hx-trigger="every 3s"' in logged_in.get("/profile/").content.decode()
        end(run, "succeeded")

        assert f'data-about="{run.pk.hex}"' in logged_in.get("/profile/").content.decode()

    def test_it_asks_no_more_once_all_was_seen(self, logged_in, user, email, rules):
        as_form(logged_in, BASE.path(email), {"service_token_id": rules.pk})
        end(TaskRun.objects.get(), "succeeded")
        logged_in.post("/notifications/seen", {"key": TaskRun.objects.get().pk.hex})
        logged_in.get("/profile/")

        assert EXPECTS not in logged_in.session


def end(run, status):
    fields = {"result": {}} if status == "succeeded" else {"error_code": "timeout"}
    TaskRun.objects.filter(pk=run.pk).update(
        status=status, attempt=1, lease_until=None, finished_at=timezone.now(), **fields
    )
