"""Trying again from the page of all runs: one run, or all that failed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone
from django_q.models import OrmQ

from mailai.runs.activity import again as repeating
from mailai.runs.models import TaskRun
from tests.factories import make_analysis, make_email, make_run, make_token

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
HTML = {"Accept": "text/html"}


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


class TestAgain:
    def test_it_starts_a_failed_run_anew_and_returns_to_the_page(self, logged_in, user, token):
        params = {"style": "brief", "instructions": "yes"}
        email = make_email(user)
        run = make_run(user, "reply", "failed", email=email, token=token, params=params)
        here = f"/activity/?state=failed#run-{run.pk}"

        answer = logged_in.post(f"/tasks/{run.pk}/again", {"back": here}, headers=HTML)

        assert (answer.status_code, answer["Location"]) == (302, here)
        new = TaskRun.objects.exclude(pk=run.pk).get()
        assert (new.status, new.kind, new.email, new.token, new.params) == (
            "queued",
            "reply",
            email,
            token,
            params,
        )
        assert OrmQ.objects.filter(pk=new.queue_id).exists()
        run.refresh_from_db()
        assert run.status == "failed"

    def test_it_answers_a_program_like_a_press(self, logged_in, user, token):
        run = make_run(user, "base", "cancelled", email=make_email(user), token=token)

        answer = logged_in.post(f"/tasks/{run.pk}/again")

        assert answer.status_code == 202
        assert TaskRun.objects.get(pk=answer.json()["task_id"]).status == "queued"

    def test_it_gives_the_run_that_is_under_way(self, logged_in, user, token):
        email = make_email(user)
        run = make_run(user, "base", "failed", email=email, token=token)
        other = make_run(user, "base", "running", email=email, token=token)

        assert logged_in.post(f"/tasks/{run.pk}/again").json()["task_id"] == str(other.pk)

    @pytest.mark.parametrize("status", ["queued", "running", "retrying", "succeeded"])
    def test_it_repeats_only_what_ended_without_a_result(self, logged_in, user, token, status):
        run = make_run(user, "base", status, email=make_email(user), token=token)

        answer = logged_in.post(f"/tasks/{run.pk}/again")

        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
        assert TaskRun.objects.count() == 1

    def test_it_checks_the_token_as_a_press_does(self, logged_in, user, token):
        runs = [make_run(user, "base", "failed", email=make_email(user), token=token) for _ in range(3)]
        gone = make_run(user, "base", "failed", email=make_email(user))
        runs.append(make_run(user, "token_test", "failed", token=token))
        token.revoke()

        codes = {logged_in.post(f"/tasks/{run.pk}/again").json()["code"] for run in runs}

        assert codes == {"token_revoked", "token_expired"}
        assert logged_in.post(f"/tasks/{gone.pk}/again").json()["code"] == "token_missing"
        assert not TaskRun.objects.active().exists()

    def test_a_second_opinion_needs_an_analysis_as_a_press_does(self, logged_in, user, token):
        email = make_email(user)
        run = make_run(user, "optimize", "failed", email=email, token=token)

        assert logged_in.post(f"/tasks/{run.pk}/again").json()["code"] == "no_base"
        make_analysis(email)
        assert logged_in.post(f"/tasks/{run.pk}/again").status_code == 202

    def test_it_counts_against_the_rate(self, logged_in, user, token, settings):
        settings.MAILAI_RATES = settings.MAILAI_RATES | {"base": "1/h"}
        first, second = (
            make_run(user, "base", "failed", email=make_email(user), token=token) for _ in range(2)
        )

        assert logged_in.post(f"/tasks/{first.pk}/again").status_code == 202
        answer = logged_in.post(f"/tasks/{second.pk}/again", {"back": "/activity/"}, headers=HTML)

        assert answer["Location"] == "/activity/"
        assert "used up your presses" in told(answer)[0]
        assert TaskRun.objects.active().count() == 1

    def test_a_stranger_repeats_and_cancels_nothing(self, intruder, user, token):
        run = make_run(user, "base", "failed", email=make_email(user), token=token)
        active = make_run(user, "base", "running", email=make_email(user), token=token)

        assert intruder.post(f"/tasks/{run.pk}/again").status_code == 404
        assert intruder.post("/activity/again").json()["started"] == 0
        assert intruder.post("/activity/cancel").json() == {"cancelled": 0}
        active.refresh_from_db()
        assert active.status == "running"

    def test_it_offers_another_try_only_for_the_latest(self, logged_in, user, token):
        email = make_email(user)
        old = make_run(user, "base", "failed", email=email, token=token, created_at=NOON)
        new = make_run(user, "base", "failed", email=email, token=token)
        other = make_run(user, "reply", "cancelled", email=email, token=token)

        html = logged_in.get("/activity/").content.decode()

        offered = set(re.findall(r"/tasks/([0-9a-f-]+)/again", html))
        assert offered == {str(new.pk), str(other.pk)}
        assert str(old.pk) in html

    def test_two_tokens_do_not_follow_each_other(self, logged_in, user, token):
        failed = make_run(user, "token_test", "failed", token=token)
        make_run(user, "token_test", "succeeded", token=make_token(user, name="Other"))

        assert f"/tasks/{failed.pk}/again" in logged_in.get("/activity/").content.decode()


class TestAll:
    def test_it_tries_all_recent_failures_of_the_kind_again_and_says_how_many(self, logged_in, user, token):
        for _ in range(3):
            make_run(user, "base", "failed", email=make_email(user), token=token)
        make_run(user, "base", "cancelled", email=make_email(user), token=token)
        make_run(user, "reply", "failed", email=make_email(user), token=token)
        month = timezone.now() - dt.timedelta(days=30)
        make_run(user, "base", "failed", email=make_email(user), token=token, created_at=month)

        answer = logged_in.post(
            "/activity/again", {"kind": "base", "back": "/activity/?kind=base"}, headers=HTML
        )

        assert answer["Location"] == "/activity/?kind=base"
        assert told(answer) == ["3 runs were started again."]
        assert TaskRun.objects.active().filter(kind="base").count() == 3
        assert logged_in.post("/activity/again", {"kind": "base"}).json()["started"] == 0

    def test_it_stops_at_the_rate_and_says_why(self, logged_in, user, token, settings):
        settings.MAILAI_RATES = settings.MAILAI_RATES | {"base": "2/h"}
        for _ in range(5):
            make_run(user, "base", "failed", email=make_email(user), token=token)
        make_run(user, "reply", "failed", email=make_email(user), token=token)

        answer = logged_in.post("/activity/again", headers=HTML)

        said = told(answer)
        assert said[0] == "3 runs were started again."
        assert said[1].startswith("3 runs were not: You have used up your presses")
        assert TaskRun.objects.active().count() == 3

    def test_it_starts_no_more_than_a_bounded_number(self, logged_in, user, token, monkeypatch):
        monkeypatch.setattr(repeating, "AT_ONCE", 2)
        monkeypatch.setattr(repeating, "CANCELLED_AT_ONCE", 1)
        for _ in range(3):
            make_run(user, "base", "failed", email=make_email(user), token=token)

        assert logged_in.post("/activity/again").json() == {"started": 2, "refused": {}}
        assert logged_in.post("/activity/cancel").json() == {"cancelled": 1}
        assert TaskRun.objects.active().count() == 1

    def test_it_cancels_all_that_is_under_way_and_says_how_many(self, logged_in, user):
        for status in ("queued", "running", "retrying"):
            make_run(user, "base", status, email=make_email(user))
        reply = make_run(user, "reply", email=make_email(user))

        answer = logged_in.post("/activity/cancel", {"kind": "base", "back": "/activity/"}, headers=HTML)

        assert told(answer) == ["3 runs were cancelled."]
        assert list(TaskRun.objects.active()) == [reply]

    def test_they_want_a_login_and_a_post(self, client, logged_in):
        for path in ("/activity/again", "/activity/cancel"):
            assert client.post(path).status_code == 401
            assert logged_in.get(path).status_code == 405
