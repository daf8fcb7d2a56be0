"""A user who is deleted leaves figures without a name, and nobody else is touched."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailai.ai.calls import _note
from mailai.ai.models import AiCall
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.users import deleting
from mailai.users.deleting import delete, shut_out
from tests.factories import make_email, make_run, make_user
from tests.processes import wait_until
from tests.users.everything import logged, make_everything, references, rows_of, session_of, tables_with

MARK, OTHER = "zwetschgenknoedel", "palatschinken"
USERS = "/admin/auth/user/"


@pytest.fixture
def root(db):
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def leaving(root):
    """With rows of every kind, and what operators noted about some of them."""
    user = make_everything(MARK, messages=3)
    for about in (user, user.tokens.get(), user.runs.filter(kind="reply").first()):
        logged(root, about, f"{about} of {MARK}")
    return user


@pytest.fixture
def bystander(db):
    return make_everything(OTHER, messages=3)


def order(root, *users):
    return TaskRun.objects.start(root, "delete_user", params={"users": [user.pk for user in users]})[0]


def ids_of(user):
    """What else names the user's rows: the runs in payloads of the queue."""
    return {str(pk) for pk in user.runs.values_list("pk", flat=True)}


def queued():
    return {SignedPackage.loads(row.payload)["args"][0] for row in OrmQ.objects.all()}


def sessions_of(pk):
    return [each for each in Session.objects.all() if each.get_decoded().get(SESSION_KEY) == str(pk)]


def snapshot(user):
    """All rows that lead to the user, as text."""
    content = {}
    for table, keys in rows_of(user).items():
        with connection.cursor() as cursor:
            key = connection.introspection.get_primary_key_column(cursor, table)
            cursor.execute(f"SELECT t::text FROM {table} AS t WHERE {key} = ANY(%s) ORDER BY 1", [list(keys)])
            content[table] = cursor.fetchall()
    return content


def nothing_left(user_pk, owned, runs, mark=MARK):
    """Looks through every table of the database."""
    assert not tables_with(mark)
    assert not User.objects.filter(pk=user_pk).exists()
    for table, column, named in references():
        if named == "auth_user":
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [user_pk])
                assert cursor.fetchone()[0] == 0, (table, column)
    for table, keys in owned.items():
        if table == "ai_aicall":
            continue
        with connection.cursor() as cursor:
            key = connection.introspection.get_primary_key_column(cursor, table)
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {key} = ANY(%s)", [list(keys)])
            assert cursor.fetchone()[0] == 0, table
    assert not sessions_of(user_pk)
    assert not runs & queued()
    assert not tables_with(*runs)


def test_the_scene_has_rows_in_every_table_that_leads_to_a_user(leaving):
    empty = {table for table, keys in rows_of(leaving).items() if not keys}

    assert not empty
    assert len(rows_of(leaving)) > 20


def test_it_leaves_figures_without_a_name(root, leaving, bystander):
    owned, runs, pk = rows_of(leaving), ids_of(leaving), leaving.pk
    before, others = snapshot(bystander), ids_of(bystander)
    calls = set(AiCall.objects.filter(user=leaving).values_list("pk", flat=True))
    run = order(root, leaving)

    perform(str(run.pk))

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("succeeded", "")
    assert (run.user, run.result["users"]) == (root, [pk])
    nothing_left(pk, owned, runs)
    kept = AiCall.objects.filter(pk__in=calls)
    assert {(call.user, call.token, call.run, call.input_tokens) for call in kept} == {(None, None, None, 7)}
    assert kept.count() == 3
    assert list(LogEntry.objects.filter(user=root).values_list("object_repr", "change_message")) == [
        (f"user {pk}", "")
    ]
    assert snapshot(bystander) == before
    assert queued() >= {str(each.pk) for each in bystander.runs.filter(status="queued")} & others
    assert len(sessions_of(bystander.pk)) == 1
    assert Group.objects.filter(name="Everybody").exists()


def test_it_goes_on_where_it_was_killed(root, leaving, bystander, monkeypatch):
    """After each single batch the worker is gone, until nothing is left."""
    monkeypatch.setattr(deleting, "BATCH", 2)
    owned, runs, pk, before = rows_of(leaving), ids_of(leaving), leaving.pk, snapshot(bystander)
    rounds = 0

    class Killed(BaseException):
        pass

    def kill(_count):
        raise Killed

    while User.objects.filter(pk=pk).exists():
        rounds += 1
        try:
            shut_out(pk, root.pk)
            delete(pk, kill)
        except Killed:
            assert not User.objects.get(pk=pk).is_active

    assert rounds > 8
    nothing_left(pk, owned, runs)
    assert snapshot(bystander) == before


def test_what_comes_in_meanwhile_goes_too(root, leaving):
    pk = leaving.pk
    late = []

    def come(_count):
        if not late:
            late.append(make_email(leaving, subject=MARK))
            session_of(leaving)

    shut_out(pk, root.pk)
    delete(pk, come)

    assert late
    assert not tables_with(MARK)
    assert not sessions_of(pk)


