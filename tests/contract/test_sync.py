"""MAILAI_SYNC: for debugging, the click does the work itself and answers in the same form."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django_q.models import OrmQ

from emails.models import Upload
from mailai.runs.models import TaskRun
from tests.accounts.letters import letter
from tests.contract.asking import BASE, PAGE, REPLY, as_form, as_htmx, as_json
from tests.factories import make_token

# The work begins when the press is committed, so these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def inline(settings):
    settings.MAILAI_SYNC = True


def test_it_has_done_the_work_when_json_is_answered(logged_in, email, rules):
    response = as_json(logged_in, BASE.path(email), {"service_token_id": rules.pk})

    assert response.status_code == 202
    assert response.json()["status"] == "queued"
    assert logged_in.get(f"/tasks/{response.json()['task_id']}/status").json()["status"] == "SUCCESS"
    assert email.analyses.count() == 1
    assert not OrmQ.objects.exists()


def test_it_shows_the_finished_panel(logged_in, email, rules):
    html = as_htmx(logged_in, BASE.path(email), {"service_token_id": rules.pk}).content.decode()

    assert 'id="panel-base"' in html
    assert "hx-get" not in html
    assert "By the built-in rules" in html


def test_it_leads_a_form_back_to_the_finished_draft(logged_in, email, rules):
    response = as_form(logged_in, REPLY.path(email), {"service_token_id": rules.pk})

    assert email.drafts.get().text in logged_in.get(response["Location"]).content.decode().replace(
        "&#x27;", "'"
    )


def test_it_tells_of_a_failure_at_once_and_does_not_retry(logged_in, email, user, fake):
    token = make_token(user, "fake:status=503")

    html = as_htmx(logged_in, BASE.path(email), {"service_token_id": token.pk}).content.decode()

    assert 'data-code="overloaded"' in html
    assert TaskRun.objects.get().status == "failed"


def test_it_has_stored_an_upload_when_its_page_is_shown(logged_in, user):
    files = [ContentFile(letter(1), "a.eml")]
    response = logged_in.post("/mail/upload", {"files": files}, headers=PAGE)

    page = logged_in.get(response["Location"]).content.decode()
    assert "1 message was stored." in page
    assert user.emails.get().subject == "Letter 1"
    assert not Upload.objects.exists()
