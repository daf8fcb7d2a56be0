"""The accounts page: add, see the test fail and why, keep it knowingly, remove it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from emails.models import MailAccount
from tests.e2e.site import confirm

pytestmark = pytest.mark.browser
SECRET = "correct-horse-4711"


def test_an_account_is_added_tested_kept_and_removed(page: Page, person: User) -> None:
    page.goto("/accounts/")
    page.get_by_label("Your address").fill("alex@nowhere.invalid")
    page.get_by_role("button", name="Next").click()
    form = page.locator("#new-account")
    expect(form.get_by_label("IMAP server")).to_have_value("imap.nowhere.invalid")
    form.get_by_label("Password", exact=True).fill(SECRET)
    form.get_by_label("SMTP server").fill("")
    form.get_by_role("button", name="Test and save").click()
    card = page.get_by_role("region", name="nowhere.invalid")
    expect(card.get_by_role("alert")).to_contain_text("There is no server of that name.")
    assert SECRET not in page.content()
    expect(card.get_by_role("button", name="Fetch now")).to_have_count(0)

    card.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    page.go_back()
    card.get_by_role("button", name="Keep anyway").click()
    confirm(page)
    card.get_by_role("button", name="Stop the schedule").click()
    expect(card).to_contain_text("fetched only when you ask for it")

    card.get_by_role("button", name="Remove").click()
    confirm(page)
    expect(page.get_by_role("status").last).to_contain_text("The mail that came from it stays here.")
    assert not MailAccount.objects.filter(user=person).exists()
