"""A host whose clock is wrong: what it writes and what it decides goes by the database's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.db.models.functions import Now

from emails.accounts.models import Standing
from emails.accounts.schedule import start_due
from mailai.ai.errors import AIError
from mailai.ai.models import ServiceToken
from mailai.postgres import clock
from mailai.runs.claims import claim
from mailai.runs.models import TaskRun
from mailai.runs.rescue import rescue_one
from mailai.runs.transitions import fail
from replies.models import Draft
from replies.versions import append, edit
from tests.factories import make_account, make_run, make_token

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(params=[-HOUR, HOUR], ids=["an hour behind", "an hour ahead"])
def wrong(request: pytest.FixtureRequest, db: None) -> Iterator[None]:
    """Nothing but this process is in another hour."""
    with time_machine.travel(dt.datetime.now(dt.UTC) + request.param):
        yield


def database_now() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
    return moment


def is_now(moment: dt.datetime | None, later: dt.timedelta = dt.timedelta(0)) -> bool:
    return moment is not None and abs(moment - later - database_now()) < 10 * SECOND


def test_it_knows_the_time_of_the_database(wrong):
    assert abs(clock.now() - database_now()) < SECOND


def test_a_run_has_the_moments_of_the_database(wrong, user, email, token, settings):
    run, _created = TaskRun.objects.start(user, "base", email, token, delay=20)

    assert is_now(run.created_at)
    assert is_now(run.run_at, 20 * SECOND)
    assert is_now(run.deadline_at, dt.timedelta(seconds=20 + settings.MAILAI_RUN_DEADLINE))
    run.refresh_from_db()
    assert is_now(run.deadline_at, dt.timedelta(seconds=20 + settings.MAILAI_RUN_DEADLINE))
    assert run.elapsed < 10 * SECOND


def test_a_failure_is_tried_again_as_long_as_the_database_has_time(wrong, user, email, token):
    run, _created = TaskRun.objects.start(user, "base", email, token)
    claimed = claim(str(run.pk))

    fail(claimed, AIError("overloaded"))

    claimed.refresh_from_db()
    assert (claimed.status, is_now(claimed.run_at, 60 * SECOND)) == ("retrying", True)


def test_no_retry_comes_after_the_deadline(wrong, user, email):
    run = make_run(
        user, "base", "running", email=email, deadline_at=Now() + 30 * SECOND, lease_until=Now() + HOUR
    )

    fail(run, AIError("overloaded"))

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "overloaded")


def test_it_ends_a_run_when_its_time_is_over_and_not_before(wrong, user, email):
    run = make_run(user, email=email, deadline_at=Now() + 60 * SECOND)
    assert not run.is_overdue

    TaskRun.objects.filter(pk=run.pk).update(deadline_at=Now() - SECOND)
    run.refresh_from_db()

    assert rescue_one(run).status == "failed"


def test_an_account_is_fetched_when_it_is_due(wrong, user):
    due = make_account(user, standing=Standing.WORKS, fetch_minutes=15, next_fetch_at=Now() - SECOND)
    make_account(user, standing=Standing.WORKS, fetch_minutes=15, next_fetch_at=Now() + 60 * SECOND)

    assert start_due() == 1

    due.refresh_from_db()
    assert is_now(due.next_fetch_at, dt.timedelta(minutes=15))


def test_a_token_lives_as_long_as_it_was_given(wrong, user):
    token, expired = (
        make_token(user, expires_at=Now() + 60 * SECOND),
        make_token(user, expires_at=Now() - SECOND),
    )
    for each in (token, expired):
        each.refresh_from_db()

    assert (token.is_usable, expired.is_usable) == (True, False)
    assert set(ServiceToken.objects.usable()) == {token}


def test_a_draft_is_as_old_as_it_is(wrong, user, email):
    draft = append(Draft(user=user, email=email, edited=True, text="Dear Ada"))
    assert is_now(draft.created_at)

    assert is_now(edit(draft, "Dear Ada, thanks", 0).updated_at)
