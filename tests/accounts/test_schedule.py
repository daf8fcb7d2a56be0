"""When accounts are fetched: by their schedule, once, later and later while they fail, not after a refused login."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from emails.accounts.schedule import note_failure, note_success, resume, start_due
from emails.models import MailAccount
from mailai.runs.models import TaskRun
from mailai.runs.supervisor import Supervisor
from tests.factories import make_account, make_user

pytestmark = pytest.mark.django_db


def due(user, **fields):
    values = {
        "standing": "works",
        "fetch_minutes": 15,
        "next_fetch_at": timezone.now() - dt.timedelta(minutes=1),
    }
    return make_account(user, **(values | fields))


def minutes_until(account):
    account.refresh_from_db()
    return (account.next_fetch_at - timezone.now()).total_seconds() / 60


def test_it_starts_what_is_due_and_nothing_else(user):
    first, kept = due(user), due(user, standing="kept")
    due(user, next_fetch_at=timezone.now() + dt.timedelta(minutes=1))
    due(user, next_fetch_at=None)
    due(user, standing="untested")

    assert start_due() == 2
    assert start_due() == 0
    assert set(TaskRun.objects.values_list("account", "kind")) == {(first.pk, "fetch"), (kept.pk, "fetch")}
    assert minutes_until(first) == pytest.approx(15, abs=0.5)


def test_the_reaper_starts_them(user):
    due(user)

    Supervisor(command=["true"])._round()

    assert TaskRun.objects.get().kind == "fetch"


def test_what_fails_stops_no_other(user, monkeypatch):
    broken, fine = due(user), due(user)
    start = TaskRun.objects.start
    monkeypatch.setattr(
        type(TaskRun.objects),
        "start",
        lambda self, user, kind, account: 1 / 0 if account == broken else start(user, kind, account=account),
    )

    assert start_due() == 1
    assert TaskRun.objects.get().account == fine


def test_a_fetch_that_is_under_way_is_not_started_twice(user):
    account = due(user)
    TaskRun.objects.start(user, "fetch", account=account)

    assert start_due() == 0
    assert TaskRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_hosts_start_each_once():
    user = make_user("alex")
    for _ in range(12):
        due(user)

    def one(_number):
        try:
            return start_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(one, range(4)))

    assert sum(started) == TaskRun.objects.count() == 12


def test_it_comes_later_and_later_while_it_fails(user):
    account = due(user)
    waits = []
    for _ in range(8):
        account.refresh_from_db()
        note_failure(account, "mail_refused", for_good=True)
        waits.append(round(minutes_until(account)))

    assert waits == [15, 30, 60, 120, 240, 360, 360, 360]


def test_a_try_that_is_repeated_by_its_run_is_not_counted(user):
    account = due(user)
    before = account.next_fetch_at
    note_failure(account, "mail_timeout", for_good=False)

    account.refresh_from_db()
    assert (account.failures, account.last_error, account.next_fetch_at) == (0, "mail_timeout", before)


def test_it_gives_up_on_a_refused_login_after_three_in_a_row(user):
    account = due(user, failures=5, last_error="mail_timeout")
    pauses = []
    for _ in range(3):
        account.refresh_from_db()
        note_failure(account, "mail_login", for_good=True)
        account.refresh_from_db()
        pauses.append(account.next_fetch_at is None)

    assert pauses == [False, False, True]
    assert account.failures == 3
    resume(account)
    account.refresh_from_db()
    assert (account.failures, account.last_error) == (0, "")
    assert MailAccount.objects.due().exists()


def test_after_a_success_it_goes_by_the_schedule_again(user):
    account = due(user, failures=3, last_error="mail_login", next_fetch_at=None)

    note_success(account, more=False)

    assert minutes_until(account) == pytest.approx(15, abs=0.5)
    assert (account.failures, account.last_error) == (0, "")


def test_what_is_fetched_by_hand_is_not_tried_again(user):
    account = due(user, fetch_minutes=None)
    note_failure(account, "mail_refused", for_good=True)

    account.refresh_from_db()
    assert account.next_fetch_at is None


def test_a_refused_login_of_a_real_server_counts(account, fetch):
    account.set_imap_password("wrong")
    account.fetch_minutes = 15
    account.save()

    runs = [fetch(account) for _ in range(3)]

    assert [(run.status, run.error_code, run.attempt) for run in runs] == [("failed", "mail_login", 1)] * 3
    assert account.next_fetch_at is None
