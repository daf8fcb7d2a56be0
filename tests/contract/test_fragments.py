"""The same presses and looks with HX-Request: fragments, and never a dead button."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from mailai.runs.models import TaskRun
from tests.contract.asking import BASE, HTMX, OPTIMIZE, PRESSES, REPLY, as_htmx, not_stored
from tests.factories import make_analysis, make_email, make_run, make_token

each_press = pytest.mark.parametrize("press", PRESSES, ids=lambda press: press.kind)


@pytest.fixture
def email(user):
    email = make_email(user)
    make_analysis(email)
    return email


def root_of(response):
    """The id of the fragment's root element, and whether anything in it asks again by itself."""
    html = response.content.decode()
    tag = re.match(r"\s*<section ([^>]*)>", html)
    assert tag, html
    return re.search(r'id="([^"]+)"', tag[1])[1], "hx-trigger=" in html


def noticed(response, code, status=200):
    """A refusal that htmx swaps in and a person sees."""
    assert response.status_code == status
    html = response.content.decode()
    assert f'data-code="{code}"' in html
    assert 'role="alert"' in html
    assert "<html" not in html
    not_stored(response)


@each_press
def test_it_answers_with_the_panel_that_polls(logged_in, email, rules, press):
    response = as_htmx(logged_in, press.path(email), {"service_token_id": rules.pk})

    assert response.status_code == 200
    assert root_of(response) == (press.panel, True)
    not_stored(response)
    assert f'hx-get="/tasks/{TaskRun.objects.get().pk}/status' in response.content.decode()


@each_press
def test_it_shows_the_run_that_is_under_way(logged_in, email, rules, press):
    for _ in range(2):
        response = as_htmx(logged_in, press.path(email), {"service_token_id": rules.pk})

    assert root_of(response) == (press.panel, True)
    assert TaskRun.objects.count() == 1


@each_press
def test_it_puts_a_refusal_where_it_is_seen(logged_in, email, token, press):
    token.revoke()

    response = as_htmx(logged_in, press.path(email), {"service_token_id": token.pk}, target=press.panel)

    noticed(response, "token_revoked")
    assert response["HX-Retarget"] == f"#{press.panel} .notice"
    assert response["HX-Reswap"] == "innerHTML"


@each_press
def test_it_has_a_place_for_a_refusal_in_every_panel(logged_in, email, rules, press):
    page = logged_in.get(f"/email/{email.pk}/").content.decode()
    panel = page[page.index(f'id="{press.panel}"') :]

    assert '<div class="notice"' in panel[: panel.index("</section>")]


@pytest.mark.parametrize(
    ("body", "code"), [({}, "token_required"), ({"service_token_id": "-1"}, "malformed")], ids=["none", "bad"]
)
def test_it_shows_what_is_missing_or_malformed(logged_in, email, body, code):
    noticed(as_htmx(logged_in, BASE.path(email), body), code)


def test_it_shows_that_the_base_analysis_is_missing(logged_in, user, rules):
    bare = make_email(user)

    noticed(as_htmx(logged_in, OPTIMIZE.path(bare), {"service_token_id": rules.pk}), "no_base")


def test_it_shows_an_expired_token(logged_in, user, email, a_second_ago):
    expired = make_token(user, expires_at=a_second_ago)

    noticed(as_htmx(logged_in, REPLY.path(email), {"service_token_id": expired.pk}), "token_expired")


def test_it_shows_that_something_is_not_there(intruder, email):
    noticed(as_htmx(intruder, BASE.path(email)), "not_found")


def test_it_shows_a_page_that_is_out_of_date(client, user, email):
    client.force_login(user)
    client.handler.enforce_csrf_checks = True

    response = as_htmx(client, BASE.path(email))

    assert response.status_code == 200
    assert 'data-code="csrf"' in response.content.decode()


@each_press
def test_it_leads_back_from_the_login_page_with_what_the_address_said(client, email, press):
    here = f"/email/{email.pk}/?draft=2&list=unread%3D1"

    response = client.post(
        press.path(email), headers=HTMX | {"HX-Current-URL": f"http://testserver{here}#send"}
    )

    way = parse_qs(urlsplit(response["HX-Redirect"]).query)
    assert way["next"] == [f"{here}#send"]


@each_press
def test_it_leads_to_the_login_page_instead_of_swapping_it_in(client, email, press):
    headers = HTMX | {"HX-Current-URL": f"http://testserver/email/{email.pk}/"}

    response = client.post(press.path(email), headers=headers)

    assert response.status_code == 200
    assert response["HX-Redirect"] == f"/login/?next=/email/{email.pk}/"
    assert not response.content
    not_stored(response)


