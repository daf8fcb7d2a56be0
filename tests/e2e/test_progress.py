"""A run that takes its time: what the page shows meanwhile, and what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.e2e.site import Site, wait_for
from tests.factories import make_analysis, make_token

pytestmark = pytest.mark.browser


def press(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    page.locator("#panel-base").get_by_role("button", name="Analyse").click()


def test_it_shows_every_stage_the_time_and_what_has_arrived(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:latency=1.2,drip=0.12")
    press(page, letter)
    line = page.locator("#panel-base .run-line")
    expect(line).to_contain_text("Waiting for the model")
    seen = int(line.locator("[data-count]").inner_text())
    expect(line.locator("[data-count]")).to_have_text(re.compile(rf"^[{seen + 1}-9]$"))
    expect(line).to_contain_text(re.compile(r"Receiving the answer \([1-9][0-9,]* characters\)"))
    assert page.locator("#panel-base progress").get_attribute("value") is not None
    expect(page.locator("#panel-base .summary")).to_contain_text("The contract")
    expect(page.get_by_role("status")).to_have_text(["Analysis: Done", re.compile("saved as you type")])


def test_it_shows_a_draft_while_it_is_written(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:drip=0.15")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply .partial")).to_contain_text("Hello")
    expect(page.get_by_label("Text of the reply")).to_have_value(re.compile("Best regards$"))


def test_a_reload_and_a_second_tab_show_the_run_under_way(
    page: Page, context: BrowserContext, person: User, letter: Email
) -> None:
    make_token(person, "fake:drip=0.15")
    page.goto(f"/email/{letter.pk}/")
    second = context.new_page()
    second.goto(f"/email/{letter.pk}/")
    page.locator("#panel-base").get_by_role("button", name="Analyse").click()
    expect(page.locator("#panel-base progress")).to_be_visible()
    page.reload()
    expect(page.locator("#panel-base progress")).to_be_visible()
    second.locator("#panel-base").get_by_role("button", name="Analyse").click()
    for tab in (page, second):
        expect(tab.locator("#panel-base .summary")).to_contain_text("The contract")
    assert TaskRun.objects.filter(email=letter).count() == 1


def test_a_cancelled_run_ends_at_once_and_the_worker_lets_go(
    page: Page, site: Site, person: User, letter: Email
) -> None:
    make_token(person, "fake:endless,drip=0.3")
    press(page, letter)
    expect(page.locator("#panel-base .run-line")).to_contain_text("Receiving")
    page.locator("#panel-base").get_by_role("button", name="Cancel").click()
    expect(page.locator("#panel-base")).to_contain_text("Cancelled. Nothing was changed.", timeout=3_000)
    assert not letter.analyses.exists()
    asked = [seen for seen in site.fake.requests if (seen.body or {}).get("model") == "fake:endless,drip=0.3"]
    wait_for(page, lambda: asked[-1].disconnected)  # the worker no longer listens to the model
    expect(page.locator("#panel-base").get_by_role("button", name="Analyse")).to_be_enabled()


def test_a_failure_names_its_reason_and_another_try_works(
    page: Page, person: User, letter: Email, rules: ServiceToken
) -> None:
    make_token(person, "fake:status=401")
    press(page, letter)
    panel = page.locator("#panel-base")
    expect(panel.get_by_role("alert")).to_contain_text("The provider refused the key. Add a valid one")
    assert not letter.analyses.exists()
    panel.get_by_label("Model").select_option(str(rules.pk))
    panel.get_by_role("button", name="Try again").click()
    expect(panel.locator(".summary")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)


def test_a_retry_counts_down_and_can_be_had_now(page: Page, person: User, letter: Email) -> None:
    make_token(person, "fake:fail_first=1")
    press(page, letter)
    panel = page.locator("#panel-base")
    expect(panel).to_contain_text(re.compile(r"Retry 1 of 3 in \d+ s\."))
    expect(panel).to_contain_text("The provider is overloaded or has a fault.")
    left = int(panel.locator("[data-count=down]").inner_text())
    expect(panel.locator("[data-count=down]")).not_to_have_text(str(left))
    assert int(panel.locator("[data-count=down]").inner_text()) < left
    panel.get_by_role("button", name="Try now").click()
    expect(panel.locator(".summary")).to_be_visible()
    assert TaskRun.objects.get(email=letter).attempt == 2


def test_a_session_that_ends_meanwhile_leads_to_the_login_page(
    page: Page, person: User, letter: Email
) -> None:
    make_token(person, "fake:drip=0.3")
    press(page, letter)
    expect(page.locator("#panel-base progress")).to_be_visible()
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    Session.objects.filter(pk=key).delete()
    page.wait_for_url(f"**/login/?next=/email/{letter.pk}/")
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.locator("#panel-base")).to_have_count(0)


def test_it_works_without_javascript(
    enter: Callable[..., BrowserContext], person: User, letter: Email
) -> None:
    make_token(person, "fake:drip=0.1")
    make_analysis(letter)
    page = enter(person, java_script_enabled=False).new_page()
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Draft a reply").click()
    expect(page.locator("#panel-reply progress")).to_be_visible()
    expect(page.locator("#panel-reply")).to_contain_text("Version 1 is ready.")
    page.get_by_label("Text of the reply").fill("In my own words.")
    page.locator("#editor").get_by_role("button", name="Save").click()
    expect(page.get_by_label("Text of the reply")).to_have_value("In my own words.")
    assert letter.drafts.latest("version").text == "In my own words."
