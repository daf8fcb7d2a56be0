"""The tokens page: add, test, revoke; and that a key, once in, never comes out."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from django.core import serializers
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailai.ai.models import AiCall, ServiceToken
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.contract.asking import HTMX, as_form, as_htmx, as_json, refused
from tests.factories import KEY, make_email, make_token, make_user

FORM = {
    "name": "Work",
    "provider": "openai",
    "model": "fake",
    "key": KEY,
    "purposes": ["base", "reply"],
    "expires": "30",
}


def add(client, **changes):
    return client.post("/tokens/", FORM | changes)


def about(days):
    return pytest.approx((timezone.now() + dt.timedelta(days=days)).timestamp(), abs=60)


class TestAdd:
    def test_it_saves_a_token(self, logged_in, user):
        answer = add(logged_in)

        assert answer["Location"] == "/tokens/"
        token = ServiceToken.objects.get(provider="openai")
        assert (token.user, token.name, token.model) == (user, "Work", "fake")
        assert token.purposes == ["base", "reply"]
        assert token.expires_at.timestamp() == about(30)
        assert token.key_hint == KEY[-4:]
        assert token.credential().key == KEY

    def test_it_offers_a_day_first(self, logged_in):
        html = logged_in.get("/tokens/").content.decode()

        assert '<option value="1" selected>' in html

    @pytest.mark.parametrize(("choice", "days"), [("1", 1), ("30", 30)])
    def test_it_expires_when_it_was_said(self, logged_in, choice, days):
        add(logged_in, expires=choice)

        assert ServiceToken.objects.get(provider="openai").expires_at.timestamp() == about(days)

    def test_it_need_not_expire(self, logged_in):
        add(logged_in, expires="never")

        assert ServiceToken.objects.get(provider="openai").expires_at is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": ""},
            {"provider": "nobody"},
            {"provider": "local"},
            {"model": ""},
            {"key": ""},
            {"key": "x" * 1001},
            {"purposes": []},
            {"purposes": ["everything"]},
            {"expires": "365"},
            {"expires": ""},
            {"base_url": "http://169.254.169.254/latest"},
            {"base_url": "nonsense"},
        ],
        ids=str,
    )
    def test_it_refuses_what_makes_no_token(self, logged_in, changes):
        answer = add(logged_in, **changes)

        assert answer.status_code == 200
        assert "field-error" in answer.content.decode()
        assert not ServiceToken.objects.exclude(provider="local").exists()

    def test_it_shows_no_key_again_beside_an_error(self, logged_in):
        assert KEY not in add(logged_in, name="").content.decode()

    def test_it_takes_an_address_only_where_the_operator_allows_it(self, logged_in, settings):
        settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = ["ollama"]

        add(logged_in, provider="ollama", key="", base_url="http://10.0.0.5:11434/v1")

        assert ServiceToken.objects.get(provider="ollama").base_url == "http://10.0.0.5:11434/v1"

    def test_it_cannot_be_made_for_somebody_else(self, logged_in, user, stranger):
        add(logged_in, user=stranger.pk, user_id=stranger.pk)

        assert ServiceToken.objects.get(provider="openai").user == user


class TestPage:
    def test_it_gives_everybody_the_built_in_rules_once(self, logged_in, user):
        for _ in range(2):
            assert "Built-in rules" in logged_in.get("/tokens/").content.decode()

        assert ServiceToken.objects.filter(user=user, provider="local").count() == 1

    def test_it_takes_as_many_queries_for_many_tokens_as_for_few(
        self, logged_in, user, token, django_assert_max_num_queries
    ):
        for _ in range(20):
            make_token(user)
        logged_in.get("/tokens/")

        with django_assert_max_num_queries(8):
            logged_in.get("/tokens/")

    def test_it_tells_usable_expired_and_revoked_apart(self, logged_in, user):
        make_token(user, name="gone").revoke()
        make_token(user, name="late", expires_at=timezone.now() - dt.timedelta(days=1))

        html = logged_in.get("/tokens/").content.decode()

        for name, word in (("gone", "Revoked on"), ("late", "expired")):
            card = html[html.index(f">{name}</h") :].split("</section>")[0]
            assert word in card
            assert "/test" not in card


class TestTrial:
    def test_it_asks_the_provider_in_the_background(self, logged_in, token, fake):
        response = logged_in.post(f"/tokens/{token.pk}/test")
        assert response.status_code == 202
        assert set(response.json()) == {"task_id", "status", "message"}
        assert not fake.requests

        perform(response.json()["task_id"])

        html = logged_in.get(f"/tasks/{response.json()['task_id']}/status", headers=HTMX).content.decode()
        assert "It works: fake answered in" in html
        token.refresh_from_db()
        assert (token.last_error, token.last_used_at is not None) == ("", True)

    def test_it_shows_the_card_that_polls(self, logged_in, token):
        html = as_htmx(logged_in, f"/tokens/{token.pk}/test").content.decode()

        assert f'id="token-{token.pk}"' in html
        assert "hx-get=" in html

    def test_it_leads_a_plain_form_back(self, logged_in, token):
        assert as_form(logged_in, f"/tokens/{token.pk}/test")["Location"] == "/tokens/"

    def test_it_says_what_is_wrong(self, logged_in, user, fake):
        token = make_token(user, "fake:status=401")
        task_id = logged_in.post(f"/tokens/{token.pk}/test").json()["task_id"]
        perform(task_id)

        answer = logged_in.get(f"/tasks/{task_id}/status").json()

        assert answer["status"] == "FAILURE"
        assert "refused the key" in answer["error"]
        token.refresh_from_db()
        assert token.last_error == "auth"

    def test_it_works_for_the_built_in_rules(self, logged_in, rules):
        task_id = logged_in.post(f"/tokens/{rules.pk}/test").json()["task_id"]
        perform(task_id)

        assert logged_in.get(f"/tasks/{task_id}/status").json()["status"] == "SUCCESS"

    def test_it_finds_the_test_under_way(self, logged_in, token):
        first, second = (logged_in.post(f"/tokens/{token.pk}/test").json()["task_id"] for _ in range(2))

        assert first == second

    def test_it_refuses_a_token_that_cannot_be_used(self, logged_in, user, token):
        token.revoke()
        expired = make_token(user, expires_at=timezone.now())

        refused(logged_in.post(f"/tokens/{token.pk}/test"), 409, "token_revoked")
        refused(logged_in.post(f"/tokens/{expired.pk}/test"), 409, "token_expired")
        assert not TaskRun.objects.exists()

    def test_it_refuses_strangers_and_other_methods(self, logged_in, intruder, token):
        refused(intruder.post(f"/tokens/{token.pk}/test"), 404, "not_found")
        refused(logged_in.get(f"/tokens/{token.pk}/test"), 405, "method_not_allowed")
        assert not TaskRun.objects.exists()


class TestRevoke:
    def test_it_erases_the_key_and_keeps_the_row(self, logged_in, token):
        assert logged_in.post(f"/tokens/{token.pk}/revoke")["Location"] == "/tokens/"

        token.refresh_from_db()
        assert token.revoked_at is not None
        assert token.encrypted_key == ""
        assert not token.is_usable

    def test_it_is_offered_nowhere_any_more(self, logged_in, token, email):
        logged_in.post(f"/tokens/{token.pk}/revoke")

        assert f'<option value="{token.pk}"' not in logged_in.get(f"/email/{email.pk}/").content.decode()

    def test_it_leaves_the_built_in_rules(self, logged_in, rules):
        refused(logged_in.post(f"/tokens/{rules.pk}/revoke"), 409, "wrong_state")
        rules.refresh_from_db()
        assert rules.is_usable

    def test_it_refuses_strangers_and_other_methods(self, logged_in, intruder, token):
        refused(intruder.post(f"/tokens/{token.pk}/revoke"), 404, "not_found")
        refused(logged_in.get(f"/tokens/{token.pk}/revoke"), 405, "method_not_allowed")
        token.refresh_from_db()
        assert token.is_usable


class TestSecrecy:
    """The key goes in and out once: over the line to its provider."""

    @pytest.mark.parametrize("model", ["fake", "fake:echo_key", "fake:status=500", "fake:garbage"])
    def test_it_shows_a_key_nowhere(self, logged_in, enter, user, fake, caplog, capfd, model):
        caplog.set_level(logging.DEBUG)
        add(logged_in, model=model, purposes=["base", "optimize", "reply"], expires="never")
        token = ServiceToken.objects.get(provider="openai")
        email = make_email(user)
        pressed = [
            as_json(logged_in, path, {"service_token_id": token.pk}).json()["task_id"]
            for path in (
                f"/email/{email.pk}/reprocess",
                f"/emails/{email.pk}/generate-reply",
                f"/tokens/{token.pk}/test",
            )
        ]
        queued = str([SignedPackage.loads(row.payload) for row in OrmQ.objects.all()])
        for task_id in pressed:
            perform(task_id)

        assert fake.requests
        assert fake.requests[0].headers["authorization"] == f"…{KEY[-4:]}"
        assert len(pressed) == 3
        assert all(task_id in queued for task_id in pressed)
        operator = enter(make_user("root", is_staff=True, is_superuser=True))
        pages = [
            *(logged_in.get(path) for path in ("/", "/tokens/", f"/email/{email.pk}/")),
            *(logged_in.get(f"/tasks/{task_id}/status") for task_id in pressed),
            *(logged_in.get(f"/tasks/{task_id}/status", headers=HTMX) for task_id in pressed),
            *(operator.get(f"/admin/{path}/") for path in ("ai/servicetoken", "ai/aicall", "runs/taskrun")),
            operator.get(f"/admin/ai/servicetoken/{token.pk}/change/"),
            *(operator.get(f"/admin/runs/taskrun/{task_id}/change/") for task_id in pressed),
        ]
        shown = "".join(page.content.decode() for page in pages)
        stored = "".join(
            serializers.serialize("json", model.objects.all()) for model in (TaskRun, AiCall, ServiceToken)
        )
        logged = caplog.text + "".join(capfd.readouterr())

        assert all(page.status_code == 200 for page in pages)
        assert "openai" in logged  # the client does log, at DEBUG
        for place, text in {"queue": queued, "pages": shown, "rows": stored, "log": logged}.items():
            assert KEY not in text, f"the key is in the {place}"
            assert KEY[3:-4] not in text, f"most of the key is in the {place}"

    def test_it_is_not_in_what_a_token_says_of_itself(self, token):
        assert KEY not in f"{token} {token!r} {token.credential()!r}"

    def test_it_hints_at_no_short_key(self, user):
        assert make_token(user, key="short-key").key_hint == ""
