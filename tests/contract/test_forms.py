"""The buttons in a browser without JavaScript: redirects, and pages for what went wrong."""

from __future__ import annotations

import pytest

from mailai.runs.models import TaskRun
from tests.contract.asking import BASE, PAGE, PRESSES, as_form
from tests.factories import make_analysis, make_run

each_press = pytest.mark.parametrize("press", PRESSES, ids=lambda press: press.kind)


@each_press
def test_it_leads_back_to_the_message(logged_in, email, rules, press):
    make_analysis(email)

    response = as_form(logged_in, press.path(email), {"service_token_id": rules.pk})

    assert response.status_code == 302
    assert response["Location"] == f"/email/{email.pk}/#{press.panel}"
    assert TaskRun.objects.get().kind == press.kind


@each_press
def test_it_leads_back_to_the_list_that_the_message_was_opened_from(logged_in, email, rules, press):
    make_analysis(email)
    page = f"/email/{email.pk}/?list=unread%3D1"
    back = f"{page}#{press.panel}"
    assert f'name="back" value="{back}"' in logged_in.get(page).content.decode()

    response = as_form(logged_in, press.path(email), {"service_token_id": rules.pk, "back": back})

    assert response["Location"] == back
    assert f'name="back" value="{back}"' in logged_in.get(page).content.decode()  # to cancel it


def test_it_shows_a_refusal_as_a_page(logged_in, email):
    response = as_form(logged_in, BASE.path(email))

    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")
    assert "say which token to use" in response.content.decode()


def test_it_shows_what_is_not_there_as_a_page(logged_in, intruder, email):
    for response in (as_form(intruder, BASE.path(email)), logged_in.get("/nowhere/", headers=PAGE)):
        assert response.status_code == 404
        assert "<html" in response.content.decode()


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        ("http://testserver/email/7/?draft=2", "/email/7/%3Fdraft%3D2"),
        ("https://evil.example/email/7/", "/"),
        ("", "/"),
    ],
)
def test_it_leads_to_the_login_page_and_back_to_where_it_was_sent_from(client, email, sent_from, back):
    response = client.post(BASE.path(email), headers=PAGE | {"Referer": sent_from})

    assert response.status_code == 302
    assert response["Location"] == f"/login/?next={back}"


def test_it_leads_back_after_a_cancel(logged_in, user, email):
    run = make_run(user, email=email)

    response = as_form(logged_in, f"/tasks/{run.pk}/cancel")

    assert response["Location"] == f"/email/{email.pk}/#panel-base"
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_it_shows_a_form_that_is_out_of_date_as_a_page(client, user, email):
    client.force_login(user)
    client.handler.enforce_csrf_checks = True

    response = as_form(client, BASE.path(email))

    assert response.status_code == 403
    assert "<html" in response.content.decode()
