"""A user who was deactivated: nothing is begun for them, what waits ends, and what is under way stops."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from emails.accounts.analysing import analyse_new
from emails.accounts.schedule import start_due
from emails.inbox.batch import begin, try_again
from emails.models import Analysis, Email
from mailai.ai.errors import AIError
from mailai.ai.models import ServiceToken
from mailai.runs.bulk import start_all
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.rescue import rescue
from mailai.runs.transitions import Lost, finish, hurry
from mailai.users.leaving import deactivate
from tests.contract.asking import HTMX
from tests.factories import make_account, make_email, make_run, make_user
from tests.users.everything import session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bystander(db):
    return make_user("bystander")


@pytest.fixture
def gone(user):
    """The user, deactivated in another way than by the admin: by a script, or by whoever keeps the accounts."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.refresh_from_db()
    return user


def outcome(run):
    run.refresh_from_db()
    return run.status, run.error_code


@pytest.mark.parametrize("status", ["queued", "retrying"])
def test_a_worker_does_not_begin_a_run_of_theirs(probe, user, email, bystander, status):
    run = make_run(user, "probe", status, email=email, run_at=timezone.now() - dt.timedelta(seconds=1))
    other = make_run(bystander, "probe", email=make_email(bystander))
    User.objects.filter(pk=user.pk).update(is_active=False)
    before = run.attempt

    perform(str(run.pk))
    assert probe.calls == 0
    assert outcome(run) == ("failed", "user_inactive")
    assert run.attempt == before

    perform(str(other.pk))
    assert outcome(other) == ("succeeded", "")


@pytest.mark.parametrize("tell", ["asking", "received", "check", "saving", "nothing"])
def test_a_run_that_is_under_way_stops_at_its_next_word(probe, user, email, tell):
    run = TaskRun.objects.start(user, "probe", email)[0]

    def work(run, report):
        report.asking()
        User.objects.filter(pk=user.pk).update(is_active=False)
        if tell == "received":
            report.received("words")
        elif tell != "nothing":
            getattr(report, tell)()
        went_on.append(tell)
        return lambda: {"status": "success"}

    went_on = []
    probe.then = work
    perform(str(run.pk))

    assert went_on == (["nothing"] if tell == "nothing" else [])
    assert outcome(run) == ("failed", "user_inactive")
    assert run.result is None


def test_a_result_that_comes_too_late_is_not_saved(user, email):
    run = make_run(user, "base", "running", email=email)
    User.objects.filter(pk=user.pk).update(is_active=False)

    with pytest.raises(Lost):
        finish(run, lambda: pytest.fail("it was saved"))


def test_what_is_being_sent_is_noted_to_its_end(probe, user, email):
    run = TaskRun.objects.start(user, "probe", email)[0]

    def work(run, report):
        TaskRun.objects.filter(pk=run.pk).update(irrevocable=True)
        deactivate(user)
        report.saving()
        return lambda: {"status": "success"}

    probe.then = work
    perform(str(run.pk))

    assert outcome(run) == ("succeeded", "")


def test_the_reaper_ends_what_waits(gone, bystander, email):
    waiting = [
        make_run(gone, status=status, email=make_email(gone)) for status in ("queued", "retrying", "running")
    ]
    sent = make_run(gone, "send", "running", email=email, irrevocable=True)
    others = [
        make_run(bystander, status=status, email=make_email(bystander)) for status in ("queued", "running")
    ]
    done = make_run(gone, status="succeeded", email=make_email(gone))

    assert rescue().expired == 3

    assert {outcome(run) for run in waiting} == {("failed", "user_inactive")}
    assert outcome(sent)[0] == "running"
    assert [outcome(run)[0] for run in [*others, done]] == ["queued", "running", "succeeded"]
    assert rescue().expired == 0


def test_a_retry_is_not_hurried(gone, email):
    run = make_run(gone, status="retrying", email=email)

    assert not hurry(run)
    assert run.run_at > timezone.now()


