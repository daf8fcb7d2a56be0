"""Everything at hand: keys that press the real buttons, and nothing while somebody types."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, expect

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.e2e.site import confirm, wait_for
from tests.factories import make_analysis, make_draft, make_email, make_token

pytestmark = pytest.mark.browser
LOOKS = (Path(__file__).parent / "looks.js").read_text()


@pytest.fixture
def letters(person: User) -> list[Email]:
    """Newest first, as the list has them."""
    now = timezone.now()
    return [
        make_email(person, subject=f"Letter {name}", received_at=now - dt.timedelta(hours=number))
        for number, name in enumerate("ABC", 1)
    ]


def link(page: Page, letter: Email) -> Locator:
    return page.locator(f"#row-{letter.pk} > a")


def press(page: Page, keys: str) -> None:
    page.wait_for_load_state()  # before, nothing listens
    for key in keys:
        page.keyboard.press(key)


def test_the_list_is_worked_through_by_keys(page: Page, person: User, letters: list[Email]) -> None:
    page.goto("/?unread=1")
    press(page, "j")
    expect(link(page, letters[0])).to_be_focused()
    press(page, "jj")
    expect(link(page, letters[2])).to_be_focused()
    press(page, "jk")
    expect(link(page, letters[1])).to_be_focused()
    press(page, "x")
    expect(page.get_by_label("Select “Letter B”")).to_be_checked()
    press(page, "x")
    expect(page.get_by_label("Select “Letter B”")).not_to_be_checked()
    press(page, "y")
    expect(page.locator(f"#row-{letters[1].pk}")).to_have_count(0)
    expect(link(page, letters[2])).to_be_focused()
    assert Email.objects.get(subject="Letter B", user=person).done_at
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Letter C")


def test_a_message_leads_on_through_its_list_and_back_to_its_place(page: Page, letters: list[Email]) -> None:
    for letter, urgency in zip(letters, (2, 1, 3), strict=True):
        make_analysis(letter, urgency=urgency)
    page.goto("/?sort=priority")
    link(page, letters[2]).click()
    heading = page.get_by_role("heading", level=1)
    press(page, "j")
    expect(heading).to_have_text("Letter A")
    press(page, "j")
    expect(heading).to_have_text("Letter B")
    press(page, "j")
    expect(page.get_by_text("This is the last message of the list.")).to_be_visible()
    press(page, "k")
    expect(heading).to_have_text("Letter A")
    press(page, "u")
    page.wait_for_url(f"**/?sort=priority#mail-{letters[0].pk}")
    expect(link(page, letters[0])).to_be_focused()


def test_keys_press_the_buttons_of_a_message(page: Page, letter: Email, rules: ServiceToken) -> None:
    make_token(letter.user, purposes=["optimize"])
    page.goto(f"/email/{letter.pk}/")
    press(page, "o")
    expect(page.get_by_role("dialog")).to_be_hidden()  # the second opinion builds on an analysis
    press(page, "r")
    expect(page.locator("#panel-base .summary")).to_be_visible()
    press(page, "o")
    confirm(page, yes=False)
    press(page, "o")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-optimize .comparison, #panel-optimize .analysis").first).to_be_visible()
    press(page, "d")
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    assert sorted(TaskRun.objects.filter(email=letter).values_list("kind", flat=True)) == [
        "base",
        "optimize",
        "reply",
    ]
    press(page, "y")
    page.wait_for_url("**/?undo=*")


def test_no_key_does_anything_while_somebody_types(page: Page, letter: Email) -> None:
    make_draft(letter, edited=True, text="")
    page.goto(f"/email/{letter.pk}/")
    press(page, "e")
    text = page.get_by_label("Text of the reply")
    expect(text).to_be_focused()
    page.keyboard.type("jkrodeuxy/?")
    expect(text).to_have_value("jkrodeuxy/?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("#panel-base select").focus()
    press(page, "ru")
    page.keyboard.press("Escape")
    for key in ("Control+r", "Meta+u", "Alt+d"):
        page.keyboard.down(key.split("+")[0])
        page.evaluate(
            "event => document.body.dispatchEvent(new KeyboardEvent('keydown', event))", modified(key)
        )
        page.keyboard.up(key.split("+")[0])
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press(page, "ru")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not TaskRun.objects.filter(email=letter).exists()
    assert page.url.endswith(f"/email/{letter.pk}/")
    wait_for(page, lambda: letter.drafts.get().text == "jkrodeuxy/?")


def modified(key: str) -> dict[str, object]:
    modifier, letter = key.split("+")
    name = {"Control": "ctrlKey", "Meta": "metaKey", "Alt": "altKey"}[modifier]
    return {"key": letter, "bubbles": True, name: True}


def test_a_limit_holds_for_keys_too(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:drip=0.2")
    page.goto(f"/email/{letter.pk}/")
    press(page, "rr")
    expect(page.locator("#panel-base progress")).to_be_visible()
    press(page, "r")
    expect(page.locator("#panel-base .summary")).to_be_visible(timeout=30_000)
    assert TaskRun.objects.filter(email=letter).count() == 1


def test_the_search_is_at_hand_everywhere(page: Page, letters: list[Email]) -> None:
    page.goto("/")
    press(page, "/")
    search = page.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    page.keyboard.type('"letter b"')
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    page.goto("/activity/")
    press(page, "/")
    page.wait_for_url("**/#search")
    expect(search).to_be_focused()


def test_they_can_be_switched_off(page: Page, letters: list[Email]) -> None:
    page.goto("/")
    press(page, "?")
    page.get_by_label("Use these shortcuts").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    press(page, "j")
    expect(page.locator(".row > a:focus")).to_have_count(0)
    page.reload()
    press(page, "j?")
    expect(page.locator(".row > a:focus")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use these shortcuts").check()
    page.keyboard.press("Escape")
    press(page, "j")
    expect(link(page, letters[0])).to_be_focused()


def test_the_list_of_keys_can_be_read_on_every_screen(
    enter: Callable[..., BrowserContext], person: User, letters: list[Email], results: Path
) -> None:
    for locale in ("en-GB", "de-DE"):
        page = enter(person, locale=locale, reduced_motion="reduce").new_page()
        page.goto(f"/email/{letters[0].pk}/")
        for width, scheme in ((1360, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=results / f"neighbours-{locale}-{width}.png")
            press(page, "?")
            page.screenshot(path=results / f"keys-{locale}-{width}.png")
            assert page.evaluate(LOOKS) == []
            page.keyboard.press("Escape")
