"""The end of a run: one line for operators, and nothing of its text, whoever brings it about."""

from __future__ import annotations

import datetime as dt
import importlib
import logging
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from mailai.ai.errors import AIError
from mailai.runs.claims import claim
from mailai.runs.models import TERMINAL, TaskRun
from mailai.runs.rescue import rescue
from mailai.runs.transitions import Lost, cancel, cancel_all, fail, finish, give_up, hand_back, lose
from tests.factories import make_account, make_email, make_run, make_token

pytestmark = pytest.mark.django_db(transaction=True)
migration = importlib.import_module("mailai.runs.migrations.0012_texts_of_ended_runs")
LOGGER = "mailai.runs.ended"
PAST = dt.timedelta(seconds=-1)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, str]]]:
    """What was logged of ends so far, each line by its names."""

    def read() -> list[dict[str, str]]:
        said = [record for record in caplog.records if record.name == LOGGER]
        assert {record.levelname for record in said} <= {"INFO"}
        return [dict(part.split("=", 1) for part in record.getMessage().split()) for record in said]

    return read


def work_of(user: Any, **fields: Any) -> TaskRun:
    run = make_run(
        user, email=make_email(user), created_at=timezone.now() - dt.timedelta(seconds=30), **fields
    )
    claimed = claim(str(run.pk))
    assert claimed is not None
    TaskRun.objects.filter(pk=run.pk).update(partial="Dear Ada, the secret is", started_at=timezone.now())
    return claimed


def finished(run: TaskRun) -> None:
    finish(run, lambda: {"status": "success"})


def failed(run: TaskRun) -> None:
    fail(run, AIError("auth", "HTTP 401"))


def out_of_attempts(run: TaskRun) -> None:
    TaskRun.objects.filter(pk=run.pk).update(max_attempts=1, lease_until=timezone.now() + PAST)
    rescue()


def cancelled(run: TaskRun) -> None:
    cancel(run)


def cancelled_with_others(run: TaskRun) -> None:
    cancel_all(TaskRun.objects.filter(pk=run.pk))


def expired(run: TaskRun) -> None:
    hand_back(run.worker)
    TaskRun.objects.filter(pk=run.pk).update(deadline_at=timezone.now() + PAST)
    rescue()


ENDS = [
    (finished, "succeeded", "-"),
    (failed, "failed", "auth"),
    (out_of_attempts, "failed", "worker_lost"),
    (cancelled, "cancelled", "-"),
    (cancelled_with_others, "cancelled", "-"),
    (expired, "failed", "expired"),
]


@pytest.mark.parametrize(("end", "status", "code"), ENDS)
def test_it_is_one_line_with_ids_and_times_and_leaves_no_text(end, status, code, lines, user):
    token = make_token(user)
    run = work_of(user, token=token)
    bystander = make_run(user, "optimize", email=run.email, partial="kept")

    end(run)

    run.refresh_from_db()
    bystander.refresh_from_db()
    assert (run.status, run.partial, bystander.partial) == (status, "", "kept")
    (line,) = lines()
    assert (line["run"], line["user"], line["email"]) == (str(run.pk), str(user.pk), str(run.email_id))
    assert (line["kind"], line["status"], line["code"]) == ("base", status, code)
    assert (line["attempt"][:2], line["provider"], line["token"]) == ("1/", "openai", str(token.pk))
    assert 30 <= float(line["waited"]) < 60
    assert 0 <= float(line["worked"]) < 30


def test_it_has_nothing_of_what_the_run_was_about(caplog, user):
    run = work_of(user, token=make_token(user, name="The lawyer's"), params={"instructions": "say no"})

    fail(run, AIError("auth", "detail"))

    (said,) = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    allowed = r"[\w-]+=[\w./-]+"
    assert re.fullmatch(f"{allowed}(?: {allowed})*", said)
    for private in (user.username, run.email.subject, run.email.sender_address, "lawyer", "say no", "detail"):
        assert private not in said


def test_a_run_that_nobody_began_has_only_waited(lines, user):
    run = make_run(
        user, "fetch", account=make_account(user), created_at=timezone.now() - dt.timedelta(seconds=9)
    )

    cancel(run)

    (line,) = lines()
    assert (line["worked"], line["provider"], line["attempt"]) == ("0.0", "-", "0/4")
    assert 9 <= float(line["waited"]) < 30


