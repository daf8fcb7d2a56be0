"""The reply's editor: nothing that somebody typed is ever lost."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from emails.models import Email
from tests.e2e.site import wait_for
from tests.factories import make_draft, make_token

pytestmark = pytest.mark.browser


def text_of(page: Page) -> Locator:
    return page.get_by_label("Text of the reply")


def test_what_is_typed_survives_leaving_the_page(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    text_of(page).press_sequentially("Dear Ada, ")
    expect(page.locator("#editor-state")).to_contain_text("Saved in version 1")
    text_of(page).press_sequentially("yes.")
    page.goto("/")  # before the pause after which it saves
    wait_for(page, lambda: letter.drafts.get().text == "Dear Ada, yes.")
    page.goto(f"/email/{letter.pk}/")
    expect(text_of(page)).to_have_value("Dear Ada, yes.")


def test_a_finished_draft_never_replaces_what_was_typed(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:drip=0.08")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply progress")).to_be_visible()
    text_of(page).press_sequentially("My own words.")
    reply = page.locator("#panel-reply")
    expect(reply).to_contain_text("is ready.")
    expect(text_of(page)).to_have_value("My own words.")
    reply.get_by_role("link", name="Show it in the editor").click()
    expect(text_of(page)).to_have_value(letter.drafts.get(edited=False).text)
    page.get_by_role("button", name="Versions").click()
    page.locator("#editor .versions").get_by_role("link", name="edited by you").click()
    expect(text_of(page)).to_have_value("My own words.")


def test_a_draft_that_arrives_while_somebody_types_stays_out(page: Page, letter: Email) -> None:
    held: list[Route] = []
    page.route("**/draft?version=1", lambda route: held.append(route))
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    wait_for(page, lambda: held)
    text_of(page).press_sequentially("I was faster")
    held[0].continue_()
    expect(page.locator("#editor-state")).to_contain_text("Saved in version 2")
    expect(text_of(page)).to_have_value("I was faster")


def test_a_draft_that_is_edited_becomes_a_version_of_its_own(page: Page, letter: Email) -> None:
    written = make_draft(letter)
    page.goto(f"/email/{letter.pk}/")
    text_of(page).fill("Dear Ada,\n\nno.")
    expect(page.locator("#editor-state")).to_contain_text("Saved as version 2")
    written.refresh_from_db()
    assert written.text == "Dear Ada,\n\nhere it is."
    assert letter.drafts.get(version=2).text == "Dear Ada,\n\nno."


def test_two_tabs_keep_both_texts(page: Page, context: BrowserContext, letter: Email) -> None:
    make_draft(letter, edited=True, text="Hello")
    second = context.new_page()
    for tab in (page, second):
        tab.goto(f"/email/{letter.pk}/")
    text_of(page).fill("Hello from the first tab")
    expect(page.locator("#editor-state")).to_contain_text("Saved in version 1")
    text_of(second).fill("Hello from the second tab")
    expect(second.locator("#editor-state")).to_contain_text("Saved as version 2")
    text_of(second).press_sequentially(", and more")
    expect(second.locator("#editor-state")).to_contain_text("Saved in version 2")
    assert sorted(draft.text for draft in letter.drafts.all()) == [
        "Hello from the first tab",
        "Hello from the second tab, and more",
    ]


def test_a_save_that_fails_is_told_and_made_good_by_itself(
    page: Page, context: BrowserContext, letter: Email, complaints: list[str]
) -> None:
    page.goto(f"/email/{letter.pk}/")
    context.set_offline(True)
    text_of(page).fill("Typed in a tunnel")
    expect(page.locator("#banner")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("#editor-state")).to_contain_text("Saved in version 1")
    expect(page.locator("#banner")).to_be_hidden()
    text_of(page).press_sequentially(", sent outside")
    wait_for(page, lambda: letter.drafts.get().text == "Typed in a tunnel, sent outside")
    complaints.clear()  # the browser notes the request that failed


def leave(page: Page) -> list[str]:
    """Close the page as a person would, who thinks better of it if asked. What they are asked."""
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.close(run_before_unload=True)
    wait_for(page, lambda: asked)
    return asked


def test_it_asks_before_it_loses_what_could_not_be_saved(
    page: Page, context: BrowserContext, letter: Email, complaints: list[str]
) -> None:
    page.goto(f"/email/{letter.pk}/")
    context.set_offline(True)
    text_of(page).press_sequentially("Typed in a tunnel")
    expect(page.locator("#banner")).to_be_visible()
    assert leave(page) == ["beforeunload"]
    expect(text_of(page)).to_have_value("Typed in a tunnel")
    complaints.clear()


def test_it_asks_before_it_loses_more_than_a_browser_sends_in_leaving(page: Page, letter: Email) -> None:
    page.route("**/draft", lambda route: None)  # a network that takes its time
    page.goto(f"/email/{letter.pk}/")
    text_of(page).click()
    page.keyboard.insert_text("All of it. " * 8_000)
    assert leave(page) == ["beforeunload"]


def test_a_reload_shows_what_was_typed_just_before(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    text_of(page).press_sequentially("\n\nHalf a wor")
    page.reload()
    expect(text_of(page)).to_have_value("\n\nHalf a wor")
    assert letter.drafts.count() == 1


def test_another_version_does_not_take_the_place_of_what_could_not_be_saved(
    page: Page, letter: Email, complaints: list[str]
) -> None:
    make_draft(letter)
    page.goto(f"/email/{letter.pk}/")
    page.route("**/draft", lambda route: route.fulfill(status=500))
    text_of(page).fill("My own words")
    expect(page.locator("#banner")).to_be_visible()
    page.get_by_role("button", name="Versions").click()
    with page.expect_response("**/draft?version=1"):
        page.locator("#editor .versions").get_by_role("link").click()
    expect(text_of(page)).to_have_value("My own words")
    page.unroute("**/draft")
    expect(page.locator("#editor-state")).to_contain_text("Saved as version 2")
    complaints.clear()
