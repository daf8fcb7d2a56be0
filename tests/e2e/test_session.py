"""A session that ends while somebody works: they log in and go on where they were, with what they wrote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from mailai.runs.models import TaskRun
from tests.e2e.site import wait_for
from tests.factories import make_draft, make_run, make_user

pytestmark = pytest.mark.browser
KEPT = "sessionStorage.getItem('mailai.kept')"
PASSWORD = "correct-horse-4711"


@pytest.fixture
def person(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


def end_session(page: Page) -> None:
    """As if its time were up."""
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    Session.objects.filter(pk=key).delete()


def log_in(page: Page, user: User) -> None:
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out").click()


def test_a_session_that_ends_while_somebody_types(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/?at=1")
    end_session(page)
    page.get_by_label("Text of the reply").press_sequentially("Dear Ada, yes.")
    page.wait_for_url(f"**/login/?next=/email/{letter.pk}/%3Fat%3D1")
    log_in(page, person)
    page.wait_for_url(f"**/email/{letter.pk}/?at=1")
    expect(page.get_by_label("Text of the reply")).to_have_value("Dear Ada, yes.")
    assert page.evaluate(KEPT) is None
    wait_for(page, lambda: letter.drafts.filter(text="Dear Ada, yes.").exists())


def test_a_session_that_ends_on_a_press(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_label("What should it say?").fill("Say no, but kindly.")
    end_session(page)
    page.get_by_role("button", name="Draft a reply").click()
    log_in(page, person)
    expect(page.get_by_label("What should it say?")).to_have_value("Say no, but kindly.")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    assert TaskRun.objects.get(email=letter).params["instructions"] == "Say no, but kindly."


def test_a_session_that_ends_while_a_run_is_polled(
    page: Page, person: User, letter: Email, complaints: list[str]
) -> None:
    make_run(person, "base", "running", email=letter)
    page.goto(f"/email/{letter.pk}/")
    page.route("**/draft", lambda route: route.abort())
    page.get_by_label("Text of the reply").press_sequentially("Not saved yet")
    end_session(page)
    page.wait_for_url("**/login/**")
    page.unroute("**/draft")
    log_in(page, person)
    expect(page.get_by_label("Text of the reply")).to_have_value("Not saved yet")
    expect(page.locator("#panel-base progress")).to_be_visible()
    complaints.clear()  # the browser notes the requests that failed


def test_a_plain_form_leads_back_to_its_page(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    end_session(page)
    page.get_by_role("button", name="Mark done").click()
    page.wait_for_url(f"**/login/?next=/email/{letter.pk}/")
    log_in(page, person)
    expect(page.get_by_role("heading", name=letter.subject)).to_be_visible()


def test_nobody_else_gets_what_was_typed(page: Page, person: User, letter: Email) -> None:
    other = make_user(f"other-{letter.pk}")
    other.set_password(PASSWORD)
    other.save()
    page.goto(f"/email/{letter.pk}/")
    end_session(page)
    page.get_by_label("Text of the reply").press_sequentially("A secret of mine")
    page.wait_for_url("**/login/**")
    assert "A secret of mine" in page.evaluate(KEPT)
    page.goto("/login/")
    log_in(page, other)
    expect(page.get_by_role("button", name=f"Menu {other.username}")).to_be_visible()
    assert page.evaluate(KEPT) is None
    page.context.clear_cookies()
    page.goto(f"/login/?next=/email/{letter.pk}/")
    log_in(page, person)
    expect(page.get_by_label("Text of the reply")).to_have_value("")


def test_nothing_is_kept_for_somebody_who_logs_out(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_label("What should it say?").fill("Say no, but kindly.")
    log_out(page)
    page.wait_for_url("**/login/**")
    assert page.evaluate(KEPT) is None


def test_nothing_is_kept_beyond_the_next_page(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_label("What should it say?").fill("Say no, but kindly.")
    page.goto("/activity/")
    assert page.evaluate(KEPT) is None


def test_what_another_tab_saved_meanwhile_stays(page: Page, person: User, letter: Email) -> None:
    make_draft(letter, edited=True, text="Hello")
    page.goto(f"/email/{letter.pk}/")
    end_session(page)
    page.get_by_label("Text of the reply").fill("Hello from here")
    page.wait_for_url("**/login/**")
    letter.drafts.update(text="Hello from there", revision=1)
    log_in(page, person)
    expect(page.locator("#editor-state")).to_contain_text("Saved as version 2")
    assert sorted(draft.text for draft in letter.drafts.all()) == ["Hello from here", "Hello from there"]


def test_a_second_tab_goes_on_after_a_login_in_the_first(
    page: Page, context: BrowserContext, person: User, letter: Email
) -> None:
    second = context.new_page()
    second.goto(f"/email/{letter.pk}/")
    page.goto(f"/email/{letter.pk}/")
    end_session(page)
    page.get_by_role("link", name="Activity").click()
    log_in(page, person)
    expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    second.get_by_label("Text of the reply").press_sequentially("Still here")
    expect(second.locator("#editor-state")).to_contain_text("Saved in version 1")
    second.get_by_role("button", name="Mark done").click()
    wait_for(second, lambda: Email.objects.filter(pk=letter.pk, done_at__isnull=False).exists())


def test_a_page_of_somebody_else_presses_nothing(
    enter: Callable[..., BrowserContext], page: Page, person: User, letter: Email, complaints: list[str]
) -> None:
    other = make_user(f"another-{letter.pk}")
    other.set_password(PASSWORD)
    other.save()
    page.goto("/profile/")
    page.get_by_label("Your name").fill("Alex")
    second = page.context.new_page()
    second.goto("/")
    log_out(second)
    log_in(second, other)
    expect(second.get_by_role("button", name=f"Menu {other.username}")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("This page is out of date.")
    complaints.clear()  # the browser notes the 403
