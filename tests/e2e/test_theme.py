"""The switch between light and dark: at once, without a reload, and also without a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from tests.factories import make_email

pytestmark = pytest.mark.browser

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
PAPER, NIGHT = "rgb(246, 245, 242)", "rgb(20, 22, 27)"


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name=name, exact=True).click()


def test_it_changes_at_once_and_stays(page: Page, letter: Email) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(f"/email/{letter.pk}/")
    assert page.evaluate(BACKGROUND) == PAPER
    page.get_by_label("Text of the reply").fill("Dear Ada")
    with page.expect_response("**/theme/") as answer:
        choose(page, "Dark")

    assert answer.value.status == 204
    assert page.evaluate(BACKGROUND) == NIGHT
    expect(page.get_by_role("button", name="Dark", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="As the system")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_label("Text of the reply")).to_have_value("Dear Ada")
    page.goto("/tokens/")
    assert page.evaluate(BACKGROUND) == NIGHT


def test_it_wins_over_the_system_and_gives_way_to_it_again(page: Page, letter: Email) -> None:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto("/")
    choose(page, "Light")
    assert page.evaluate(BACKGROUND) == PAPER
    page.get_by_role("button", name="As the system").click()
    assert page.evaluate(BACKGROUND) == NIGHT


def test_it_takes_no_script(enter: Callable[..., BrowserContext], person: User) -> None:
    page = enter(person, java_script_enabled=False, color_scheme="light").new_page()
    page.goto("/profile/")
    choose(page, "Dark")

    page.wait_for_url("**/profile/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", NIGHT)


def test_a_mail_without_colours_of_its_own_follows(page: Page, person: User) -> None:
    letter = make_email(person, html="<p>Hello</p>")
    page.emulate_media(color_scheme="null")  # an emulated scheme would count for the frame, too
    page.goto(f"/email/{letter.pk}/")
    inside = page.frame_locator("iframe[name=mail]").locator("html")
    choose(page, "Light")
    expect(inside).to_have_css("background-color", "rgb(255, 255, 255)")
    page.get_by_role("button", name="Dark", exact=True).click()

    expect(inside).not_to_have_css("background-color", "rgb(255, 255, 255)")