@pytest.mark.parametrize(
    ("kind", "panel"),
    [
        ("base", "panel-base"),
        ("optimize", "panel-optimize"),
        ("reply", "panel-reply"),
        ("token_test", "token-"),
    ],
)
@pytest.mark.parametrize(
    ("status", "polls"),
    [
        ("queued", True),
        ("running", True),
        ("retrying", True),
        ("succeeded", False),
        ("failed", False),
        ("cancelled", False),
    ],
)
def test_it_polls_only_while_the_run_is_active(logged_in, user, email, token, kind, panel, status, polls):
    about = {"token": token} if kind == "token_test" else {"email": email}
    run = make_run(user, kind, status, **about)

    response = logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX)

    root, asks_again = root_of(response)
    assert root.startswith(panel)
    assert asks_again is polls
    not_stored(response)


def test_it_answers_a_poll_that_knows_it_all_with_nothing(logged_in, user, email):
    run = make_run(user, status="running", email=email, progress=20)

    response = logged_in.get(f"/tasks/{run.pk}/status", {"seen": run.version}, headers=HTMX)

    assert response.status_code == 204
    not_stored(response)
    TaskRun.objects.update(progress=30)
    assert logged_in.get(f"/tasks/{run.pk}/status", {"seen": run.version}, headers=HTMX).status_code == 200


@pytest.mark.parametrize("kind", ["base", "optimize", "reply", "token_test", "save_draft"])
@pytest.mark.parametrize("status", ["queued", "running", "retrying"])
def test_it_answers_a_page_that_shows_the_run_as_active_with_its_progress_alone(
    logged_in, user, email, token, kind, status
):
    about = {"token": token} if kind == "token_test" else {"email": email}
    run = make_run(user, kind, status, progress=30, **about)

    response = logged_in.get(f"/tasks/{run.pk}/status", {"seen": "queued.0.queued.0.0.0"}, headers=HTMX)

    assert response["HX-Retarget"] == "this"
    html = response.content.decode()
    assert html.startswith('<div class="run"')
    assert f'hx-get="/tasks/{run.pk}/status?seen={run.version}"' in html
    assert "<section" not in html
    not_stored(response)


@pytest.mark.parametrize("seen", ["", "succeeded.1.done.100.0.0", "rubbish"])
def test_it_answers_any_other_page_with_the_whole_panel(logged_in, user, email, seen):
    run = make_run(user, status="running", email=email)

    response = logged_in.get(f"/tasks/{run.pk}/status", {"seen": seen}, headers=HTMX)

    assert root_of(response) == ("panel-base", True)
    assert "HX-Retarget" not in response


def test_it_answers_with_the_whole_panel_when_the_run_has_ended(logged_in, user, email):
    run = make_run(user, status="succeeded", email=email)

    response = logged_in.get(f"/tasks/{run.pk}/status", {"seen": "running.1.asking.30.0.0"}, headers=HTMX)

    assert root_of(response) == ("panel-base", False)


def test_it_stops_a_poll_that_will_never_be_answered(intruder, user, email):
    run = make_run(user, email=email)

    noticed(intruder.get(f"/tasks/{run.pk}/status", headers=HTMX), "not_found", status=286)


def test_it_shows_why_a_run_failed_and_how_to_go_on(logged_in, user, email, rules):
    run = make_run(user, status="failed", email=email, error_code="auth")

    html = logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()

    assert 'data-code="auth"' in html
    assert "refused the key" in html
    assert f'hx-post="/email/{email.pk}/reprocess"' in html


def test_it_cancels_and_shows_the_panel(logged_in, user, email):
    run = make_run(user, status="running", email=email)

    response = as_htmx(logged_in, f"/tasks/{run.pk}/cancel")

    assert root_of(response) == ("panel-base", False)
    assert "Cancelled" in response.content.decode()


def test_it_hurries_a_waiting_retry_and_only_that(logged_in, user, email):
    run = make_run(user, status="retrying", email=email)

    assert root_of(as_htmx(logged_in, f"/tasks/{run.pk}/retry")) == ("panel-base", True)
    run.refresh_from_db()
    assert run.queue_id is not None

    TaskRun.objects.update(status="queued")
    noticed(as_htmx(logged_in, f"/tasks/{run.pk}/retry"), "wrong_state")


def test_it_escapes_what_a_model_or_a_sender_wrote(logged_in, user, email, rules):
    evil = "<script>alert(1)</script>"
    make_analysis(email, summary=evil, reasoning=evil, tags=[evil], questions=[evil])
    run = make_run(user, "reply", "running", email=email, partial=evil, progress=30, message="receiving")

    for path in (f"/tasks/{run.pk}/status", f"/email/{email.pk}/"):
        html = logged_in.get(path, headers=HTMX if "tasks" in path else {}).content.decode()
        assert evil not in html
        assert "&lt;script&gt;" in html
