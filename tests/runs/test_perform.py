"""What the worker makes of every outcome: it always notes it on the row, never raises and returns None."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django_q.exceptions import TimeoutException
from django_q.timeout import TimeoutHandler

from emails.models import Analysis
from mailai.ai.errors import FINAL, RETRYABLE, AIError
from mailai.ai.models import AiCall
from mailai.postgres import patience
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.transitions import Lost, cancel
from tests.factories import make_run, make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(probe, user, email, token) -> TaskRun:
    return TaskRun.objects.start(user, "probe", email, token)[0]


def outcome(run: TaskRun) -> tuple[str, str]:
    run.refresh_from_db()
    return run.status, run.error_code


def raising(error: BaseException):
    def work(_run, _report):
        raise error

    return work


def test_it_saves_what_the_work_found(run, probe):
    assert perform(str(run.pk)) is None

    assert outcome(run) == ("succeeded", "")
    assert run.result == {"status": "success", "analysis": Analysis.objects.get().pk}


def test_it_does_the_work_once_for_two_rings(run, probe):
    perform(str(run.pk))
    perform(str(run.pk))

    assert (probe.calls, Analysis.objects.count()) == (1, 1)


@pytest.mark.parametrize("code", sorted(RETRYABLE))
def test_it_retries_where_that_can_help(code, run, probe):
    probe.then = raising(AIError(code))

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("retrying", code)


@pytest.mark.parametrize("code", sorted(FINAL))
def test_it_fails_where_it_cannot(code, run, probe):
    probe.then = raising(AIError(code, "why"))

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("failed", code)
    assert run.error_message == "why"


@pytest.mark.parametrize("error", [ValueError("sk-secret"), KeyError("x"), RecursionError()])
def test_it_fails_for_a_fault_of_ours_without_telling_what_it_was(error, run, probe, caplog):
    probe.then = raising(error)

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("failed", "internal")
    assert run.error_message == ""
    assert "failed in our own code" in caplog.text


def test_it_saves_nothing_of_a_result_that_cannot_be_saved(run, probe):
    find = probe.then

    def then(run, report):
        save = find(run, report)

        def half():
            save()
            raise ValueError

        return half

    probe.then = then

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("failed", "internal")
    assert run.result is None
    assert not Analysis.objects.exists()


def test_it_lets_go_of_a_run_that_was_cancelled_meanwhile(run, probe):
    find = probe.then

    def then(run, report):
        save = find(run, report)
        cancel(run)
        return save

    probe.then = then

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("cancelled", "")
    assert not Analysis.objects.exists()


def test_it_takes_being_told_that_the_run_is_lost(run, probe):
    probe.then = raising(Lost())

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("running", "")


def test_it_notes_the_hard_limit(run, probe):
    def then(_run, _report):
        time.sleep(10)  # noqa: TID251 - work that overlooks its own limit
        raise AssertionError("nobody ended it")

    probe.then = then

    with TimeoutHandler(1):  # what django-q2 puts around a task
        assert perform(str(run.pk)) is None

    assert outcome(run) == ("retrying", "timeout")
    assert run.error_message == "ended after 2 s"


def be_interrupted() -> None:
    """As if the signal came between the sending of a statement and the wait for its answer, in which psycopg would
    have cancelled it."""
    connection.connection.pgconn.send_query(b"SELECT pg_sleep(10)")
    raise TimeoutException()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["working", "saving"])
def test_it_notes_the_hard_limit_that_struck_in_the_middle_of_a_statement(where, run, probe):
    def then(_run, _report):
        if where == "working":
            be_interrupted()
        return be_interrupted

    probe.then = then

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("retrying", "timeout")


@pytest.mark.parametrize("error", [ValueError("half done"), OperationalError("gone"), AttributeError("None")])
def test_an_error_that_is_raised_while_the_hard_limit_is_handled_is_the_hard_limit(error, run, probe, caplog):
    """As Django raises one of its own while it leaves the transaction that the limit struck."""

    def work(_run, _report):
        try:
            raise TimeoutException()
        finally:
            raise error

    probe.then = work

    perform(str(run.pk))

    assert outcome(run) == ("retrying", "timeout")
    assert run.error_message == "ended after 2 s"
    assert "our own code" not in caplog.text


def test_it_ends_even_when_the_end_comes_while_it_fails(run, probe, settings, caplog):
    settings.MAILAI_BACKOFFS = {}  # fail() itself fails
    probe.then = raising(TimeoutException())

    assert perform(str(run.pk)) is None

    assert outcome(run) == ("running", "")
    assert "its lease will run out" in caplog.text


@pytest.mark.parametrize("run_id", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_it_takes_any_ring(run_id):
    assert perform(run_id) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [({"expires_at": timezone.now()}, "token_expired"), ({"revoked_at": timezone.now()}, "token_revoked")],
)
def test_it_checks_the_token_before_the_work(change, code, run, probe, token):
    type(token).objects.update(**change)

    perform(str(run.pk))

    assert outcome(run) == ("failed", code)
    assert probe.calls == 0


def test_it_fails_without_the_token_that_was_deleted(user, email):
    run = make_run(user, email=email)

    perform(str(run.pk))

    assert outcome(run) == ("failed", "token_missing")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("fake", ("succeeded", "")),
        ("fake:status=503", ("retrying", "overloaded")),
        ("fake:status=429", ("retrying", "rate_limited")),
        ("fake:quota", ("failed", "quota")),
        ("fake:echo_key", ("failed", "auth")),
        ("fake:torn", ("retrying", "unreachable")),
        ("fake:length", ("failed", "truncated")),
        ("fake:invalid", ("failed", "invalid_output")),
        ("fake:invalid_once", ("succeeded", "")),
    ],
)
def test_it_notes_what_the_model_did(model, expected, fake, user, email):
    run, _created = TaskRun.objects.start(user, "base", email, make_token(user, model))

    assert perform(str(run.pk)) is None

    assert outcome(run) == expected
    assert Analysis.objects.count() == (expected[0] == "succeeded")
    assert AiCall.objects.get().error_code == expected[1]


def test_it_keeps_the_key_out_of_the_run(fake, user, email):
    token = make_token(user, "fake:echo_key")
    run, _created = TaskRun.objects.start(user, "base", email, token)

    perform(str(run.pk))

    row = TaskRun.objects.filter(pk=run.pk).values().get()
    assert "sk-test" not in repr(row)


@pytest.mark.django_db(transaction=True)
class TestDatabaseAway:
    """The connection is really cut, by the server."""

    @staticmethod
    def cut() -> None:
        with connection.copy().cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            cursor.connection.close()

    def test_it_finishes_on_a_fresh_connection(self, run, probe):
        find = probe.then

        def then(run, report):
            save = find(run, report)
            self.cut()
            return save

        probe.then = then

        assert perform(str(run.pk)) is None

        assert outcome(run) == ("succeeded", "")
        assert (probe.calls, Analysis.objects.count()) == (1, 1)

    def test_it_saves_once_when_it_is_cut_while_saving(self, run, probe):
        saves = []
        find = probe.then

        def then(run, report):
            save = find(run, report)

            def cut_once():
                result = save()
                if not saves:
                    saves.append(result)
                    self.cut()
                return result

            return cut_once

        probe.then = then

        assert perform(str(run.pk)) is None

        assert outcome(run) == ("succeeded", "")
        assert run.result == {"status": "success", "analysis": Analysis.objects.get().pk}
        assert run.result != saves[0]

    def test_it_goes_on_when_it_is_cut_while_the_answer_streams(self, run, probe, monkeypatch):
        monkeypatch.setattr("mailai.runs.report.EVERY", 0)
        find = probe.then

        def then(run, report):
            save = find(run, report)
            self.cut()
            for piece in ("Dear", " Ada"):
                report.received(piece)

            def look() -> dict[str, Any]:
                streamed.append(TaskRun.objects.get(pk=run.pk).partial)
                return save()

            return look

        streamed: list[str] = []
        probe.then = then

        perform(str(run.pk))

        assert outcome(run) == ("succeeded", "")
        assert streamed == ["Dear Ada"]

    @pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("the connection is closed")])
    def test_it_loses_patience_and_says_so(self, error, run, probe, monkeypatch):
        monkeypatch.setattr(patience, "PATIENCE", 0)
        probe.then = raising(error)

        perform(str(run.pk))

        assert outcome(run) == ("retrying", "worker_lost")
        assert run.error_message == "the database was away"
