"""How often a user may press: counted per kind and user, exactly, and only when a press is accepted."""

from __future__ import annotations

import pytest

from mailai.postgres.models import CacheEntry
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.contract.asking import BASE, OPTIMIZE, PRESSES, REPLY, as_form, as_htmx, as_json, refused
from tests.factories import make_analysis, make_email, make_token


@pytest.fixture
def emails(user):
    """More messages than may be pressed on."""
    emails = [make_email(user) for _ in range(8)]
    for email in emails:
        make_analysis(email)
    return emails


@pytest.fixture(autouse=True)
def few(settings):
    settings.MAILAI_RATES = {"base": "3/h", "optimize": "2/h", "reply": "1/h", "token_test": "1/h"}


@pytest.mark.parametrize(
    ("press", "limit"), list(zip(PRESSES, (3, 2, 1), strict=True)), ids=("base", "optimize", "reply")
)
def test_it_accepts_as_many_presses_as_the_rate_of_the_kind_says(logged_in, emails, rules, press, limit):
    for email in emails[:limit]:
        assert as_json(logged_in, press.path(email), {"service_token_id": rules.pk}).status_code == 202

    response = as_json(logged_in, press.path(emails[limit]), {"service_token_id": rules.pk})

    body = refused(response, 429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 3605
    assert "minute" in body["error"]
    assert TaskRun.objects.count() == limit


def test_it_limits_tests_of_tokens(logged_in, rules, token):
    assert logged_in.post(f"/tokens/{rules.pk}/test").status_code == 202
    refused(logged_in.post(f"/tokens/{token.pk}/test"), 429, "rate_limited")


def test_it_shows_the_refusal_in_the_panel(logged_in, emails, rules):
    as_htmx(logged_in, REPLY.path(emails[0]))

    response = as_htmx(logged_in, REPLY.path(emails[1]), target="panel-reply")

    assert response.status_code == 200
    assert 'data-code="rate_limited"' in response.content.decode()
    assert response["HX-Retarget"] == "#panel-reply .notice"
    assert int(response["Retry-After"]) > 0


def test_it_shows_the_refusal_as_a_page(logged_in, emails, rules):
    as_form(logged_in, REPLY.path(emails[0]))

    response = as_form(logged_in, REPLY.path(emails[1]))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "<html" in response.content.decode()


def test_it_does_not_count_a_press_that_finds_a_run_under_way(logged_in, emails, rules):
    for _ in range(5):
        assert as_json(logged_in, OPTIMIZE.path(emails[0]), {"service_token_id": rules.pk}).status_code == 202
    assert as_json(logged_in, OPTIMIZE.path(emails[1]), {"service_token_id": rules.pk}).status_code == 202

    refused(as_json(logged_in, OPTIMIZE.path(emails[2]), {"service_token_id": rules.pk}), 429, "rate_limited")


def test_it_finds_a_run_under_way_even_when_no_press_is_left(logged_in, emails, rules):
    first = as_json(logged_in, REPLY.path(emails[0])).json()

    assert as_json(logged_in, REPLY.path(emails[0])).json()["task_id"] == first["task_id"]


def test_it_does_not_count_what_it_refuses(logged_in, user, stranger, emails, rules, token):
    token.revoke()
    bare, foreign = make_email(user), make_email(stranger)
    for path, body in [
        (OPTIMIZE.path(bare), {"service_token_id": rules.pk}),
        (OPTIMIZE.path(foreign), {"service_token_id": rules.pk}),
        (OPTIMIZE.path(emails[0]), {"service_token_id": token.pk}),
        (OPTIMIZE.path(emails[0]), {"service_token_id": make_token(stranger).pk}),
        (OPTIMIZE.path(emails[0]), {}),
        (OPTIMIZE.path(emails[0]), "{"),
    ]:
        assert as_json(logged_in, path, body).status_code >= 400

    assert not CacheEntry.objects.exists()


def test_it_leaves_nothing_of_a_press_beyond_the_limit(logged_in, emails, rules):
    as_json(logged_in, REPLY.path(emails[0]))
    counted = list(CacheEntry.objects.values_list("key", "value"))
    assert [value for _key, value in counted] == ["1"]

    for email in emails[1:4]:
        refused(as_json(logged_in, REPLY.path(email)), 429, "rate_limited")

    assert list(CacheEntry.objects.values_list("key", "value")) == counted
    assert TaskRun.objects.count() == 1


def test_it_counts_each_user_and_each_kind_alone(logged_in, enter, stranger, emails, rules):
    theirs = make_email(stranger)

    assert as_json(logged_in, REPLY.path(emails[0])).status_code == 202
    assert as_json(enter(stranger), REPLY.path(theirs)).status_code == 202
    assert as_json(logged_in, BASE.path(emails[0]), {"service_token_id": rules.pk}).status_code == 202


def test_it_does_not_give_a_press_back_when_its_run_ends(logged_in, emails, rules):
    perform(as_json(logged_in, REPLY.path(emails[0])).json()["task_id"])

    refused(as_json(logged_in, REPLY.path(emails[0])), 429, "rate_limited")


def test_it_says_how_many_second_opinions_are_left(logged_in, emails, rules):
    def left():
        return logged_in.get(f"/email/{emails[7].pk}/").content.decode().split('data-left="')[1][0]

    assert left() == "2"
    as_json(logged_in, OPTIMIZE.path(emails[0]), {"service_token_id": rules.pk})
    assert left() == "1"
