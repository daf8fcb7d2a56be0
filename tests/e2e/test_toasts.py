"""A run that ends while somebody looks elsewhere: a toast that leads there, and a count in the page's title."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect

from emails.models import Email
from mailai.runs.models import TaskRun
from mailai.runs.notifications.awaited import EXPECTS
from mailai.sessions import SessionStore
from tests.e2e.site import wait_for
from tests.factories import make_analysis, make_email, make_run, make_token

pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks.js").read_text()
HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture(autouse=True)
def expecting(context: BrowserContext) -> None:
    expect_news(context)


def expect_news(context: BrowserContext) -> None:
    """As if somebody had pressed in this session."""
    key = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(key)
    session[EXPECTS] = True
    session.save()


def toast(page: Page) -> Locator:
    return page.locator("#notifications .toast:not([hidden])")


def under_way(letter: Email, **fields: object) -> TaskRun:
    return make_run(letter.user, "base", "running", email=letter, awaited=True, **fields)


def end(run: TaskRun, status: str = "succeeded") -> None:
    fields = {"result": {}, "message": "done"} if status == "succeeded" else {"error_code": "timeout"}
    TaskRun.objects.filter(pk=run.pk).update(
        status=status, lease_until=None, finished_at=timezone.now(), **fields
    )


def test_a_run_that_ends_on_another_page(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:drip=0.08")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply progress")).to_be_visible()
    page.goto("/activity/?state=failed")
    expect(toast(page)).to_contain_text("Reply draft: done")
    expect(toast(page)).to_contain_text(letter.subject)
    expect(page).to_have_title("(1) Activity · mailai")
    expect(page.locator("#announce")).to_contain_text("Reply draft: done")
    toast(page).get_by_role("link", name=letter.subject).click()
    page.wait_for_url(f"**/email/{letter.pk}/#panel-reply")
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    expect(toast(page)).to_have_count(0)
    expect(page).to_have_title(f"{letter.subject} · mailai")


def test_a_run_that_ends_before_the_next_page_is_there(page: Page, letter: Email) -> None:
    end(under_way(letter), "failed")
    page.goto("/profile/")
    expect(toast(page)).to_contain_text("Analysis: failed")
    expect(toast(page)).to_contain_text("The model did not answer in time.")
    assert page.evaluate("document.querySelector('#notifications').hasAttribute('hx-get')") is False


def test_a_result_before_ones_eyes_is_no_news(page: Page, person: User, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    seen: list[str] = []
    page.expose_function("toasted", lambda: seen.append("toast"))
    page.evaluate(
        "new MutationObserver(() => document.querySelector('#notifications .toast:not([hidden])') && toasted())"
        ".observe(document.body, { subtree: true, childList: true, attributes: true })"
    )
    page.locator("#panel-base").get_by_role("button", name="Analyse").click()
    expect(page.locator("#panel-base .summary")).to_be_visible()
    wait_for(page, lambda: not TaskRun.objects.filter(email=letter, awaited=True).exists())
    page.reload()
    expect(page.locator("#panel-base .summary")).to_be_visible()
    expect(toast(page)).to_have_count(0)
    assert seen == []


def test_a_result_out_of_sight_is_told_and_shown_on_this_page(page: Page, person: User) -> None:
    letter = make_email(person, text="A long letter.\n\n" * 200)
    run = under_way(letter)
    page.set_viewport_size({"width": 600, "height": 700})
    page.goto(f"/email/{letter.pk}/?at=1")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    make_analysis(letter)
    end(run)
    expect(toast(page)).to_contain_text("Analysis: done")
    page.evaluate("window.stays = true")
    toast(page).get_by_role("link", name=letter.subject).click()
    expect(page.locator("#panel-base")).to_be_in_viewport()
    expect(toast(page)).to_have_count(0)
    assert page.evaluate("window.stays")
    wait_for(page, lambda: not TaskRun.objects.filter(pk=run.pk, awaited=True).exists())


def test_it_is_closed_in_all_tabs_and_does_not_come_back(
    page: Page, context: BrowserContext, letter: Email
) -> None:
    run = under_way(letter)
    second = context.new_page()
    for tab in (page, second):
        tab.goto("/profile/")
    end(run)
    for tab in (page, second):
        expect(toast(tab)).to_have_count(1)
    page.reload()
    expect(toast(page)).to_have_count(1)
    toast(page).get_by_role("button", name="Close").click()
    for tab in (page, second):
        expect(toast(tab)).to_have_count(0)
        expect(tab).to_have_title("How I write · mailai")
    page.reload()
    expect(page.get_by_role("heading", name="How I write")).to_be_visible()
    expect(toast(page)).to_have_count(0)


def test_a_good_end_stays_as_long_as_it_takes_to_read_and_a_failure_until_it_is_closed(
    page: Page, person: User, letter: Email
) -> None:
    end(under_way(letter))
    end(under_way(make_email(person, subject="Another")), "failed")
    page.clock.install()
    page.goto("/profile/")
    expect(toast(page)).to_have_count(2)
    toast(page).filter(has_text="done").hover()
    page.clock.run_for(60_000)
    expect(toast(page)).to_have_count(2)
    page.mouse.move(5, 5)
    page.evaluate(HIDE, True)
    page.clock.run_for(60_000)
    page.evaluate(HIDE, False)
    expect(toast(page)).to_have_count(2)
    page.clock.run_for(19_000)
    expect(toast(page)).to_have_count(2)
    page.clock.run_for(2_000)
    expect(toast(page)).to_have_count(1)
    expect(toast(page)).to_contain_text("failed")


def test_a_hidden_tab_tells_it_in_its_title(page: Page, person: User, letter: Email) -> None:
    run = under_way(letter)
    page.clock.install()
    page.goto(f"/email/{letter.pk}/")
    expect(page.locator("#panel-base progress")).to_be_visible()
    page.evaluate(HIDE, True)
    make_analysis(letter)
    end(run)
    page.clock.run_for(20_000)
    expect(page).to_have_title(f"(1) {letter.subject} · mailai")
    expect(page.locator("#panel-base progress")).to_be_visible()
    page.evaluate(HIDE, False)
    expect(page.locator("#panel-base .summary")).to_be_visible()
    expect(page).to_have_title(f"{letter.subject} · mailai")
    expect(toast(page)).to_have_count(0)


def test_a_tab_that_is_hidden_for_long_asks_no_more(page: Page, letter: Email) -> None:
    under_way(letter)
    page.clock.install()
    page.goto("/profile/")
    page.evaluate(HIDE, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(30):
        page.clock.run_for(10_000)
        wait_for(page, lambda: page.locator(".htmx-request").count() == 0)
    assert 10 <= len(asked) <= 22
    page.clock.run_for(60_000)
    del asked[:]
    page.clock.run_for(600_000)
    page.wait_for_timeout(200)
    assert asked == []
    with page.expect_request("**/notifications/**"):
        page.evaluate(HIDE, False)


def test_many_tabs_ask_as_one(page: Page, context: BrowserContext, letter: Email) -> None:
    run = under_way(letter)
    tabs = [page, *(context.new_page() for _ in range(4))]
    for tab in tabs:
        tab.goto("/profile/")
    asked: list[str] = []
    context.on(
        "request", lambda request: asked.append(request.url) if "/notifications/" in request.url else None
    )
    page.wait_for_timeout(7_000)
    assert 1 <= len(asked) <= 4
    end(run)
    for tab in tabs:
        expect(toast(tab)).to_have_count(1)
    assert len(asked) <= 8


def test_it_asks_for_nothing_while_nothing_is_under_way_and_again_after_a_press(
    page: Page, person: User, letter: Email
) -> None:
    make_token(person, "fake:drip=0.15")
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/notifications/" in request.url else None
    )
    page.goto(f"/email/{letter.pk}/")
    page.wait_for_timeout(3_500)
    assert asked == []
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#notifications[hx-get]")).to_have_count(1)
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    expect(page.locator("#notifications[hx-get]")).to_have_count(0)
    assert [urlsplit(url).path for url in asked] == ["/notifications/seen"]


def test_a_press_in_one_tab_is_told_in_another_when_the_first_is_gone(
    page: Page, person: User, letter: Email, context: BrowserContext
) -> None:
    make_token(person, "fake:drip=0.15")
    other = context.new_page()
    other.goto("/profile/")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#notifications[hx-get]")).to_have_count(1)
    page.close()
    expect(toast(other)).to_contain_text("Reply draft: done")


def test_a_page_whose_panel_asks_by_itself_leaves_it_at_that(page: Page, letter: Email) -> None:
    run = under_way(letter)
    page.goto(f"/email/{letter.pk}/")
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/notifications/" in request.url else None
    )
    page.wait_for_timeout(7_000)
    assert len(asked) <= 1
    end(run)
    wait_for(page, lambda: not TaskRun.objects.filter(pk=run.pk, awaited=True).exists(), 5)


def test_a_batch_is_told_as_one_on_another_page_and_not_beside_its_bar(
    page: Page, person: User, letter: Email, rules: object
) -> None:
    make_email(person)
    page.goto("/")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Analyse").click()
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#batch")).to_contain_text("Analysed 2 of 2")
    expect(page.locator("#notifications .toast")).to_have_count(0)
    wait_for(page, lambda: not TaskRun.objects.of(person).filter(awaited=True).exists())
    TaskRun.objects.of(person).update(awaited=True)
    expect_news(page.context)
    page.goto("/profile/")
    expect(toast(page)).to_contain_text("2 messages are analysed")
    toast(page).get_by_role("link", name="Show").click()
    expect(page.locator("#batch")).to_be_visible()
    expect(toast(page)).to_have_count(0)


def test_toasts_can_be_read_on_every_screen(
    enter: Callable[..., BrowserContext], person: User, results: Path
) -> None:
    for number in range(5):
        letter = make_email(person, subject=f"The contract for the hall in Harbour Lane, version {number}")
        end(under_way(letter), "failed" if number % 2 else "succeeded")
    for locale in ("en-GB", "de-DE"):
        context = enter(person, locale=locale, reduced_motion="reduce")
        expect_news(context)
        page = context.new_page()
        page.goto("/profile/")
        expect(toast(page)).to_have_count(4)
        expect(toast(page).last).to_contain_text(re.compile("2 more have finished|2 weitere Läufe"))
        for width, scheme in ((1360, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=results / f"toasts-{locale}-{width}.png")
            assert page.evaluate(LOOKS) == []
    assert re.match(r"\(5\) ", page.title())
