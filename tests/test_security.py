"""Nobody reaches what is another user's: every route of the URL configuration is tried, also those added later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import serializers
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from emails.models import Batch, Correction, ShownSender
from mailai.ai.models import AiCall
from mailai.runs.models import TaskRun
from replies.models import Draft, WritingProfile
from tests.contract.asking import HTMX, PAGE, as_json, refused
from tests.factories import (
    make_account,
    make_analysis,
    make_attachment,
    make_draft,
    make_email,
    make_run,
    make_sending,
    make_token,
)

MARK = "Zanzibar-4711"  # in everything that the owner has, and in nothing else
# They show nothing of anybody.
PUBLIC = {"login", "logout", "language", "theme", "styleguide", "admin", "static"}
FORMS: tuple[dict[str, str], ...] = ({}, HTMX, PAGE)
OURS = ("emails", "replies", "ai", "runs")


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every (route, pattern) of this site but the admin's own."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from routes(pattern.url_patterns, route)
        elif pattern.name not in PUBLIC and not route.startswith("admin/"):
            yield route, pattern


ROUTES = sorted({(f"/{route}", tuple(pattern.pattern.converters)) for route, pattern in routes()})
PRIVATE = [route for route, names in ROUTES if names]
PERSONAL = [route for route, names in ROUTES if not names]
ACTING = {
    "/activity/again",
    "/activity/cancel",
    "/notifications/seen",
    "/mail/sample",
    "/mail/sample/remove",
    "/start/dismiss",
    "/start/local",
}  # show nothing: what they do is tested in runs/test_activity.py, emails/uploads and emails/onboarding
ASKED = {"/activity/live": "?newest=0_0"}  # shows what a page does not have yet
NO_PAGES = [route for route in PERSONAL if route.startswith("/inbox/")]  # see tests/emails/test_inbox_*.py


@pytest.fixture
def owned(user):
    """One of everything, and the values that address it: a route with a new kind of value fails until it is here."""
    token = make_token(user, name=MARK)
    email = make_email(user, subject=MARK, text=MARK, html=f"<p>{MARK}</p>", raw=MARK.encode())
    analysis = make_analysis(email, summary=MARK)
    Correction.objects.create(email=email, urgency=3)
    sender = ShownSender.objects.create(user=user, address=f"{MARK}@example.com")
    make_attachment(email, name=MARK)
    draft = make_draft(email, text=MARK)
    WritingProfile.objects.create(user=user, name=MARK)
    account = make_account(user, name=MARK, smtp_host="localhost", may_write=True, standing="works")
    make_run(user, "account_test", "queued", account=account)
    run = make_run(user, "reply", "retrying", email=email, partial=MARK, error_message=MARK)
    make_run(user, "token_test", "queued", token=token)
    ended = make_run(user, "base", "failed", email=email, awaited=True)
    make_run(user, "import", "queued", params={"files": [MARK]})
    sending = make_sending(draft, sender=MARK)
    times = {"started_at": timezone.now(), "duration_ms": 1}
    AiCall.objects.create(user=user, kind="base", provider="openai", model=MARK, prompt_version="1", **times)
    assert (analysis.email, draft.email) == (email, email)
    return {
        "email_id": email.pk,
        "position": 0,
        "token_id": token.pk,
        "task_id": run.pk,
        "key": ended.pk.hex,
        "sender_id": sender.pk,
        "account_id": account.pk,
        "sending_id": sending.pk,
        "batch_id": Batch.objects.create(user=user, kind="base").pk,
    }


def address(route: str, values: dict[str, Any]) -> str:
    for name, value in values.items():
        for converter in ("int", "str", "uuid"):
            route = route.replace(f"<{converter}:{name}>", str(value))
    assert "<" not in route, f"{route}: tell in `owned` what belongs there"
    return route


def everything() -> list[str]:
    """All rows of our tables, as text."""
    models = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    return [serializers.serialize("json", model.objects.order_by("pk")) for model in models]


def test_it_finds_the_routes():
    assert {
        "/email/<int:email_id>/optimize",
        "/tasks/<str:task_id>/status",
        "/email/<int:email_id>/html",
    } <= set(PRIVATE)
    assert {"/", "/tokens/", "/profile/"} <= set(PERSONAL)


@pytest.mark.parametrize("route", PRIVATE)
def test_it_hides_what_is_anothers(intruder, stranger, owned, route):
    own = make_token(stranger)
    before = everything()
    path = address(route, owned)
    body = {"service_token_id": own.pk, "text": "mine"}
    for headers in FORMS:
        answers = [
            getattr(intruder, method)(path, body, headers=headers)
            for method in ("get", "post", "put", "delete")
        ]

        for answer in answers:
            assert MARK not in body_of(answer)
            if headers is HTMX and answer.status_code in (200, 286):
                assert re.search('data-code="(not_found|method_not_allowed)"', body_of(answer))
            else:
                assert answer.status_code in (404, 405), f"{answer.request['REQUEST_METHOD']} {path}"
        assert any(answer.status_code == 404 or "not_found" in body_of(answer) for answer in answers)
    assert everything() == before


@pytest.mark.parametrize("route", PRIVATE)
def test_it_lets_the_owner_in(logged_in, owned, route):
    """Without this, a mistake in the addresses above would look like safety."""
    path = address(route, owned)
    body = {"service_token_id": owned["token_id"], "text": "mine"}
    body |= {"account": owned["account_id"], "to": "ada@example.com"}
    answers = [logged_in.get(path), logged_in.post(path, body)]

    # 409: found, and not in a state for that.
    assert any(answer.status_code in (200, 201, 202, 302, 409) for answer in answers)
    assert all(answer.status_code != 404 for answer in answers)


@pytest.mark.parametrize("route", sorted(set(PERSONAL) - ACTING - set(NO_PAGES)))
def test_it_shows_everybody_their_own_only(intruder, logged_in, owned, route):
    path = route + ASKED.get(route, "")
    assert MARK in body_of(logged_in.get(path))
    assert MARK not in body_of(intruder.get(path))


@pytest.mark.parametrize("route", PRIVATE + PERSONAL)
def test_it_lets_nobody_in_without_a_login(client, settings, owned, route):
    settings.WHITENOISE_USE_FINDERS = False
    before = everything()
    for headers in FORMS:
        for method in ("get", "post"):
            answer = getattr(client, method)(address(route, owned), headers=headers)

            assert MARK not in body_of(answer)
            if "HX-Redirect" in answer:
                assert answer["HX-Redirect"].startswith("/login/")
            elif answer.status_code == 302:
                assert answer["Location"].startswith("/login/")
            else:
                assert answer.status_code in (401, 405)
    assert everything() == before


@pytest.mark.parametrize("route", PRIVATE + PERSONAL)
def test_it_takes_no_post_from_another_site(enter, user, owned, route):
    client = enter(user)
    client.handler.enforce_csrf_checks = True
    before = everything()

    answer = client.post(address(route, owned), {"service_token_id": owned["token_id"], "text": "mine"})

    assert answer.status_code in (403, 405)
    assert everything() == before


@pytest.mark.parametrize("route", PRIVATE + PERSONAL)
def test_it_keeps_private_pages_out_of_shared_caches(logged_in, owned, route):
    answer = logged_in.get(address(route, owned))

    if answer.status_code == 200:
        assert "private" in answer["Cache-Control"]


def test_it_does_not_take_a_strangers_draft_or_token_in_a_body(intruder, stranger, owned, user):
    theirs = make_email(stranger)
    foreign_draft = Draft.objects.get(user=user).pk

    refused(
        as_json(intruder, f"/emails/{theirs.pk}/draft", {"draft_id": foreign_draft, "text": "x"}),
        404,
        "not_found",
    )
    refused(
        as_json(intruder, f"/email/{theirs.pk}/reprocess", {"service_token_id": owned["token_id"]}),
        404,
        "not_found",
    )
    assert not Draft.objects.filter(user=stranger).exists()
    assert not TaskRun.objects.filter(user=stranger).exists()


def test_it_does_not_take_a_draft_of_another_message(logged_in, user, owned):
    other = make_email(user)

    refused(
        as_json(logged_in, f"/emails/{other.pk}/draft", {"draft_id": Draft.objects.get().pk, "text": "x"}),
        404,
        "not_found",
    )


def test_it_keeps_a_thread_within_one_users_mail(logged_in, user, stranger):
    email = make_email(user, thread_key="t" * 64)
    make_email(stranger, thread_key="t" * 64, sender_name=MARK)

    assert MARK not in body_of(logged_in.get(f"/email/{email.pk}/"))


@pytest.mark.parametrize("path", ["/", "/tokens/", "/login/"])
def test_it_lets_no_script_of_others_run(logged_in, client, settings, path):
    settings.WHITENOISE_USE_FINDERS = False
    policy = (client if path == "/login/" else logged_in).get(path)["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/healthz", "/healthz/database", "/readyz"])
def test_it_is_public_on_purpose_and_tells_one_word(client, owned, path):
    """These stand in no URL configuration: a middleware answers them before the host is checked."""
    answer = client.get(path)

    assert answer.json() in ({"status": "ok"}, {"status": "no worker"})
    assert not answer.cookies


def body_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode(errors="replace")
