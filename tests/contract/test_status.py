"""GET /tasks/<id>/status and POST /tasks/<id>/cancel, as a program sees them."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.utils import timezone

from mailai.runs.perform import perform
from tests.contract.asking import BASE, OPTIMIZE, REPLY, as_json, not_stored, refused
from tests.factories import make_analysis, make_run

KEYS = {"task_id", "status", "result", "error", "progress", "message"}


def status_of(client, run):
    response = client.get(f"/tasks/{run.pk}/status")
    assert response.status_code == 200
    not_stored(response)
    body = response.json()
    assert set(body) == KEYS
    assert body["task_id"] == str(run.pk)
    assert body["message"]
    return body


@pytest.mark.parametrize(
    ("status", "fields", "wire", "progress"),
    [
        ("queued", {}, "PENDING", 0),
        ("running", {}, "STARTED", 0),
        ("running", {"progress": 10, "message": "asking"}, "PROGRESS", 10),
        ("retrying", {}, "RETRY", 0),
        ("succeeded", {"result": {"status": "success"}}, "SUCCESS", 100),
        ("failed", {"error_code": "quota"}, "FAILURE", 0),
        ("cancelled", {}, "REVOKED", 0),
    ],
)
def test_it_names_every_status(logged_in, user, email, status, fields, wire, progress):
    body = status_of(logged_in, make_run(user, status=status, email=email, **fields))

    assert (body["status"], body["progress"]) == (wire, progress)
    assert (body["result"] is not None) == (wire == "SUCCESS")
    assert bool(body["error"]) == (wire in ("FAILURE", "RETRY", "REVOKED"))


def test_it_tells_why(logged_in, user, email):
    run = make_run(user, status="failed", email=email, error_code="timeout", error_message="90 s")

    body = status_of(logged_in, run)

    assert body["error"] == "The model did not answer in time. Try again, or choose a faster model. (90 s)"


def test_it_speaks_the_readers_language(logged_in, user, email):
    run = make_run(user, status="failed", email=email, error_code="timeout")

    response = logged_in.get(f"/tasks/{run.pk}/status", headers={"Accept-Language": "de"})

    assert response["Content-Language"] == "de"


@pytest.mark.parametrize("verb", ["status", "cancel", "retry"])
@pytest.mark.parametrize("task_id", [str(uuid.uuid4()), "1", "x", "0" * 32, "{}", "a" * 3000])
def test_it_says_404_of_what_is_no_run(logged_in, verb, task_id):
    ask = logged_in.get if verb == "status" else logged_in.post

    refused(ask(f"/tasks/{task_id}/{verb}"), 404, "not_found")


@pytest.mark.parametrize("verb", ["status", "cancel", "retry"])
def test_it_says_404_of_a_strangers_run(intruder, user, email, verb):
    run = make_run(user, status="retrying", email=email)
    before = run.run_at

    ask = intruder.get if verb == "status" else intruder.post

    refused(ask(f"/tasks/{run.pk}/{verb}"), 404, "not_found")
    run.refresh_from_db()
    assert (run.status, run.run_at) == ("retrying", before)


@pytest.mark.parametrize("verb", ["status", "cancel", "retry"])
def test_it_wants_a_login_and_the_right_method(client, logged_in, user, email, verb):
    run = make_run(user, email=email)
    ask, wrong = ("get", "post") if verb == "status" else ("post", "get")

    refused(getattr(client, ask)(f"/tasks/{run.pk}/{verb}"), 401, "not_logged_in")
    response = getattr(logged_in, wrong)(f"/tasks/{run.pk}/{verb}")
    refused(response, 405, "method_not_allowed")
    assert response["Allow"] == ask.upper()


@pytest.mark.parametrize("status", ["queued", "running", "retrying"])
def test_it_cancels_and_answers_with_the_status(logged_in, user, email, status):
    run = make_run(user, status=status, email=email)

    response = logged_in.post(f"/tasks/{run.pk}/cancel")

    assert response.status_code == 200
    assert set(response.json()) == KEYS
    assert response.json()["status"] == "REVOKED"
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert run.finished_at is not None


@pytest.mark.parametrize(
    ("status", "wire"), [("succeeded", "SUCCESS"), ("failed", "FAILURE"), ("cancelled", "REVOKED")]
)
def test_it_leaves_an_ended_run_as_it_ended(logged_in, user, email, status, wire):
    run = make_run(user, status=status, email=email)

    assert logged_in.post(f"/tasks/{run.pk}/cancel").json()["status"] == wire


def test_it_hurries_only_a_waiting_retry(logged_in, user, email):
    run = make_run(user, email=email)

    refused(logged_in.post(f"/tasks/{run.pk}/retry"), 409, "wrong_state")


def test_it_ends_a_run_that_no_worker_took_on(logged_in, user, email):
    run = make_run(user, email=email, deadline_at=timezone.now() - dt.timedelta(seconds=1))

    body = status_of(logged_in, run)

    assert body["status"] == "FAILURE"
    run.refresh_from_db()
    assert run.error_code == "expired"


def test_it_does_not_wait_for_a_worker_that_was_lost(logged_in, user, email):
    run = make_run(user, status="running", email=email, lease_until=timezone.now() - dt.timedelta(seconds=1))

    body = status_of(logged_in, run)

    assert body["status"] == "RETRY"
    run.refresh_from_db()
    assert run.error_code == "worker_lost"


class TestResult:
    """What `result` holds on SUCCESS: the work itself is done by the built-in rules."""

    def result(self, client, press, email, rules, **body):
        task_id = as_json(client, press.path(email), {"service_token_id": rules.pk} | body).json()["task_id"]
        perform(task_id)
        answer = client.get(f"/tasks/{task_id}/status").json()
        assert (answer["status"], answer["progress"], answer["error"]) == ("SUCCESS", 100, None)
        return answer["result"]

    def test_it_has_the_shape_of_a_base_analysis(self, logged_in, email, rules):
        result = self.result(logged_in, BASE, email, rules)

        assert result["status"] == "success"
        assert result["email_id"] == email.pk
        assert 0 <= result["score"] <= 1
        assert result["reasoning"]
        assert result["model_used"] == "rules"

    def test_it_has_the_shape_of_an_optimize_analysis(self, logged_in, email, rules):
        first = make_analysis(email, urgency=1, importance=2)

        result = self.result(logged_in, OPTIMIZE, email, rules)

        assert result["status"] == "success"
        assert result["email_id"] == email.pk
        assert result["score_base"] == float(first.score) == 0.17
        assert 0 <= result["score_optimize"] <= 1
        assert result["improvement"] == round(result["score_optimize"] - 0.17, 2)
        assert isinstance(result["suggestions"], list)
        assert result["model_used"] == "rules"

    def test_it_has_the_shape_of_a_reply(self, logged_in, email, rules):
        result = self.result(logged_in, REPLY, email, rules, style="brief")

        draft = email.drafts.get()
        assert result["status"] == "success"
        assert result["email_id"] == email.pk
        assert result["draft"] == draft.text != ""
        assert result["style"] == draft.style == "brief"
        assert result["draft_id"] == draft.pk

    def test_it_is_json_that_says_no_more_than_json_can(self, logged_in, email, rules):
        json.dumps(self.result(logged_in, BASE, email, rules), allow_nan=False)
