"""What the database refuses, whoever writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from mailai.runs.models import TaskRun
from tests.factories import make_account, make_email, make_run

pytestmark = pytest.mark.django_db

REFUSED = [
    ("queued", {"lease_until": Now()}, "lease_exactly_while_running"),
    ("running", {"lease_until": None}, "lease_exactly_while_running"),
    ("running", {"status": "retrying", "error_code": "timeout"}, "lease_exactly_while_running"),
    ("queued", {"attempt": 5}, "attempt_within_max_attempts"),
    ("queued", {"finished_at": Now()}, "finished_exactly_when_terminal"),
    ("failed", {"finished_at": None}, "finished_exactly_when_terminal"),
    ("cancelled", {"status": "queued"}, "finished_exactly_when_terminal"),
    ("queued", {"status": "lost", "finished_at": Now()}, "finished_exactly_when_terminal"),
    ("running", {"result": {}}, "result_exactly_on_success"),
    ("succeeded", {"result": None}, "result_exactly_on_success"),
    ("cancelled", {"status": "succeeded"}, "result_exactly_on_success"),
    ("failed", {"error_code": ""}, "failure_has_a_code"),
    ("retrying", {"error_code": ""}, "failure_has_a_code"),
    ("queued", {"progress": 101}, "progress_is_a_percentage"),
    ("queued", {"progress": -1}, "progress_check"),
    ("queued", {"attempt": -1}, "attempt_check"),
]


@pytest.mark.parametrize(("status", "change", "constraint"), REFUSED)
def test_it_refuses_a_row_that_contradicts_itself(status, change, constraint, user, email):
    run = make_run(user, status=status, email=email)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        TaskRun.objects.filter(pk=run.pk).update(**change)


@pytest.mark.parametrize("first", ["queued", "running", "retrying"])
@pytest.mark.parametrize("second", ["queued", "running", "retrying"])
def test_it_refuses_a_second_active_run(first, second, user, email, token):
    account = make_account(user)
    make_run(user, status=first, email=email)
    make_run(user, "token_test", status=first, token=token)
    make_run(user, "fetch", status=first, account=account)

    with pytest.raises(IntegrityError, match="one_active_run_per_email_and_kind"), transaction.atomic():
        make_run(user, status=second, email=email)
    with pytest.raises(IntegrityError, match="one_active_run_per_token_and_kind"), transaction.atomic():
        make_run(user, "token_test", status=second, token=token)
    with pytest.raises(IntegrityError, match="one_active_run_per_account_and_kind"), transaction.atomic():
        make_run(user, "fetch", status=second, account=account)


def test_it_names_every_constraint_of_the_model():
    tested = {name for _status, _change, name in REFUSED}
    tested |= {f"one_active_run_per_{subject}_and_kind" for subject in ("email", "token", "account")}

    assert {constraint.name for constraint in TaskRun._meta.constraints} <= tested


def test_it_takes_ended_runs_beside_an_active_one(user, email):
    for status in ("succeeded", "failed", "cancelled", "running"):
        make_run(user, status=status, email=email)
    make_run(user, email=make_email(user))

    assert TaskRun.objects.count() == 5
