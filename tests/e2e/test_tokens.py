"""The tokens page: add, test, revoke."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from mailai.ai.models import ServiceToken
from tests.e2e.site import confirm
from tests.factories import KEY, make_token

pytestmark = pytest.mark.browser


def test_a_token_is_added_and_tested_and_its_key_never_seen_again(page: Page, person: User) -> None:
    page.goto("/tokens/")
    form = page.locator("#new-token")
    form.get_by_label("Name").fill("Work")
    form.get_by_label("Provider").select_option("openai")
    form.get_by_label("Model").fill("fake")
    form.get_by_label("API key").fill(KEY)
    expect(form.get_by_label("Expires after")).to_have_value("1")
    form.get_by_role("button", name="Add").click()
    card = page.get_by_role("region", name="Work")
    expect(card).to_contain_text(f"Key ends in {KEY[-4:]}")
    assert KEY not in page.content()
    card.get_by_role("button", name="Test").click()
    expect(card).to_contain_text("It works: fake answered in")
    assert ServiceToken.objects.get(user=person, provider="openai").last_used_at is not None


def test_a_token_that_does_not_work_says_why(page: Page, person: User) -> None:
    token = make_token(person, "fake:status=401")
    page.goto("/tokens/")
    card = page.locator(f"#token-{token.pk}")
    card.get_by_role("button", name="Test").click()
    expect(card.get_by_role("alert")).to_contain_text("The provider refused the key.")


def test_it_says_which_field_is_missing(page: Page, person: User) -> None:
    page.goto("/tokens/")
    form = page.locator("#new-token")
    form.get_by_label("Name").fill("Work")
    form.get_by_label("Provider").select_option("openai")
    form.get_by_label("Model").fill("fake")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_have_text("This provider needs a key.")
    expect(form.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Name")).to_have_value("Work")


def test_a_token_is_revoked_after_a_question(page: Page, person: User) -> None:
    token = make_token(person)
    page.goto("/tokens/")
    card = page.locator(f"#token-{token.pk}")
    card.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog")).to_have_accessible_name(
        f"Revoke the token “{token.name}”? Its key is erased at once."
    )
    expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    confirm(page, yes=False)
    token.refresh_from_db()
    assert token.revoked_at is None
    card.get_by_role("button", name="Revoke").click()
    confirm(page)
    expect(card).to_contain_text("Revoked on")
    expect(card.get_by_role("button")).to_have_count(0)
    token.refresh_from_db()
    assert token.encrypted_key == ""


def test_the_built_in_rules_cannot_be_revoked(page: Page, rules: ServiceToken) -> None:
    page.goto("/tokens/")
    expect(page.locator(f"#token-{rules.pk}").get_by_role("button", name="Revoke")).to_have_count(0)
