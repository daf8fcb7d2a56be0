"""The inbox in a browser: put away with a press, undo, many at once, what is new; also without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.e2e.site import wait_for
from tests.factories import make_analysis, make_email, make_run

pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks.js").read_text()
ASK_NOW = (
    "htmx.ajax('GET', document.getElementById('news').getAttribute('hx-get'),"
    " {source: '#news', swap: 'outerHTML'})"
)


@pytest.fixture
def letters(person: User) -> list[Email]:
    return [make_email(person, subject=f"Letter {name}") for name in "ABC"]


def undone(person: User) -> set[str]:
    return set(Email.objects.of(person).filter(done_at=None).values_list("subject", flat=True))


def test_a_press_puts_a_message_away_and_the_toast_brings_it_back(
    page: Page, person: User, letters: list[Email]
) -> None:
    page.goto("/?sort=priority")
    row = page.locator(f"#row-{letters[1].pk}")
    row.hover()
    row.get_by_role("button", name="Mark done").click()

    expect(row).to_have_count(0)
    assert undone(person) == {"Letter A", "Letter C"}
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    assert page.url.endswith("/?sort=priority")
    assert undone(person) == {"Letter A", "Letter B", "Letter C"}


def test_a_tick_shows_what_can_be_done_with_many(
    page: Page, person: User, letters: list[Email], results: Path
) -> None:
    page.goto("/")
    expect(page.get_by_role("button", name="Mark as read")).to_be_hidden()
    page.get_by_label("All on this page").check()
    expect(page.get_by_label("Select “Letter B”")).to_be_checked()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_label("Select “Letter B”").uncheck()
    expect(page.get_by_text("2 selected")).to_be_visible()
    expect(page.get_by_label("All on this page")).not_to_be_checked()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 700})
        page.screenshot(path=results / f"ticked-{width}.png")
        assert page.evaluate(LOOKS) == []

    page.get_by_role("button", name="Mark as read").click()

    expect(page.get_by_text("2 messages changed.")).to_be_visible()
    assert list(Email.objects.of(person).filter(seen_at=None).values_list("subject", flat=True)) == [
        "Letter B"
    ]


def test_a_tick_with_shift_takes_all_between(page: Page, person: User) -> None:
    for name in "ABCDEF":
        make_email(person, subject=f"Letter {name}")
    page.goto("/")
    ticks = page.locator(".tick")
    ticks.nth(4).check()
    ticks.nth(1).click(modifiers=["Shift"])
    checked = [ticks.nth(number).is_checked() for number in range(6)]
    assert checked == [False, True, True, True, True, False]
    ticks.nth(3).click(modifiers=["Shift"])
    checked = [ticks.nth(number).is_checked() for number in range(6)]
    assert checked == [False, False, False, False, True, False]
    ticks.nth(0).click()
    ticks.nth(5).click(modifiers=["Shift"])
    expect(page.get_by_label("All on this page")).to_be_checked()


def test_many_are_analysed_with_one_bar(
    page: Page, person: User, letters: list[Email], rules: ServiceToken
) -> None:
    page.goto("/")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Analyse").click()
    expect(page.get_by_role("heading", name="Analyse 3 messages")).to_be_visible()
    page.get_by_role("button", name="Analyse").click()

    expect(page.locator("#batch")).to_contain_text("Analysed 3 of 3")
    expect(page.locator("#batch[hx-get]")).to_have_count(0)
    page.evaluate(ASK_NOW)
    expect(page.locator(".row .score.none")).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#batch")).to_be_empty()


def test_new_mail_and_finished_runs_show_and_move_nothing(
    page: Page, person: User, letters: list[Email]
) -> None:
    make_run(person, email=letters[0])
    page.goto("/")
    page.get_by_label("Select “Letter A”").check()
    make_email(person, subject="Letter D")
    TaskRun.objects.of(person).delete()
    make_analysis(letters[0], urgency=3, importance=3)

    page.evaluate(ASK_NOW)

    expect(page.get_by_role("link", name="1 new message")).to_be_visible()
    expect(page.locator(f"#row-{letters[0].pk}")).to_contain_text("1.00")
    expect(page.get_by_label("Select “Letter A”")).to_be_checked()
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_role("link", name="1 new message").click()
    expect(page.locator(".row")).to_have_count(4)


def test_a_hidden_page_asks_for_nothing(page: Page, letters: list[Email]) -> None:
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/inbox/news" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate(f"{ASK_NOW}.catch(() => 0)")
    page.wait_for_timeout(300)
    assert asked == []

    page.evaluate("delete document.hidden")
    page.evaluate(ASK_NOW)

    wait_for(page, lambda: asked)


def test_it_works_without_javascript(
    enter: Callable[..., BrowserContext], person: User, letters: list[Email]
) -> None:
    page = enter(person, java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_role("searchbox").fill('"letter b"')
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".chips a").click()  # the chip
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Unread").check()
    page.get_by_role("button", name="Apply").click()
    assert page.url.endswith("/?unread=1")

    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Mark done", exact=True).first.click()

    expect(page.get_by_text("3 messages are done.")).to_be_visible()
    assert undone(person) == set()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(3)
    page.locator(f"#row-{letters[2].pk}").get_by_role("button", name="Mark done").click()
    expect(page.locator(".row")).to_have_count(2)