def test_what_is_no_end_has_no_line(lines, user):
    retried, back = work_of(user), work_of(user)

    fail(retried, AIError("overloaded"))
    TaskRun.objects.filter(pk=back.pk).update(worker="pulse.x")
    assert hand_back("pulse.x") == 1

    assert lines() == []


def test_it_has_ended_once_however_many_say_so(lines, user):
    run = work_of(user)
    cancel(run)

    for end in (lambda: finished(run), lambda: give_up(run, AIError("auth"))):
        with pytest.raises(Lost):
            end()
    assert cancel(run) is False
    rescue()

    assert len(lines()) == 1


def test_an_end_that_is_rolled_back_has_no_line(lines, user):
    run = work_of(user)

    with transaction.atomic():
        assert cancel(run)
        transaction.set_rollback(True)

    assert (lines(), TaskRun.objects.get(pk=run.pk).status) == ([], "running")


def test_a_result_that_cannot_be_saved_ends_nothing(lines, user):
    run = work_of(user)

    def save() -> dict[str, Any]:
        raise ValueError("cannot be saved")

    with pytest.raises(ValueError, match="cannot be saved"):
        finish(run, save)

    assert (lines(), TaskRun.objects.get(pk=run.pk).status) == ([], "running")


def test_a_look_that_ends_a_run_tells_of_it(lines, logged_in, user):
    run = make_run(user, email=make_email(user), deadline_at=timezone.now() + PAST)

    for _ in range(2):
        assert logged_in.get(reverse("run-status", args=[run.pk])).json()["status"] == "FAILURE"

    assert [line["code"] for line in lines()] == ["expired"]


def test_it_is_on_unless_the_operator_switches_it_off():
    assert logging.getLogger(LOGGER).getEffectiveLevel() == logging.INFO
    assert logging.getLogger("mailai.runs.perform").getEffectiveLevel() == logging.WARNING


class TestHandingBack:
    """A cluster that was ended in the middle of its runs: the next worker begins them at once."""

    @pytest.fixture
    def mine(self, user: Any) -> TaskRun:
        run = work_of(user, token=make_token(user))
        TaskRun.objects.filter(pk=run.pk).update(worker="pulse.mine", done=3, total=9)
        return run

    def test_it_is_due_at_once_with_as_many_chances_as_before(self, user, mine):
        theirs = work_of(user)
        TaskRun.objects.filter(pk=theirs.pk).update(worker="pulse.theirs")

        assert hand_back("pulse.mine") == 1

        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert (mine.status, mine.attempt, mine.max_attempts, mine.lease_until) == ("queued", 1, 5, None)
        assert (mine.partial, mine.done, mine.total, mine.message) == ("", 0, 0, "queued")
        assert theirs.status == "running"
        again = claim(str(mine.pk))
        assert (again.attempt, again.max_attempts - again.attempt) == (2, 3)

    def test_what_the_ended_worker_still_says_counts_for_nothing(self, mine):
        hand_back("pulse.mine")

        with pytest.raises(Lost):
            finished(mine)
        claim(str(mine.pk))
        with pytest.raises(Lost):
            failed(mine)

    def test_it_has_a_ring_of_its_own(self, mine):
        before = TaskRun.objects.get(pk=mine.pk).queue_id

        hand_back("pulse.mine")

        after = TaskRun.objects.get(pk=mine.pk).queue_id
        assert after is not None
        assert after != before

    def test_what_died_by_itself_costs_a_chance_but_no_wait(self, mine):
        assert lose("pulse.mine") == 1
        rescue()

        mine.refresh_from_db()
        assert (mine.status, mine.error_code, mine.attempt, mine.max_attempts) == (
            "retrying",
            "worker_lost",
            1,
            4,
        )


def test_what_ended_before_loses_its_text_in_the_update(user, email):
    ended = [
        make_run(user, status=status, email=make_email(user), partial="x")
        for status in TERMINAL
        for _ in "ab"
    ]
    active = make_run(user, "base", "running", email=email, partial="y")

    migration.clear(apps, SimpleNamespace(connection=connection))

    assert set(TaskRun.objects.values_list("partial", flat=True)) == {"", "y"}
    active.refresh_from_db()
    assert (len(ended), active.partial) == (6, "y")
