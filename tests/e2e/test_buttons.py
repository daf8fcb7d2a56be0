"""The three buttons of a message's page, answered by the built-in rules."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.e2e.site import confirm
from tests.factories import make_analysis, make_token

pytestmark = pytest.mark.browser


def test_it_analyses_the_message_and_frees_the_second_opinion(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    opinion = page.locator("#panel-optimize")
    expect(opinion.get_by_role("button")).to_be_disabled()
    expect(opinion).to_contain_text("The second opinion builds on the analysis: run that first.")
    page.locator("#panel-base").get_by_role("button", name="Analyse").click()
    expect(page.locator("#panel-base .summary")).not_to_be_empty()
    expect(page.locator("#verdict .score")).to_have_text(str(letter.analyses.get().score))
    expect(opinion.get_by_role("button", name="Get a second opinion")).to_be_enabled()
    assert TaskRun.objects.get(email=letter).status == "succeeded"


def test_it_runs_the_analysis_again_beside_the_first_one(page: Page, letter: Email) -> None:
    first = make_analysis(letter, summary="The first one.")
    page.goto(f"/email/{letter.pk}/")
    page.locator("#panel-base").get_by_role("button", name="Run the analysis again").click()
    expect(page.locator("#panel-base .summary")).not_to_have_text(first.summary)
    assert letter.analyses.count() == 2


def test_it_asks_before_a_second_opinion_that_costs_and_takes_no_for_an_answer(
    page: Page, person: User, letter: Email
) -> None:
    make_analysis(letter)
    make_token(person)
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Get a second opinion").click()
    confirm(page, yes=False)
    expect(page.locator("#panel-optimize [data-left]")).to_have_attribute("data-left", "5")
    assert not TaskRun.objects.filter(email=letter).exists()


def test_it_compares_a_second_opinion_with_the_analysis(page: Page, letter: Email) -> None:
    make_analysis(letter, urgency=1, importance=1, category="info_only")
    page.goto(f"/email/{letter.pk}/")
    page.get_by_role("button", name="Get a second opinion").click()
    opinion = page.locator("#panel-optimize")
    expect(opinion.get_by_role("row", name="Urgency")).to_contain_text("low")
    expect(opinion.get_by_role("heading", name="What to do next")).to_be_visible()
    expect(opinion).to_contain_text("4 more second opinions this hour")


def test_it_says_that_the_second_opinions_of_this_hour_are_used_up(page: Page, letter: Email) -> None:
    make_analysis(letter)
    page.goto(f"/email/{letter.pk}/")
    opinion = page.locator("#panel-optimize")
    for left in range(4, -1, -1):
        opinion.locator(".press button").click()
        expect(opinion.locator("[data-left]")).to_have_attribute("data-left", str(left))
    opinion.locator(".press button").click()
    expect(opinion.get_by_role("alert")).to_contain_text("The next one is free in")
    assert TaskRun.objects.filter(email=letter).count() == 5


def test_it_says_why_there_is_no_second_opinion_yet_to_a_page_that_is_out_of_date(
    page: Page, letter: Email
) -> None:
    analysis = make_analysis(letter)
    page.goto(f"/email/{letter.pk}/")
    analysis.delete()
    page.get_by_role("button", name="Get a second opinion").click()
    expect(page.locator("#panel-optimize").get_by_role("alert")).to_contain_text(
        "Run the base analysis first"
    )


def test_it_drafts_a_reply_into_the_editor(page: Page, letter: Email) -> None:
    page.goto(f"/email/{letter.pk}/")
    reply = page.locator("#panel-reply")
    reply.get_by_label("Style").select_option("decline")
    reply.get_by_role("button", name="Draft a reply").click()
    expect(reply).to_contain_text("Version 1 is ready.")
    draft = letter.drafts.get()
    expect(page.get_by_label("Text of the reply")).to_have_value(draft.text)
    assert draft.style == "decline"


def test_two_presses_are_one_run(page: Page, person: User, letter: Email) -> None:
    slow = ServiceToken.objects.of(person)
    assert not slow.exists()
    page.goto(f"/email/{letter.pk}/")
    page.locator("#panel-base").get_by_role("button", name="Analyse").dblclick()
    expect(page.locator("#panel-base .summary")).to_be_visible()
    assert TaskRun.objects.filter(email=letter).count() == 1


def test_a_strangers_message_is_not_there(page: Page, letter: Email, complaints: list[str]) -> None:
    other = User.objects.create(username=f"stranger-{letter.pk}")
    letter.user = other
    letter.save()
    answer = page.goto(f"/email/{letter.pk}/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page, or it is not yours.")
    complaints.clear()  # the browser notes the 404
