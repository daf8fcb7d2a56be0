"""The page of all runs while runs go on: rows change in place, new ones appear, nothing that is read moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.e2e.site import wait_for
from tests.factories import make_email, make_run

pytestmark = pytest.mark.browser


def under_way(person: User, **fields: object) -> TaskRun:
    """A run that a worker seems to be at."""
    lease = timezone.now() + dt.timedelta(minutes=5)
    return make_run(person, "base", "running", email=make_email(person), lease_until=lease, **fields)


def test_a_row_follows_its_run_to_the_end_and_asking_stops(page: Page, person: User) -> None:
    run, other = under_way(person), make_run(person, "base", "succeeded", email=make_email(person))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/activity/live" in request.url else None)
    page.goto("/activity/")
    row, button = page.locator(f"#run-{run.pk}"), page.locator(f"#cancel-{run.pk}")
    button.focus()
    TaskRun.objects.filter(pk=run.pk).update(message="asking", progress=30)
    expect(row).to_contain_text("Waiting for the model")
    expect(button).to_be_focused()
    TaskRun.objects.filter(pk=run.pk).update(
        status="failed", error_code="timeout", lease_until=None, finished_at=timezone.now()
    )
    expect(row).to_contain_text("The model did not answer in time.")
    expect(row.get_by_role("button")).to_have_text("Try again")
    expect(page.locator("#announce")).to_have_text("Analysis: failed")
    expect(page.locator("#activity-summary")).to_contain_text("Nothing is under way.")
    expect(page.locator(f"#run-{other.pk}")).to_have_count(1)
    seen = len(asked)
    page.wait_for_timeout(3000)
    assert len(asked) == seen


def test_a_new_run_appears_and_what_is_read_stays_where_it_is(page: Page, person: User) -> None:
    for _ in range(25):
        under_way(person)
    page.goto("/activity/")
    read = page.locator(".run-row").nth(20)
    name = f"#{read.get_attribute('id')}"
    page.evaluate("name => document.querySelector(name).scrollIntoView({ block: 'center' })", name)
    before = page.locator(name).bounding_box()
    new = under_way(person)
    expect(page.locator(".run-row").first).to_have_attribute("id", f"run-{new.pk}")
    after = page.locator(name).bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2


def test_a_failed_run_is_tried_again_and_done_before_ones_eyes(
    page: Page, person: User, rules: ServiceToken
) -> None:
    run = make_run(person, "base", "failed", email=make_email(person), token=rules, error_code="timeout")
    page.goto("/activity/?kind=base")
    page.locator(f"#run-{run.pk}").get_by_role("button", name="Try again").click()
    page.wait_for_url("**/activity/?kind=base*")
    wait_for(page, lambda: TaskRun.objects.of(person).filter(status="succeeded").exists())
    new = TaskRun.objects.of(person).get(status="succeeded")
    expect(page.locator(f"#run-{new.pk} .badge")).to_have_text("done")
    expect(page.locator(f"#run-{run.pk}")).to_contain_text("Started anew since")


def test_a_question_holds_while_the_page_changes_below_it(page: Page, person: User) -> None:
    run, other = under_way(person), under_way(person)
    page.goto("/activity/")
    page.get_by_role("button", name="Cancel all 2 runs").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Cancel everything that is under way here?")
    TaskRun.objects.filter(pk=other.pk).update(
        status="failed", error_code="timeout", lease_until=None, finished_at=timezone.now()
    )
    expect(page.locator("#activity-summary")).to_contain_text("1 run is under way.")
    dialog.get_by_role("button", name="Cancel all 2 runs").click()
    expect(page.locator(".alert")).to_have_text("1 run was cancelled.")
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_everything_can_be_pressed_without_javascript(
    enter: Callable[..., BrowserContext], person: User
) -> None:
    run = make_run(person, "base", "retrying", email=make_email(person))
    token = ServiceToken.objects.ensure_local(person)
    make_run(person, "reply", "failed", email=make_email(person), token=token)
    page = enter(person, java_script_enabled=False).new_page()
    page.goto("/activity/?state=active")
    page.locator(f"#run-{run.pk}").get_by_role("button", name="Cancel").click()
    assert page.url.endswith(f"/activity/?state=active#run-{run.pk}")
    run.refresh_from_db()
    assert run.status == "cancelled"
    page.get_by_role("button", name="Retry what failed (1)").click()
    expect(page.locator(".alert")).to_have_text("1 run was started again.")
    assert TaskRun.objects.of(person).filter(kind="reply").count() == 2
