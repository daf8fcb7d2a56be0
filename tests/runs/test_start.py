"""A press becomes a run and a ring, both or neither, and one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from mailai.postgres.violations import constraint_of, is_dangling
from mailai.runs.models import TaskRun
from mailai.runs.transitions import cancel
from tests.factories import KEY, make_account, make_email


def start(user, email, token, kind="base"):
    return TaskRun.objects.start(user, kind, email, token, {"instructions": "private words"})


@pytest.mark.django_db
def test_it_inserts_the_run_and_its_ring(user, email, token):
    run, created = start(user, email, token)

    run.refresh_from_db()
    assert (created, run.status, run.attempt, run.progress) == (True, "queued", 0, 0)
    ring = OrmQ.objects.get()
    assert run.queue_id == ring.pk
    task = SignedPackage.loads(ring.payload)
    assert (task["func"], task["args"], task["kwargs"]) == ("mailai.runs.perform.perform", (str(run.pk),), {})
    assert task["timeout"] == 120


@pytest.mark.django_db
def test_it_puts_no_content_into_the_queue(user, email, token):
    start(user, email, token)

    carried = repr(SignedPackage.loads(OrmQ.objects.get().payload))
    assert not any(secret in carried for secret in (KEY, "private words", email.text, email.subject))


@pytest.mark.django_db(transaction=True)
def test_it_leaves_nothing_when_the_transaction_is_rolled_back(user, email, token):
    with transaction.atomic():
        start(user, email, token)
        transaction.set_rollback(True)

    assert not TaskRun.objects.exists()
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_it_returns_the_run_that_is_under_way(user, email, token):
    first, _created = start(user, email, token)

    second, created = start(user, email, token)

    assert (second, created) == (first, False)


@pytest.mark.django_db
def test_it_keeps_accounts_apart(user):
    home, work = make_account(user), make_account(user)
    first, _created = TaskRun.objects.start(user, "token_test", account=home)

    assert TaskRun.objects.start(user, "token_test", account=home) == (first, False)
    assert TaskRun.objects.start(user, "token_test", account=work)[1]


@pytest.mark.django_db
def test_it_begins_after_the_delay(user, email, token):
    run, _created = TaskRun.objects.start(user, "base", email, token, delay=10)

    ring = OrmQ.objects.get()
    assert 8 < (ring.lock - timezone.now()).total_seconds() <= 10
    assert 8 < (run.run_at - timezone.now()).total_seconds() <= 10
    assert (run.deadline_at - run.run_at).total_seconds() == pytest.approx(1800, abs=1)
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db
def test_it_starts_other_kinds_and_other_messages_beside_it(user, email, token):
    runs = [
        start(user, email, token),
        start(user, email, token, "reply"),
        start(user, make_email(user), token),
    ]

    assert all(created for _run, created in runs)


@pytest.mark.django_db
def test_it_starts_anew_after_the_end(user, email, token):
    first, _created = start(user, email, token)
    cancel(first)

    second, created = start(user, email, token)

    assert created
    assert second != first


@pytest.mark.django_db
def test_it_tests_a_token_once_at_a_time(user, token):
    first, _created = TaskRun.objects.start(user, "token_test", None, token)

    assert TaskRun.objects.start(user, "token_test", None, token) == (first, False)


@pytest.fixture
def removing(db: None) -> Iterator[None]:
    """Whatever message a run is started about, somebody removes it between the look for it and the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION removing() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN DELETE FROM emails_email WHERE id = NEW.email_id; RETURN NEW; END $$;"
            "CREATE TRIGGER removing BEFORE INSERT ON runs_taskrun FOR EACH ROW EXECUTE FUNCTION removing()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER removing ON runs_taskrun; DROP FUNCTION removing()")


@pytest.mark.django_db(transaction=True)
class TestWhatIsNotUnderWay:
    """An insert fails for many reasons; only one of them is that there is a run already."""

    def test_it_tells_that_the_message_is_gone(self, removing, user, email, token):
        with pytest.raises(IntegrityError) as told:
            start(user, email, token)

        assert is_dangling(told.value)
        assert not TaskRun.objects.exists()
        assert not OrmQ.objects.exists()

    def test_a_press_about_it_is_answered_with_404(self, removing, logged_in, email, token):
        answer = logged_in.post(f"/email/{email.pk}/reprocess", {"service_token_id": token.pk})

        assert (answer.status_code, answer.json()["code"]) == (404, "gone")

    def test_it_tells_that_a_value_is_not_one_of_a_run(self, settings, user, email, token):
        settings.MAILAI_MAX_ATTEMPTS = -1

        with pytest.raises(IntegrityError) as told:
            start(user, email, token)

        assert constraint_of(told.value) == "attempt_within_max_attempts" or "max_attempts" in str(told.value)

    def test_it_does_not_take_another_users_run_for_the_own(self, user, stranger, email, token):
        start(user, email, token)

        with pytest.raises(RuntimeError):
            start(stranger, email, token)


@pytest.mark.django_db(transaction=True)
def test_it_starts_one_run_for_eight_presses_at_once(user: User, token):
    email = make_email(user)
    together = threading.Barrier(8)

    def press(_number: int) -> tuple[TaskRun, bool]:
        try:
            together.wait(10)
            return start(user, email, token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(press, range(8)))

    run = TaskRun.objects.get()
    assert {answer for answer, _created in answers} == {run}
    assert [created for _run, created in answers].count(True) == 1
    assert OrmQ.objects.get().pk == run.queue_id
