"""The operators' pages: they look at much, change nothing, and act through a few named actions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from emails.models import Analysis, Correction, Email, MailAccount, Upload
from mailai.ai.models import AiCall, ServiceToken
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TaskRun
from replies.models import Draft, Sending, WritingProfile
from tests.factories import (
    KEY,
    make_account,
    make_analysis,
    make_draft,
    make_email,
    make_run,
    make_sending,
    make_token,
    make_user,
)

RUNS = "/admin/runs/taskrun/"
TOKENS = "/admin/ai/servicetoken/"
READ_ONLY = (
    *(TaskRun, WorkerHost, ServiceToken, AiCall, MailAccount),
    *(Email, Analysis, Correction, Upload, Draft, Sending, WritingProfile),
)
BODIES = ("Geheimer Inhalt", "geheimer Entwurf", "geheime Wünsche", "geheimes Ergebnis")
each_model = pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)


@pytest.fixture
def operator(db, enter):
    return enter(make_user("root", is_staff=True, is_superuser=True))


def list_of(model):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def fill(name):
    """One row of every model, with bodies that no operator's page shows."""
    user = make_user(name)
    email = make_email(
        user, subject=f"Offer of {name}", text=BODIES[0], html=BODIES[0], raw=BODIES[0].encode()
    )
    token = make_token(user)
    account = make_account(user)
    result = {"draft": BODIES[3]}
    run = make_run(
        user,
        "reply",
        "succeeded",
        email=email,
        token=token,
        account=account,
        result=result,
        params={"instructions": BODIES[2]},
    )
    make_analysis(email, run=run)
    Upload.objects.create(run=run, size=1)
    draft = make_draft(email, run=run, text=BODIES[1], instructions=BODIES[2])
    make_sending(draft)
    Correction.objects.create(email=email, urgency=3)
    WritingProfile.objects.create(user=user, name=name)
    WorkerHost.objects.create(name=name, pid=1, slots=4, version="1")
    AiCall.objects.create(
        user=user,
        token=token,
        run=run,
        kind="reply",
        provider="openai",
        model="fake",
        prompt_version="1",
        started_at=timezone.now(),
        duration_ms=1,
    )
    return run


def act(client, action, runs, path=RUNS):
    answer = client.post(path, {"action": action, "_selected_action": [run.pk for run in runs]}, follow=True)
    return answer.content.decode()


@each_model
def test_it_shows_a_list_and_a_row(operator, model):
    fill("ada")
    row = model.objects.get()

    for path in (list_of(model), f"{list_of(model)}{row.pk}/change/", f"{list_of(model)}?q=ada"):
        answer = operator.get(path)
        assert answer.status_code == 200
        html = answer.content.decode()
        assert not [body for body in BODIES if body in html]
        assert KEY not in html
        assert "encrypted_key" not in html
        assert "_secret" not in html


@each_model
def test_it_changes_nothing(operator, model):
    fill("ada")
    row = model.objects.get()

    assert operator.get(f"{list_of(model)}add/").status_code == 403
    assert operator.post(f"{list_of(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.post(f"{list_of(model)}{row.pk}/change/", {"status": "failed"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert "delete_selected" not in operator.post(list_of(model), delete, follow=True).content.decode()
    assert model.objects.filter(pk=row.pk).exists()


@each_model
def test_it_takes_as_many_queries_for_many_rows_as_for_few(operator, model):
    fill("ada")
    operator.get(list_of(model))
    few = queries(operator, list_of(model))
    for number in range(4):
        fill(f"user{number}")

    many = queries(operator, list_of(model))

    assert len(many) == len(few) <= 8


@each_model
def test_it_never_reads_what_is_large_or_secret(operator, model):
    run = fill("ada")
    row = model.objects.get()

    for path in (list_of(model), f"{list_of(model)}{row.pk}/change/"):
        for sql in queries(operator, path):
            for column in (
                '"raw"',
                '"html"',
                '"emails_email"."text"',
                '"encrypted_key"',
                '"imap_secret"',
                '"smtp_secret"',
                '"partial"',
                '"result"',
            ):
                assert column not in sql
    assert run.result == {"draft": BODIES[3]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status__exact=failed", {"failed"}),
        ("kind=optimize", {"optimize"}),
        ("error_code=quota", {"failed"}),
        ("age=hour", {"queued", "optimize"}),
        ("age=day", {"queued", "optimize", "failed"}),
        ("age=week", {"queued", "optimize", "failed"}),
        ("age=older", {"old"}),
        ("q=quota", {"failed"}),
        ("q=Umzug", set()),
        ("q=alex", {"queued", "optimize", "failed", "old"}),
        ("q=nobody", set()),
        ("kind=nonsense", set()),
        ("age=nonsense", {"queued", "optimize", "failed", "old"}),
    ],
)
def test_it_filters_and_searches_runs(operator, user, query, found):
    def at(hours):
        return {"created_at": timezone.now() - dt.timedelta(hours=hours)}

    runs = {
        "queued": make_run(user, email=make_email(user)),
        "optimize": make_run(user, "optimize", "running", email=make_email(user)),
        "failed": make_run(
            user, status="failed", error_code="quota", email=make_email(user, subject="Umzug"), **at(3)
        ),
        "old": make_run(user, "reply", "cancelled", email=make_email(user), **at(24 * 8)),
    }

    html = operator.get(f"{RUNS}?{query}").content.decode()

    assert {name for name, run in runs.items() if str(run.pk) in html} == found


