"""A reply on its way out, as its writer sees it: checked, counted down, undone or sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Locator, Page, expect

from emails.models import Email, MailAccount
from replies.models import Sending
from tests.e2e.site import Site, wait_for
from tests.factories import make_account, make_email
from tests.smtp_server import PASSWORD, USER, Received

pytestmark = pytest.mark.browser


@pytest.fixture
def account(site: Site, person: User) -> MailAccount:
    """With an address of the person's own, by which the server's mail is told apart."""
    address = f"{person.username}@example.org"
    return make_account(
        person, PASSWORD, imap_user=USER, address=address, smtp_host="localhost", smtp_port=site.smtp.tls_port
    )


@pytest.fixture
def letter(person: User, account: MailAccount) -> Email:
    return make_email(person, to=[["Alex", account.address], ["Eve", "eve@example.net"]])


def text_of(page: Page) -> Locator:
    return page.get_by_label("Text of the reply")


def arrived(site: Site, account: MailAccount) -> list[Received]:
    return [each for each in site.smtp.received if each.sender == account.address]


def check(page: Page, letter: Email, text: str) -> None:
    page.goto(f"/email/{letter.pk}/")
    text_of(page).fill(text)
    page.get_by_role("button", name="Check and send").click()
    page.wait_for_url("**/sendings/*/")


def test_it_is_checked_undone_and_sent_after_all(
    page: Page, site: Site, letter: Email, account: MailAccount, results: Path
) -> None:
    check(page, letter, "Dear Ada,\n\nhere it is: größer als gedacht.")
    outgoing = page.locator("#outgoing")
    expect(outgoing).to_contain_text("Ada")
    expect(outgoing).to_contain_text("Re: The contract")
    expect(outgoing).to_contain_text("here it is: größer als gedacht.")
    expect(outgoing).to_contain_text("Ada wrote:")
    page.get_by_role("button", name="Send", exact=True).click()
    panel = page.locator("#panel-send")
    expect(panel).to_contain_text(re.compile(r"Goes out in \d s\."))
    expect(page.locator("#send")).to_be_hidden()
    seen = int(panel.locator("[data-count]").inner_text())
    page.reload()
    expect(panel.locator("[data-count]")).not_to_have_text(str(seen))
    panel.get_by_role("button", name="Undo").click()
    expect(panel).to_contain_text("Undone. Nothing was sent.")
    expect(text_of(page)).to_have_value("Dear Ada,\n\nhere it is: größer als gedacht.")

    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(panel).to_contain_text("Sent on")
    expect(page.locator("#answered")).to_contain_text("answered on")
    page.screenshot(path=results / "send-sent.png", full_page=True)
    (received,) = arrived(site, account)
    message = message_from_bytes(received.content, policy=policy.default)
    assert message["In-Reply-To"] == f"<{letter.message_id}>"
    assert message.get_content().startswith("Dear Ada,")
    assert received.recipients == ["ada@example.com"]
    page.goto("/")
    answered = page.locator(".row", has_text="The contract").last.get_by_role("img", name="answered")
    expect(answered).to_be_visible()
    page.goto(f"/email/{letter.pk}/")
    expect(page.get_by_text("2 messages in this conversation")).to_be_visible()


def test_what_is_typed_last_goes_out_and_no_version_is_doubled(
    page: Page, letter: Email, account: MailAccount
) -> None:
    page.goto(f"/email/{letter.pk}/")
    text_of(page).press_sequentially("Typed and sent at once")
    page.get_by_role("button", name="Check and send").click()
    expect(page.locator("#outgoing")).to_contain_text("Typed and sent at once")
    page.get_by_role("link", name="Back to the editor").first.click()
    expect(text_of(page)).to_have_value("Typed and sent at once")
    assert letter.drafts.count() == 1


def test_all_get_it_and_a_mistake_is_told_where_it_is(
    page: Page, site: Site, letter: Email, account: MailAccount
) -> None:
    page.goto(f"/email/{letter.pk}/")
    text_of(page).fill("To all of you.")
    page.get_by_role("button", name="Reply to all").click()
    expect(page.get_by_label("Cc")).to_have_value("Eve <eve@example.net>")
    page.get_by_label("To", exact=True).fill("Ada")
    page.get_by_role("button", name="Check and send").click()
    expect(page.locator("#send")).to_contain_text("“Ada” is not an address")
    expect(text_of(page)).to_have_value("To all of you.")
    page.get_by_label("To", exact=True).fill("ada@example.com, bob@example.net")
    page.get_by_label("To", exact=True).press("Enter")
    expect(page.locator("#outgoing")).to_contain_text("Eve <eve@example.net>")
    assert Sending.objects.get(email=letter).recipients == [
        "ada@example.com",
        "bob@example.net",
        "eve@example.net",
    ]
    assert arrived(site, account) == []


def test_it_is_told_when_nobody_knows_whether_it_was_sent(
    page: Page, site: Site, letter: Email, account: MailAccount
) -> None:
    check(page, letter, "Did you get this?")
    site.smtp.behave(drops=".")
    page.get_by_role("button", name="Send", exact=True).click()
    panel = page.locator("#panel-send")
    expect(panel.get_by_role("alert")).to_contain_text("It is not known whether this was sent")
    site.smtp.behave()
    panel.get_by_role("button", name="Send it again anyway").click()
    expect(panel).to_contain_text("Sent on")
    assert len(arrived(site, account)) == 2


def test_it_works_without_javascript(
    enter: Callable[..., BrowserContext],
    site: Site,
    person: User,
    letter: Email,
    account: MailAccount,
    complaints: list[str],
) -> None:
    page = enter(person, java_script_enabled=False).new_page()
    page.goto(f"/email/{letter.pk}/")
    text_of(page).fill("Written without a script.")
    page.get_by_role("button", name="Reply to all").click()
    expect(text_of(page)).to_have_value("Written without a script.")
    expect(page.get_by_label("Cc")).to_have_value("Eve <eve@example.net>")
    page.get_by_label("Cc").fill("Eve")
    page.get_by_role("button", name="Check and send").click()
    expect(page.get_by_role("alert")).to_contain_text("“Eve” is not an address")
    complaints.clear()  # the browser notes the status of the refusal
    expect(text_of(page)).to_have_value("Written without a script.")
    page.get_by_label("Cc").fill("")
    page.get_by_role("button", name="Check and send").click()
    expect(page.locator("#outgoing")).to_contain_text("Written without a script.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#panel-send")).to_contain_text("Goes out in")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#panel-send")).to_contain_text("Undone. Nothing was sent.")
    page.get_by_role("button", name="Check and send").click()
    page.get_by_role("button", name="Send", exact=True).click()
    wait_for(page, lambda: arrived(site, account), 20)
    expect(page.locator("#panel-send")).to_contain_text("Sent on")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_it_looks_right(
    enter: Callable[..., BrowserContext],
    person: User,
    letter: Email,
    account: MailAccount,
    results: Path,
    width: int,
    scheme: str,
) -> None:
    context = enter(person, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"/email/{letter.pk}/?reply=all")
    text_of(page).fill("Dear Ada,\n\nwe meet on [date].\n\nBest regards\nAlex")
    page.screenshot(path=results / f"send-form-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Check and send").click()
    page.wait_for_url("**/sendings/*/")
    page.screenshot(path=results / f"send-check-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#panel-send")).to_contain_text("Goes out in")
    page.screenshot(path=results / f"send-undo-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#panel-send")).to_contain_text("Undone.")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
