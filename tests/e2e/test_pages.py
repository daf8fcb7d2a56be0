"""Every page, in every state that it knows: readable on every screen, in light and in dark, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from tests.e2e import axe
from tests.e2e.scenes import (
    PAGES,
    accounts,
    activity,
    batch,
    conversation,
    done,
    figures,
    half_way,
    html_mail,
    inbox,
    long_mail,
    matrix,
    new_account,
    profile,
    ready_to_send,
    searched,
    senders,
    styleguide,
    tokens,
)
from tests.factories import make_analysis

pytestmark = pytest.mark.browser

LOOKS = (Path(__file__).parent / "looks.js").read_text()
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SCREENS = [(1360, "light"), (1360, "dark"), (360, "light"), (360, "dark")]
WIDE = (2560, "light")  # once, in the language of the longer words
JUDGED = {
    (1360, "light"),
    (360, "dark"),
}  # by axe-core, which takes longer than all else: either theme, either width


@pytest.mark.parametrize("made", PAGES, ids=lambda made: made.__name__)
def test_it_can_be_read_on_every_screen(
    page: Page, person: User, results: Path, made: Callable[[User], str], complaints: list[str]
) -> None:
    page.goto(made(person))
    look(page, results, made.__name__)
    complaints[:] = [told for told in complaints if "Content Security Policy" not in told or "script" in told]


@pytest.mark.parametrize(
    "made",
    [batch, searched, ready_to_send, conversation, accounts, tokens, activity, figures, styleguide],
    ids=lambda made: made.__name__,
)
def test_it_holds_at_the_widths_where_layouts_change(
    enter: Callable[..., BrowserContext], person: User, made: Callable[[User], str]
) -> None:
    page = enter(person, locale="de-DE", reduced_motion="reduce").new_page()
    page.goto(made(person))
    told = {}
    for width in (320, 480, 481, 720, 721, 1000, 1001, 1499, 1500, 1799, 1800):
        page.set_viewport_size({"width": width, "height": 900})
        told[width] = page.evaluate(LOOKS)
    assert not any(told.values()), told


@pytest.mark.parametrize(
    ("made", "pressed"),
    [
        (senders, [".user"]),
        (matrix, [".more"]),
        (done, [".versions button"]),
        (batch, ["#pick-all"]),
        (half_way, ["#first-steps summary"]),
        (tokens, ["form[data-confirm] button >> nth=0"]),
        (profile, [".user", "[data-shows-keys]"]),
    ],
    ids=["menu", "filters", "versions", "selection", "half_way", "question", "keys"],
)
def test_what_opens_can_be_read_on_every_screen(
    page: Page,
    person: User,
    results: Path,
    request: pytest.FixtureRequest,
    made: Callable[[User], str],
    pressed: list[str],
) -> None:
    page.goto(made(person))
    look(page, results, request.node.callspec.id.split("-")[-1], *pressed)
    below = "(menu, button) => menu.getBoundingClientRect().top >= button.getBoundingClientRect().bottom"
    for menu in page.locator(":popover-open").all():
        assert menu.evaluate(below, page.locator(pressed[-1]).element_handle())


def test_the_question_before_a_batch_can_be_read_on_every_screen(
    page: Page, person: User, results: Path
) -> None:
    page.goto(inbox(person))
    page.locator("#pick-all").check()
    page.locator("[value=analyse]").click()
    page.wait_for_url("**/inbox/act")
    look(page, results, "analyse_many")


@pytest.mark.parametrize("made", [conversation, html_mail, long_mail], ids=lambda made: made.__name__)
def test_a_message_is_printed_alone_and_whole(
    page: Page, person: User, results: Path, made: Callable[[User], str], complaints: list[str]
) -> None:
    page.goto(made(person))
    page.emulate_media(media="print", color_scheme="dark")
    page.screenshot(path=results / f"{made.__name__}-print.png", full_page=True)

    for around in (".top", ".panels", ".writing", ".way", ".letters", ".mail-frame", "summary", "footer"):
        for element in page.locator(around).all():
            expect(element).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()
    for text in page.locator(".message .mail-text > :not(details), .message .quoted > div").all():
        expect(text).to_be_visible()
    for text in page.locator(".message .mail-text").all():
        assert text.evaluate("(text) => text.scrollHeight <= text.clientHeight + 1")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    complaints[:] = [told for told in complaints if "Content Security Policy" not in told]


def test_the_login_page_can_be_read_on_every_screen(
    enter: Callable[..., BrowserContext], results: Path
) -> None:
    page = enter().new_page()
    page.goto("/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, results, "login")


def test_the_page_of_a_problem_can_be_read_on_every_screen(
    page: Page, results: Path, complaints: list[str]
) -> None:
    page.goto("/email/999999999/")
    look(page, results, "problem")
    complaints.clear()  # the browser notes the 404


def look(page: Page, results: Path, name: str, *pressed: str) -> None:
    """Leave a picture of the page for every screen, and check what a program can check; pressing `pressed` opens it."""
    told = {}
    page.emulate_media(reduced_motion="reduce")
    for language in ("en", "de"):
        if language != "en":
            page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
            page.reload()
        for button in pressed:
            page.locator(button).click()
        for width, scheme in [*SCREENS, *([WIDE] if language == "de" else [])]:
            page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 740})
            page.emulate_media(color_scheme=scheme)
            for frame in page.locator("iframe").all():
                # One that is out of view is not painted; and what sticks is elsewhere once the page is scrolled.
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": height})
                expect(frame.content_frame.locator("body")).to_be_visible()
                page.evaluate(PAINTED)
            page.mouse.move(0, 0)
            page.evaluate("scrollTo(0, 0)")
            page.screenshot(path=results / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
            found = axe.violations(page) if (width, scheme) in JUDGED else []
            told[f"{name} {language} {width} {scheme}"] = page.evaluate(LOOKS) + found
    assert not any(told.values()), told


@pytest.mark.parametrize(
    "made",
    [inbox, done, tokens, profile, new_account, activity, figures],
    ids=lambda made: made.__name__,
)
def test_the_focus_can_be_seen_at_every_stop(page: Page, person: User, made: Callable[[User], str]) -> None:
    page.goto(made(person))
    stops = 0
    for _press in range(60):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return null;
                const { outlineStyle, outlineWidth } = getComputedStyle(at);
                return [at.outerHTML.slice(0, 120), outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        if outline is None:
            break
        stops += 1
        assert outline[1] != "none", outline
        assert outline[2] >= 2, outline
    assert stops > 8


def test_it_speaks_german_when_asked_to(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url(f"**/email/{letter.pk}/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("link", name="Posteingang").first).to_be_visible()
    page.get_by_role("button", name="Menü").click()
    expect(page.get_by_role("button", name="English")).to_be_visible()


def test_a_correction_counts_at_once_and_after_a_later_run(page: Page, letter: Email) -> None:
    make_analysis(letter, urgency=3, importance=3, summary="The first one.")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_text("I see it differently").click()
    form = page.locator("#correction")
    form.get_by_label("Urgency").select_option("1")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#verdict")).to_contain_text("urgency low · importance high")
    page.get_by_role("button", name="Run the analysis again").click()
    expect(page.locator("#panel-base .summary")).not_to_have_text("The first one.")
    expect(page.locator("#verdict")).to_contain_text("urgency low")


def test_it_logs_in_and_out(enter: Callable[..., BrowserContext], person: User) -> None:
    person.set_password("a long pass phrase")
    person.save()
    page = enter().new_page()
    page.goto("/tokens/")
    page.get_by_label("User name").fill(person.username)
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/tokens/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")