def test_it_finds_a_run_by_the_id_of_its_message(operator, user):
    run, other = (make_run(user, email=make_email(user)) for _ in range(2))

    html = operator.get(f"{RUNS}?q={run.email_id}").content.decode()

    assert str(run.pk) in html
    assert str(other.pk) not in html


def test_it_finds_a_run_by_its_id_and_user(operator, user, email, stranger):
    run, other = make_run(user, email=email), make_run(stranger, email=make_email(stranger))

    for query in (f"q={run.pk}", f"user__id__exact={user.pk}"):
        html = operator.get(f"{RUNS}?{query}").content.decode()
        assert f"{run.pk}/change" in html
        assert f"{other.pk}/change" not in html


def test_it_cancels_active_runs(operator, user):
    active = [
        make_run(user, status=status, email=make_email(user)) for status in ("queued", "running", "retrying")
    ]
    ended = make_run(user, status="failed", email=make_email(user))

    html = act(operator, "cancel_runs", [*active, ended])

    assert "3 runs were cancelled." in html
    assert {TaskRun.objects.get(pk=run.pk).status for run in active} == {"cancelled"}
    ended.refresh_from_db()
    assert ended.status == "failed"
    assert LogEntry.objects.filter(user__username="root").count() == 3


def test_it_tries_ended_runs_again_and_hurries_those_that_wait(operator, user, token):
    params = {"style": "brief", "instructions": "Say no."}
    email = make_email(user)
    failed = make_run(user, "reply", "failed", email=email, token=token, params=params)
    waiting = make_run(user, "base", "retrying", email=email)
    queued = make_run(user, "optimize", "queued", email=email)

    html = act(operator, "try_again", [failed, waiting, queued])

    assert "2 runs are tried again." in html
    fresh = TaskRun.objects.exclude(pk__in=[failed.pk, waiting.pk, queued.pk]).get()
    assert (fresh.user, fresh.kind, fresh.email, fresh.token) == (user, "reply", email, token)
    assert (fresh.params, fresh.status, fresh.attempt) == (params, "queued", 0)
    failed.refresh_from_db()
    assert failed.status == "failed"
    waiting.refresh_from_db()
    assert waiting.run_at <= timezone.now()
    assert set(OrmQ.objects.values_list("id", flat=True)) == {fresh.queue_id, waiting.queue_id}


def test_it_tries_again_only_once_what_failed_twice(operator, user, email):
    failures = [make_run(user, status="failed", email=email) for _ in range(2)]

    assert "1 run is tried again." in act(operator, "try_again", failures)
    assert TaskRun.objects.count() == 3


def test_it_says_so_when_there_was_nothing_to_do(operator, user, email):
    run = make_run(user, email=email)

    assert "0 runs are tried again." in act(operator, "try_again", [run])


@pytest.mark.parametrize("kind", ["import", "of-another-version"])
def test_it_tries_nothing_again_that_cannot_be(operator, user, kind):
    run = make_run(user, kind, "failed")

    assert "0 runs are tried again." in act(operator, "try_again", [run])
    assert TaskRun.objects.get() == run


def test_it_revokes_tokens_but_not_the_built_in_rules(operator, token, rules):
    html = act(operator, "revoke", [token, rules], TOKENS)

    assert "1 token was revoked." in html
    token.refresh_from_db()
    rules.refresh_from_db()
    assert token.revoked_at is not None
    assert token.encrypted_key == ""
    assert rules.revoked_at is None


def test_it_shows_the_last_characters_of_a_key_and_no_more(operator, token):
    html = operator.get(f"{TOKENS}{token.pk}/change/").content.decode()

    assert KEY[-4:] in html
    assert KEY[-6:] not in html
    assert token.encrypted_key not in html


@pytest.mark.parametrize("model", [Schedule, Task, Success, Failure, OrmQ])
def test_it_has_no_page_of_the_queue_itself(operator, model):
    assert not admin.site.is_registered(model)
    assert operator.get(list_of(model)).status_code == 404


class TestStaff:
    """Staff see what they have the permission to view, and act where they have the one to change."""

    @pytest.fixture
    def staff(self, db):
        return make_user("staff", is_staff=True)

    def permit(self, staff, *names):
        staff.user_permissions.set(Permission.objects.filter(codename__in=names))

    def test_it_shows_them_nothing_by_default(self, enter, staff):
        client = enter(staff)

        assert client.get("/admin/").status_code == 200
        assert client.get(RUNS).status_code == 403

    def test_it_lets_viewers_look_but_not_act(self, enter, staff, user, email):
        run = make_run(user, email=email)
        self.permit(staff, "view_taskrun", "view_servicetoken")
        client = enter(staff)

        html = client.get(RUNS).content.decode()
        assert str(run.pk) in html
        assert 'name="action"' not in html
        act(client, "cancel_runs", [run])
        run.refresh_from_db()
        assert run.status == "queued"

    def test_it_lets_operators_act(self, enter, staff, user, email):
        run = make_run(user, email=email)
        self.permit(staff, "view_taskrun", "change_taskrun")

        act(enter(staff), "cancel_runs", [run])

        run.refresh_from_db()
        assert run.status == "cancelled"

    def test_it_lets_nobody_else_in(self, logged_in, client, settings):
        settings.WHITENOISE_USE_FINDERS = False

        for path in ("/admin/", RUNS, TOKENS):
            assert logged_in.get(path, follow=True).status_code == 404
            assert client.get(path, follow=True).redirect_chain[-1][0].startswith("/login/")


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]