@pytest.mark.django_db(transaction=True)
def test_what_is_being_stored_at_that_moment_goes_too(user):
    shut_out(user.pk)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():  # as whoever stores mail has it
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            make_email(user, subject=MARK)
            deleted = pool.submit(delete_apart, user.pk)
            wait_until(somebody_waits)
        deleted.result(30)

    assert not User.objects.filter(pk=user.pk).exists()
    assert not tables_with(MARK)


def delete_apart(pk):
    try:
        delete(pk)
    finally:
        connection.close()


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_call_that_was_under_way_is_counted_without_a_name(user, token):
    run = make_run(user)
    call = AiCall(user=user, token=token, run=run, kind="base", provider="openai", model="fake")
    call.prompt_version, call.duration_ms = "1", 5
    shut_out(user.pk)
    delete(user.pk)

    _note(call, token)

    assert AiCall.objects.values_list("user", "token", "run", "duration_ms").get() == (None, None, None, 5)


def test_nobody_deletes_themselves_nor_the_last_superuser(root, user):
    second = make_user("second", is_superuser=True)

    for target, by, code in ((root, root, "self"), (root, user, "rights")):
        with pytest.raises(deleting.Kept, match=code):
            shut_out(target.pk, by.pk)
    shut_out(second.pk, root.pk)
    with pytest.raises(deleting.Kept, match="rights"):
        shut_out(root.pk, second.pk)
    with pytest.raises(deleting.Kept, match="last"):
        shut_out(root.pk)
    assert User.objects.get(pk=root.pk).is_active


def test_the_run_of_who_is_no_superuser_any_more_deletes_nobody(root, user):
    run = order(root, user)
    User.objects.filter(pk=root.pk).update(is_superuser=False)

    perform(str(run.pk))

    run.refresh_from_db()
    assert (run.status, run.error_code) == ("failed", "user_kept")
    assert User.objects.filter(pk=user.pk, is_active=True).exists()


class TestAdmin:
    @pytest.fixture
    def operator(self, enter, root):
        return enter(root)

    @pytest.mark.parametrize("way", ["link", "action"])
    def test_it_asks_with_numbers_and_then_shuts_out_at_once(self, operator, root, leaving, way):
        path = f"{USERS}{leaving.pk}/delete/" if way == "link" else USERS
        chosen = {"action": "delete_users", "_selected_action": [leaving.pk]}

        asked = operator.get(path) if way == "link" else operator.post(path, chosen)
        html = asked.content.decode()
        assert "3 emails" in html
        assert "offers" not in html
        assert User.objects.get(pk=leaving.pk).is_active

        done = operator.post(path, chosen | {"confirmed": "yes"}, follow=True)

        assert "1 user is being deleted." in done.content.decode()
        run = TaskRun.objects.get(kind="delete_user")
        assert (run.user, run.params, run.status) == (root, {"users": [leaving.pk]}, "queued")
        assert not User.objects.get(pk=leaving.pk).is_active
        assert not sessions_of(leaving.pk)
        assert not leaving.runs.active().exists()
        assert MARK not in operator.get("/activity/").content.decode()

    def test_it_keeps_whoever_asks_and_nothing_happens_to_the_others(self, operator, root, user):
        assert operator.get(f"{USERS}{root.pk}/delete/").status_code == 403
        confirmed = {"confirmed": "yes", "action": "delete_users"}
        assert operator.post(f"{USERS}{root.pk}/delete/", confirmed).status_code == 403

        html = operator.post(USERS, confirmed | {"_selected_action": [root.pk]}, follow=True).content.decode()

        assert "You cannot delete yourself." in html
        assert User.objects.filter(is_active=True).count() == 2
        assert not TaskRun.objects.exists()

    def test_it_shows_the_progress_to_whoever_ordered_it_and_nobody_else(
        self, operator, root, user, logged_in
    ):
        run = make_run(
            root, "delete_user", "running", message="deleting", done=1200, total=2000, params={"users": [5]}
        )

        assert "Deleting: 1,200 of 2,000 entries" in operator.get("/activity/").content.decode()
        assert operator.get(f"/tasks/{run.pk}/status").json()["message"].startswith("Deleting: 1,200")
        assert operator.get(f"/tasks/{run.pk}/status", headers={"HX-Request": "true"}).status_code == 200
        assert logged_in.get(f"/tasks/{run.pk}/status").status_code == 404
        assert "Deletion of users" not in logged_in.get("/activity/").content.decode()


class TestCommand:
    def test_it_deletes_at_once(self, leaving, bystander):
        owned, runs, pk, before = rows_of(leaving), ids_of(leaving), leaving.pk, snapshot(bystander)
        out = io.StringIO()

        call_command("user", "delete", MARK, "--yes", stdout=out)

        assert out.getvalue() == f"deleted user {pk}\n"
        nothing_left(pk, owned, runs)
        assert snapshot(bystander) == before

    def test_it_asks_first(self, user, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda _question: "something else")

        with pytest.raises(CommandError, match="Nothing was deleted"):
            call_command("user", "delete", user.username)
        assert User.objects.filter(pk=user.pk, is_active=True).exists()

    def test_it_keeps_the_last_superuser_and_knows_who_is_there(self, root):
        with pytest.raises(CommandError, match="last superuser"):
            call_command("user", "delete", "root", "--yes")
        with pytest.raises(CommandError, match="no user 'nobody'"):
            call_command("user", "delete", "nobody", "--yes")
        assert User.objects.get() == root
