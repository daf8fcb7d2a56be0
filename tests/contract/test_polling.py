"""What the poll of an open page costs while there is nothing new, and that nothing new is missed for it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from mailai.runs.models import VERSION, TaskRun
from mailai.runs.unchanged import NOW
from tests.contract.asking import HTMX
from tests.factories import make_run

MANY = 2000


def poll(client, run, seen):
    return client.get(f"/tasks/{run.pk}/status", {"seen": seen}, headers=HTMX)


@pytest.fixture
def run(user, email):
    return make_run(
        user, "reply", "running", email=email, message="receiving", progress=40, partial="Grüße 👋 aus Köln"
    )


@pytest.mark.parametrize("status", ["queued", "running", "retrying"])
def test_it_costs_one_row_of_session_user_and_run_and_an_empty_answer(logged_in, user, email, status):
    run = make_run(user, status=status, email=email, params={"style": "brief"}, partial="x" * 9000)
    asked: list[tuple[str, int]] = []

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        asked.append((sql, context["cursor"].rowcount))
        return result

    with connection.execute_wrapper(count):
        response = poll(logged_in, run, run.version)

    assert (response.status_code, response.content) == (204, b"")
    [(sql, rows)] = asked
    assert all(table in sql for table in ("django_session", "auth_user", TaskRun._meta.db_table))
    assert rows == 1


@pytest.fixture
def many(user: User) -> None:
    """So many other rows that one way is the cheapest by far: of a few, the planner takes whichever it likes."""
    users = User.objects.bulk_create(User(username=f"user-{number}") for number in range(MANY))
    TaskRun.objects.bulk_create(
        TaskRun(user=each, kind="fetch", deadline_at=timezone.now()) for each in users
    )
    Session.objects.bulk_create(
        Session(session_key=f"key{number}", session_data="", expire_date=timezone.now())
        for number in range(MANY)
    )
    with connection.cursor() as cursor:
        for model in (User, TaskRun, Session):
            cursor.execute(f"ANALYZE {model._meta.db_table}")


def test_it_finds_them_by_their_keys(logged_in, run, many):
    """No other row is read, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {NOW}", [logged_in.cookies["sessionid"].value, run.pk])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan" not in plan
    for key in ("session_key", "id = run.user_id", f"id = '{run.pk}'"):
        assert re.search(rf"Index Cond: .*{re.escape(key)}", plan), plan


def test_it_is_planned_once_for_many_polls(logged_in, run, many):
    """What the server takes longest for, where each poll has it planned anew."""
    with connection.cursor() as cursor:
        for _ in range(20):
            poll(logged_in, run, run.version)
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%session.session_data%"],
        )
        [(generic, custom)] = cursor.fetchall()

    assert generic > custom


def test_it_is_the_same_version_in_the_database_as_on_the_page(logged_in, run):
    assert run.version == "running.1.receiving.40.16.0"
    assert poll(logged_in, run, run.version).status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"status": "queued", "lease_until": None},
        {"attempt": 2},
        {"message": "saving"},
        {"progress": 41},
        {"partial": "Grüße 👋 aus Köln!"},
        {"done": 1},
    ],
    ids=VERSION,
)
def test_it_misses_no_change(logged_in, run, change):
    seen = run.version
    TaskRun.objects.update(**change)

    assert poll(logged_in, run, seen).status_code == 200


@pytest.mark.parametrize(
    ("status", "over"), [("running", "lease_until"), ("queued", "deadline_at"), ("retrying", "deadline_at")]
)
def test_it_rescues_what_has_run_out_though_nothing_changed(logged_in, user, email, status, over):
    run = make_run(user, status=status, email=email, **{over: timezone.now() - dt.timedelta(seconds=1)})

    assert poll(logged_in, run, run.version).status_code == 200
    run.refresh_from_db()
    assert run.status == {"running": "retrying"}.get(status, "failed")


@pytest.mark.parametrize("seen", ["", "x", "running.1", "\x00", "'", "%s"])
def test_it_shows_the_run_to_who_has_seen_something_else(logged_in, run, seen):
    assert poll(logged_in, run, seen).status_code == 200


def test_it_tells_a_stranger_nothing_though_they_guess_the_version(intruder, run):
    response = poll(intruder, run, run.version)

    assert response.status_code == 286
    assert 'data-code="not_found"' in response.content.decode()


def test_it_sends_somebody_whose_session_is_over_to_the_login(logged_in, run):
    logged_in.session.delete(logged_in.cookies["sessionid"].value)

    response = poll(logged_in, run, run.version)

    assert response["HX-Redirect"].startswith("/login/")


def other_password(user, session):
    user.set_password("another long pass phrase")
    user.save()


def no_longer_active(user, session):
    User.objects.filter(pk=user.pk).update(is_active=False)


def other_backend(user, session):
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.RemoteUserBackend"
    session.save()


def expired(user, session):
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(minutes=1))


def not_of_ours(user, session):
    Session.objects.update(session_data="eyJfYXV0aF91c2VyX2lkIjoiMSJ9:1x:forged")


@pytest.mark.parametrize("ended", [other_password, no_longer_active, other_backend, expired, not_of_ours])
def test_a_login_that_no_longer_counts_gets_no_poll(logged_in, user, run, ended):
    assert poll(logged_in, run, run.version).status_code == 204
    ended(user, logged_in.session)

    assert poll(logged_in, run, run.version)["HX-Redirect"].startswith("/login/")


@pytest.mark.parametrize("path", ["/tasks/{run.pk}/status?seen={run.version}", "/"])
def test_a_cookie_that_no_database_takes_is_no_session(client, run, path):
    response = client.get(path.format(run=run), headers=HTMX, HTTP_COOKIE=r'sessionid="\000abcdefgh"')

    assert "/login/" in response.headers.get("HX-Redirect", response.headers.get("Location", ""))