def test_nothing_is_started_for_them(gone, bystander, email, token):
    batch = begin(bystander, "base", [], token)
    batch.user = gone
    failed = make_run(gone, status="failed", email=email, batch=batch)

    for start in (
        lambda: TaskRun.objects.start(gone, "base", email, token),
        lambda: start_all(gone, "base", [email], token, batch),
        lambda: begin(gone, "base", [email.pk], token),
        lambda: try_again(batch, token),
    ):
        with pytest.raises(AIError) as caught:
            start()
        assert caught.value.code == "user_inactive"

    assert list(TaskRun.objects.all()) == [failed]


def test_no_mail_of_theirs_is_fetched_by_schedule_until_they_are_back(user, bystander):
    due = {
        "standing": "works",
        "fetch_minutes": 15,
        "next_fetch_at": timezone.now() - dt.timedelta(minutes=1),
    }
    mine, other = make_account(user, **due), make_account(bystander, **due)
    deactivate(user)

    assert start_due() == 1
    assert TaskRun.objects.get().account == other

    User.objects.filter(pk=user.pk).update(is_active=True)
    assert start_due() == 1
    assert TaskRun.objects.filter(account=mine).exists()


def test_new_mail_of_theirs_is_not_analysed_by_itself(user, token):
    email = make_email(user, received_at=timezone.now())
    account = make_account(user, analyse_new=True)
    deactivate(user)
    account.refresh_from_db()

    with pytest.raises(AIError, match="user_inactive"):
        analyse_new(account, [email.pk])
    assert not TaskRun.objects.exists()


def test_an_operator_does_not_start_it_again(enter, gone, email):
    root = make_user("root", is_staff=True, is_superuser=True)
    failed = make_run(gone, status="failed", email=email)
    waiting = make_run(gone, status="retrying", email=make_email(gone))

    again = {"action": "try_again", "_selected_action": [failed.pk, waiting.pk]}
    html = enter(root).post("/admin/runs/taskrun/", again, follow=True).content.decode()

    assert "0 runs are tried again." in html
    assert TaskRun.objects.count() == 2


def test_a_session_that_lives_on_is_nobodys(logged_in, user, email, token):
    run = make_run(user, email=email)
    User.objects.filter(pk=user.pk).update(is_active=False)

    status = f"/tasks/{run.pk}/status"
    assert logged_in.get(status).status_code == 401
    poll = logged_in.get(status, {"seen": run.version}, headers=HTMX)
    assert (poll.status_code, "HX-Redirect" in poll.headers) == (200, True)
    pressed = logged_in.post(f"/email/{email.pk}/reprocess", {"service_token_id": token.pk})
    assert pressed.status_code == 401
    assert TaskRun.objects.get() == run


def test_the_admin_ends_all_of_it_at_once(enter, user, bystander, email):
    root = make_user("root", is_staff=True, is_superuser=True)
    theirs, others = session_of(user), session_of(bystander)
    run = make_run(user, "base", "running", email=email)
    operator = enter(root)
    fields = {"username": user.username, "date_joined_0": "2020-01-01", "date_joined_1": "00:00"}

    assert operator.post(f"/admin/auth/user/{user.pk}/change/", fields).status_code == 302

    assert outcome(run) == ("failed", "user_inactive")
    keys = set(Session.objects.values_list("pk", flat=True))
    assert theirs.session.session_key not in keys
    assert {others.session.session_key, operator.session.session_key} <= keys
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert theirs.get("/").status_code == 302


def test_a_person_is_told_why(gone, email, settings):
    run = make_run(gone, email=email)
    rescue()
    User.objects.filter(pk=gone.pk).update(is_active=True)

    said = session_of(gone).get(f"/tasks/{run.pk}/status", headers={"Accept": "application/json"}).json()

    assert said["status"] == "FAILURE"
    assert "deactivated" in said["error"]


def test_commands_start_nothing_for_them(gone, tmp_path, monkeypatch):
    message = tmp_path / "a.eml"
    message.write_bytes(b"Subject: a\r\n\r\nb")

    with pytest.raises(CommandError, match="deactivated"):
        call_command("import_mail", str(message), user=gone.username)
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-new-key-of-someone\n"))
    with pytest.raises(CommandError, match="deactivated"):
        call_command("token", "add", "--user", gone.username, "--provider", "openai", "--model", "fake")

    assert not Email.objects.exists()
    assert not ServiceToken.objects.exists()
    assert not Analysis.objects.exists()
