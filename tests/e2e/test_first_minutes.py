"""A new user's first minutes, and mail that comes by upload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email, Upload
from emails.onboarding.steps import steps_of
from mailai.ai.models import ServiceToken
from tests.accounts.letters import letter
from tests.e2e.site import wait_for
from tests.emails.uploads.conftest import mbox

pytestmark = pytest.mark.browser


def test_a_new_user_is_led_through(page: Page, person: User, rules: ServiceToken) -> None:
    page.goto("/")
    steps = page.get_by_role("region", name="Welcome to mailai")
    expect(steps).to_contain_text("0 of 4 steps done")

    steps.get_by_role("button", name="Look at the sample mailbox").click()
    card = page.get_by_role("group", name="Sample mailbox")
    expect(card).to_contain_text("62 messages were stored.")
    card.get_by_role("link", name="To the inbox").click()
    expect(page.locator("#inbox > li")).to_have_count(50)
    steps = page.get_by_role("region", name="First steps")
    expect(steps).to_contain_text("1 of 4 steps done")

    steps.get_by_role("heading", name="First steps").click()
    steps.get_by_role("button", name="Stay local").click()
    expect(steps).to_contain_text("2 of 4 steps done")

    steps.get_by_role("heading", name="First steps").click()
    steps.get_by_role("link", name="How I write").click()
    page.get_by_label("Your name", exact=False).first.fill("Alex Kranich")
    page.get_by_role("button", name="Save").click()
    page.goto("/")
    expect(steps).to_contain_text("3 of 4 steps done")

    steps.get_by_role("heading", name="First steps").click()
    steps.get_by_role("link", name="Import mail").click()
    page.get_by_label("Files with messages").set_input_files(
        [{"name": "hello.eml", "mimeType": "message/rfc822", "buffer": letter(1)}]
    )
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("group", name="hello.eml")).to_contain_text("1 message was stored.")

    page.get_by_role("button", name="Remove the sample mailbox").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove the sample mailbox").click()
    expect(page.get_by_role("status").last).to_contain_text("The sample mailbox is removed: 62 messages.")
    assert [email.subject for email in Email.objects.of(person)] == ["Letter 1"]
    assert steps_of(person) is None
    page.goto("/")
    expect(page.locator("#inbox > li")).to_have_count(1)
    expect(page.locator("#first-steps")).to_have_count(0)


def test_the_steps_are_put_away(page: Page, person: User) -> None:
    page.goto("/")
    page.get_by_role("button", name="Do not show these steps again").click()

    expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Import mail").click()
    expect(page.get_by_role("heading", name="Import mail")).to_be_visible()


def test_an_upload_shows_how_far_it_is(page: Page, person: User, tmp_path: Path) -> None:
    file = tmp_path / "folder.mbox"
    file.write_bytes(mbox(2_500, size=1_000))
    page.goto("/mail/upload")
    page.get_by_label("Files with messages").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()

    card = page.get_by_role("group", name="folder.mbox")
    expect(card).to_contain_text("of 2,500 messages")
    seen = []
    bar = card.get_by_role("progressbar")
    wait_for(
        page, lambda: bar.count() == 0 or seen.append(bar.get_attribute("value")) or len(set(seen)) > 2, 60
    )
    assert len(set(seen)) > 2, "the bar does not move"
    expect(card).to_contain_text("2,500 messages were stored.", timeout=60_000)
    assert Email.objects.of(person).count() == 2_500

    page.get_by_label("Files with messages").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("group", name="folder.mbox").first).to_contain_text(
        "0 messages were stored. 2,500 were there already.", timeout=60_000
    )
    assert Email.objects.of(person).count() == 2_500


def test_an_upload_is_cancelled(page: Page, person: User, tmp_path: Path) -> None:
    file = tmp_path / "folder.mbox"
    file.write_bytes(mbox(20_000, size=1_000))
    page.goto("/mail/upload")
    page.get_by_label("Files with messages").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()
    card = page.get_by_role("group", name="folder.mbox")
    expect(card).to_contain_text("of 20,000 messages", timeout=60_000)

    card.get_by_role("button", name="Cancel").click()

    expect(card).to_contain_text("Cancelled")
    assert Email.objects.of(person).count() < 20_000
    wait_for(page, lambda: not Upload.objects.of(person).exists(), 90)  # a worker's round removes it


def test_what_is_too_large_is_said_before_and_after(page: Page, person: User, tmp_path: Path) -> None:
    file = tmp_path / "huge.mbox"
    with file.open("wb") as stream:
        stream.write(mbox(1))
        stream.truncate(101 * 1024**2)
    page.goto("/mail/upload")
    field = page.get_by_label("Files with messages")
    field.set_input_files(file)
    said = field.evaluate("field => field.validationMessage")
    assert said.startswith("These files are too large together: 100\xa0MB")
    page.get_by_role("button", name="Upload", exact=True).click()
    assert not field.evaluate("field => field.checkValidity()")

    field.evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("status").last).to_contain_text("Nothing was stored.", timeout=60_000)
    assert not Upload.objects.of(person).exists()


def test_an_ended_session_leads_to_the_login_whatever_the_size(
    page: Page, context: BrowserContext, person: User, tmp_path: Path
) -> None:
    file = tmp_path / "folder.mbox"
    file.write_bytes(mbox(20_000, size=1_000))
    page.goto("/mail/upload")
    page.get_by_label("Files with messages").set_input_files(file)
    context.clear_cookies()
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_label("User name")).to_be_visible(timeout=60_000)
    assert not Upload.objects.of(person).exists()


def test_it_works_without_javascript(
    enter: Callable[..., BrowserContext], person: User, tmp_path: Path
) -> None:
    page = enter(person, java_script_enabled=False).new_page()
    (tmp_path / "a.eml").write_bytes(letter(1))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7")
    page.goto("/mail/upload")
    page.get_by_label("Files with messages").set_input_files([tmp_path / "a.eml", tmp_path / "b.pdf"])
    page.get_by_role("button", name="Upload", exact=True).click()

    expect(page.get_by_role("status").last).to_contain_text("“b.pdf” is not mail and was not taken.")
    expect(page.get_by_role("group", name="a.eml")).to_contain_text("1 message was stored.", timeout=30_000)
    page.get_by_role("group", name="a.eml").get_by_role("link", name="To the inbox").click()
    expect(page.locator("#inbox > li")).to_have_count(1)
