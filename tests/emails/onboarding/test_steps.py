"""The first steps of a new user: shown until they are done or put away, each true, all in one query."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from emails.onboarding.models import Onboarding
from emails.onboarding.steps import Steps, steps_of
from mailai.runs.models import TaskRun
from replies.models import WritingProfile
from tests.contract.asking import PAGE
from tests.emails.uploads.conftest import carried_out
from tests.factories import make_account, make_email, make_run, make_token

pytestmark = pytest.mark.django_db
PANEL = 'id="first-steps"'


def page_of(client: Client, path: str = "/") -> str:
    return html.unescape(client.get(path).content.decode())


def test_it_leads_a_new_user(logged_in: Client, user: User, rules: Any) -> None:
    page = page_of(logged_in)

    assert steps_of(user) == Steps(look=False, mail=False, model=False, words=False)
    assert "Welcome to mailai" in page
    assert "0 of 4 steps done" in page
    for address in ("/mail/sample", "/accounts/", "/mail/upload", "/tokens/", "/start/local", "/profile/"):
        assert f'"{address}"' in page[page.index(PANEL) :]


@pytest.mark.parametrize(
    ("name", "do"),
    [
        ("look", lambda user: make_email(user, sample=True)),
        ("look", lambda user: Onboarding.objects.note(user, "looked_at")),
        ("mail", make_account),
        ("model", make_token),
        ("model", lambda user: Onboarding.objects.note(user, "local_at")),
        ("words", lambda user: WritingProfile.objects.create(user=user)),
    ],
)
def test_it_knows_what_is_done(
    user: User, stranger: User, rules: Any, name: str, do: Callable[[User], object]
) -> None:
    do(stranger)
    assert steps_of(user) == Steps(look=False, mail=False, model=False, words=False)

    do(user)
    assert steps_of(user) == Steps(
        **({"look": False, "mail": False, "model": False, "words": False} | {name: True})
    )


def test_own_mail_needs_no_sample(user: User) -> None:
    make_email(user)
    assert steps_of(user) == Steps(look=True, mail=True, model=False, words=False)


def test_it_ends_when_all_is_done(logged_in: Client, user: User) -> None:
    make_email(user)
    make_token(user)
    page = page_of(logged_in)
    assert "3 of 4 steps done" in page
    assert "<details>" in page[page.index(PANEL) :]  # folded, above the mail

    logged_in.post("/profile/", {"name": "Alex"})
    assert steps_of(user) is None
    assert PANEL not in page_of(logged_in)


def test_it_is_put_away_for_good(logged_in: Client, intruder: Client, user: User, stranger: User) -> None:
    answer = logged_in.post("/start/dismiss", headers=PAGE)

    assert answer.url == "/"
    page = page_of(logged_in)
    assert PANEL not in page
    assert "No mail yet" in page
    assert '"/mail/upload"' in page[page.index("No mail yet") :]
    assert PANEL in page_of(intruder)
    assert steps_of(stranger) is not None


def test_one_stays_local_with_a_press(logged_in: Client, user: User) -> None:
    logged_in.post("/start/local", headers=PAGE)
    page = page_of(logged_in)

    assert "1 of 4 steps done" in page
    assert "/start/local" not in page


def test_the_sample_is_looked_at_from_there(logged_in: Client, user: User) -> None:
    answer = logged_in.post("/mail/sample", {"back": "/"}, headers=PAGE)
    assert answer.url == "/"
    page = page_of(logged_in)
    run = TaskRun.objects.get()
    assert f'id="import-{run.pk}"' in page
    assert 'http-equiv="refresh"' in page
    assert "1 of 4 steps done" in page

    carried_out(run)
    page = page_of(logged_in)
    assert 'http-equiv="refresh"' not in page
    assert "import-" not in page
    assert page.count('id="row-') == 50
    logged_in.post("/mail/sample/remove")
    assert steps_of(user) == Steps(look=True, mail=False, model=False, words=False)


@pytest.mark.parametrize("path", ["/start/dismiss", "/start/local"])
def test_only_a_user_can_and_only_by_a_press(logged_in: Client, user: User, path: str) -> None:
    assert Client().post(path).status_code == 401
    assert logged_in.get(path).status_code == 405
    assert not Onboarding.objects.exists()


def test_it_takes_one_query(user: User, django_assert_num_queries: Any) -> None:
    make_email(user)
    with django_assert_num_queries(1):
        steps_of(user)


@pytest.mark.parametrize("values", ["?q=unicorn", "?done=1"])
def test_it_stands_on_the_inbox_alone(logged_in: Client, user: User, values: str) -> None:
    make_email(user)
    assert PANEL not in page_of(logged_in, f"/{values}")


class TestEmptyPages:
    """Each says what to do next."""

    def test_a_search_leads_on(self, logged_in: Client, email: Any) -> None:
        page = page_of(logged_in, "/?q=unicorn")
        assert 'href="/?q=unicorn&done=1"' in page
        assert "done=1" not in page_of(logged_in, "/?q=unicorn&done=1").split("No matches")[1]

    def test_a_matrix_without_an_analysis_leads_on(self, logged_in: Client, email: Any) -> None:
        assert "so the matrix is empty" in page_of(logged_in, "/?view=matrix")

    def test_accounts_and_tokens_lead_on(self, logged_in: Client, user: User) -> None:
        assert "No account yet." in page_of(logged_in, "/accounts/")
        assert "by the built-in rules alone" in page_of(logged_in, "/tokens/")
        make_account(user)
        make_token(user)
        assert "No account yet." not in page_of(logged_in, "/accounts/")
        assert "by the built-in rules alone" not in page_of(logged_in, "/tokens/")

    def test_a_reply_leads_on(self, logged_in: Client, user: User, email: Any) -> None:
        assert "No draft yet" in page_of(logged_in, f"/email/{email.pk}/")
        make_run(user, "reply", "running", email=email)
        assert "No draft yet" not in page_of(logged_in, f"/email/{email.pk}/")

    def test_many_that_match_no_more_lead_on(self, logged_in: Client) -> None:
        answer = logged_in.post("/inbox/act", {"action": "analyse", "all": "1", "query": "?q=unicorn"})
        assert "No message matches any more." in answer.content.decode()

    def test_the_login_leads_on(self, db: None) -> None:
        assert "createsuperuser" in page_of(Client(), "/login/")

    def test_the_login_says_who_helps(self, user: User) -> None:
        page = page_of(Client(), "/login/")
        assert "createsuperuser" not in page
        assert "forgot your password? Ask whoever runs this site" in page
