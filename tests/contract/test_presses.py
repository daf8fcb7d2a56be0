"""POST reprocess, optimize and generate-reply, as a program sees them."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django_q.models import OrmQ

from mailai.runs.models import TaskRun
from tests.contract.asking import BASE, OPTIMIZE, PRESSES, REPLY, as_json, not_stored, refused
from tests.factories import make_analysis, make_email, make_token

each_press = pytest.mark.parametrize("press", PRESSES, ids=lambda press: press.kind)
needs_token = pytest.mark.parametrize("press", [BASE, OPTIMIZE], ids=lambda press: press.kind)


@pytest.fixture
def email(user):
    email = make_email(user)
    make_analysis(email)
    return email


@each_press
def test_it_queues_and_answers_202(logged_in, email, rules, press):
    response = as_json(logged_in, press.path(email), {"service_token_id": rules.pk})

    assert response.status_code == 202
    body = response.json()
    assert set(body) == {"task_id", "status", "message"}
    assert body["status"] == "queued"
    assert body["message"]
    not_stored(response)
    run = TaskRun.objects.get()
    assert str(run.pk) == body["task_id"]
    assert (run.kind, run.email, run.token, run.user) == (press.kind, email, rules, email.user)
    assert run.status == "queued"


@each_press
def test_workers_may_begin_at_once(logged_in, email, rules, press):
    as_json(logged_in, press.path(email), {"service_token_id": rules.pk})

    run = TaskRun.objects.get()
    assert run.run_at <= run.created_at
    assert OrmQ.objects.filter(pk=run.queue_id, lock__lte=Now()).exists()


@each_press
def test_it_takes_a_form_as_well(logged_in, email, rules, press):
    response = logged_in.post(press.path(email), {"service_token_id": rules.pk})

    assert response.status_code == 202
    assert TaskRun.objects.get().token == rules


@each_press
def test_it_takes_the_number_as_text(logged_in, email, rules, press):
    assert as_json(logged_in, press.path(email), {"service_token_id": f"{rules.pk}"}).status_code == 202


@each_press
def test_it_returns_the_run_that_is_under_way(logged_in, email, rules, token, press):
    first = as_json(logged_in, press.path(email), {"service_token_id": rules.pk}).json()
    second = as_json(logged_in, press.path(email), {"service_token_id": token.pk})

    assert second.status_code == 202
    assert second.json()["task_id"] == first["task_id"]
    assert TaskRun.objects.get().token == rules


@needs_token
@pytest.mark.parametrize("body", [{}, {"service_token_id": None}, {"service_token_id": ""}])
def test_it_needs_a_token(logged_in, email, rules, press, body):
    refused(as_json(logged_in, press.path(email), body), 400, "token_required")
    assert not TaskRun.objects.exists()


@each_press
def test_it_refuses_what_is_no_number_of_a_token(logged_in, email, rules, press):
    for value in (
        True,
        False,
        -1,
        "-1",
        1.5,
        "1.5",
        "one",
        "1 ",
        "１",
        [],
        [1],
        {},
        10**18,
        10**400,
        "9" * 5000,
    ):
        refused(as_json(logged_in, press.path(email), {"service_token_id": value}), 400, "malformed")
    assert not TaskRun.objects.exists()


@each_press
def test_it_refuses_a_body_that_is_no_json_object(logged_in, email, rules, press):
    deep = ("[" * 100_000, '{"a":' * 100_000)
    for body in ("{", "nothing", "[1]", '"text"', "1", "null", "true", b"\xff\xfe", *deep):
        refused(as_json(logged_in, press.path(email), body), 400, "malformed")
    assert not TaskRun.objects.exists()


def test_it_takes_an_empty_body_for_an_empty_object(logged_in, email, rules):
    refused(as_json(logged_in, BASE.path(email), ""), 400, "token_required")
    assert as_json(logged_in, REPLY.path(email), "").status_code == 202


@each_press
def test_it_refuses_a_body_beyond_the_limit(logged_in, email, rules, press):
    logged_in.raise_request_exception = False
    response = as_json(logged_in, press.path(email), {"instructions": "x" * 3_000_000})

    refused(response, 400, "malformed")


@each_press
def test_it_refuses_a_broken_multipart_form(logged_in, email, press):
    logged_in.raise_request_exception = False
    response = logged_in.post(press.path(email), b"--", content_type="multipart/form-data; boundary=")

    refused(response, 400, "malformed")


@each_press
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_it_takes_no_other_method(logged_in, email, press, method):
    response = getattr(logged_in, method)(press.path(email))

    refused(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST"


@each_press
def test_it_wants_a_login_first(client, email, rules, press):
    response = as_json(client, press.path(email), {"service_token_id": rules.pk})

    refused(response, 401, "not_logged_in")
    not_stored(response)
    assert not TaskRun.objects.exists()


@each_press
def test_it_says_404_of_a_strangers_message(intruder, stranger, email, press):
    own = make_token(stranger)

    refused(as_json(intruder, press.path(email), {"service_token_id": own.pk}), 404, "not_found")
    assert not TaskRun.objects.exists()


@each_press
@pytest.mark.parametrize("number", [0, 999_999, 2**63 - 1, 2**63, 10**30])
def test_it_says_404_of_a_message_that_is_not_there(logged_in, rules, press, number):
    response = as_json(logged_in, press.path(number), {"service_token_id": rules.pk})

    refused(response, 404, "not_found")


@each_press
def test_it_says_404_of_a_strangers_token(logged_in, stranger, email, press):
    foreign = make_token(stranger)

    refused(as_json(logged_in, press.path(email), {"service_token_id": foreign.pk}), 404, "not_found")
    refused(as_json(logged_in, press.path(email), {"service_token_id": 0}), 404, "not_found")
    refused(as_json(logged_in, press.path(email), {"service_token_id": 10**18 - 1}), 404, "not_found")
    assert not TaskRun.objects.exists()


@each_press
def test_it_refuses_a_revoked_token(logged_in, email, token, press):
    token.revoke()

    refused(as_json(logged_in, press.path(email), {"service_token_id": token.pk}), 409, "token_revoked")


@each_press
def test_it_refuses_an_expired_token(logged_in, email, user, press, a_second_ago):
    expired = make_token(user, expires_at=a_second_ago)

    refused(as_json(logged_in, press.path(email), {"service_token_id": expired.pk}), 409, "token_expired")
    assert not TaskRun.objects.exists()


@each_press
def test_it_refuses_a_token_for_another_purpose(logged_in, email, user, press):
    other = make_token(user, purposes=[kind for kind in ("base", "optimize", "reply") if kind != press.kind])

    refused(as_json(logged_in, press.path(email), {"service_token_id": other.pk}), 400, "token_purpose")


def test_it_does_not_optimize_without_a_base_analysis(logged_in, user, rules):
    bare = make_email(user)

    refused(as_json(logged_in, OPTIMIZE.path(bare), {"service_token_id": rules.pk}), 409, "no_base")
    assert not TaskRun.objects.exists()


def test_it_checks_csrf(email, user, rules, client):
    client.force_login(user)
    client.handler.enforce_csrf_checks = True

    refused(as_json(client, BASE.path(email), {"service_token_id": rules.pk}), 403, "csrf")


class TestReply:
    def test_it_needs_nothing_but_the_message(self, logged_in, email, rules):
        assert as_json(logged_in, REPLY.path(email)).status_code == 202

        run = TaskRun.objects.get()
        assert run.token == rules
        assert run.params == {"style": "professional", "instructions": ""}

    def test_it_prefers_the_newest_token_with_a_model(self, logged_in, email, rules, user):
        make_token(user)
        newest = make_token(user)
        make_token(user, purposes=["base"])

        as_json(logged_in, REPLY.path(email))

        assert TaskRun.objects.get().token == newest

    @pytest.mark.parametrize("style", ["professional", "formal", "friendly", "brief", "decline"])
    def test_it_takes_a_style_and_instructions(self, logged_in, email, style):
        as_json(logged_in, REPLY.path(email), {"style": style, "instructions": " Say yes. "})

        assert TaskRun.objects.get().params == {"style": style, "instructions": "Say yes."}

    @pytest.mark.parametrize(
        ("style", "code"), [("rude", "style"), (7, "malformed"), (["brief"], "malformed")]
    )
    def test_it_refuses_other_styles(self, logged_in, email, style, code):
        refused(as_json(logged_in, REPLY.path(email), {"style": style}), 400, code)
        assert not TaskRun.objects.exists()

    def test_it_refuses_instructions_that_are_too_long_or_no_text(self, logged_in, email):
        refused(as_json(logged_in, REPLY.path(email), {"instructions": "x" * 4001}), 400, "too_long")
        refused(as_json(logged_in, REPLY.path(email), {"instructions": {"say": "yes"}}), 400, "malformed")
        assert as_json(logged_in, REPLY.path(email), {"instructions": "x" * 4000}).status_code == 202

    def test_it_survives_text_that_the_database_cannot_hold(self, logged_in, email):
        response = as_json(
            logged_in, REPLY.path(email), '{"instructions": "a\\u0000b \\ud800 \\ud83d\\ude00"}'
        )

        assert response.status_code == 202
        assert TaskRun.objects.get().params["instructions"] == "ab \ufffd \U0001f600"

    def test_it_says_so_when_no_token_is_left(self, logged_in, email, rules):
        rules.purposes = ["base"]
        rules.save()

        refused(as_json(logged_in, REPLY.path(email)), 400, "token_required")
