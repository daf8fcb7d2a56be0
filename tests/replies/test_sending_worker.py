"""At most once, with a real worker, a real server, and a kill at the worst moments."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from emails.models import Email
from mailai.runs.models import TaskRun
from mailai.runs.transitions import cancel
from replies.models import Sending
from tests.factories import make_sending
from tests.processes import Worker, wait_until, worker
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = {
    "MAILAI_LEASE_MARGIN": "1",
    "MAILAI_SEND_SOFT_LIMIT": "2",
    "MAILAI_SEND_HARD_LIMIT": "3",
    "MAILAI_SEND_BACKOFF": "1",
}


@pytest.fixture(scope="module")
def running(
    django_db_setup: None,
    django_db_blocker: Any,
    running_smtp: SmtpServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    environment = {
        "MAILAI_MAIL_PRIVATE_HOSTS": "127.0.0.0/8",
        "MAILAI_MAIL_PORTS": f"{running_smtp.port},{running_smtp.tls_port}",
        "MAILAI_MAIL_CA_FILE": str(running_smtp.authority.file),
    }
    log = tmp_path_factory.mktemp("worker") / "log"
    with django_db_blocker.unblock(), worker(log, **QUICK, **environment) as started:
        yield started


@pytest.fixture
def sending(draft, account) -> Sending:
    return make_sending(draft, account=account)


def start(sending: Sending, delay: float = 0) -> TaskRun:
    run, created = TaskRun.objects.start(sending.user, "send", sending.email, delay=delay)
    assert created
    Sending.objects.filter(pk=sending.pk).update(run=run)
    return run


def ended(run: TaskRun) -> tuple[str, str, int]:
    def look() -> bool:
        run.refresh_from_db()
        return not run.is_active

    wait_until(look)
    return run.status, run.error_code, run.attempt


def test_it_sends_when_the_time_to_undo_is_over(running, outbox, sending):
    began = time.monotonic()
    run = start(sending, delay=1.5)

    assert ended(run) == ("succeeded", "", 1)
    assert time.monotonic() - began >= 1.5
    assert [each.content for each in outbox.received] == [bytes(sending.raw)]
    assert Email.objects.get(pk=sending.email_id).answered_at


def test_what_is_undone_meanwhile_never_reaches_the_server(running, outbox, sending, user, email, account):
    run = start(sending, delay=1)
    assert cancel(run)

    later = start(make_sending(sending.draft, account=account, sender="later@example.org"), delay=1.5)

    assert ended(later)[0] == "succeeded"
    assert [each.sender for each in outbox.received] == ["later@example.org"]
    assert ended(run) == ("cancelled", "", 0)


def test_a_worker_killed_before_the_handover_is_made_good_by_the_next(running, outbox, sending):
    outbox.behave(hangs="MAIL")
    run = start(sending)
    (victim,) = wait_until(lambda: running.asking(outbox.tls_port))
    wait_until(lambda: TaskRun.objects.filter(pk=run.pk, message="sending").exists())

    victim.kill()
    outbox.release()

    assert ended(run) == ("succeeded", "", 2)
    assert len(outbox.received) == 1


def test_a_worker_killed_before_it_hears_the_answer_leaves_it_unknown(running, outbox, sending):
    outbox.behave(hangs=".")
    run = start(sending)
    wait_until(lambda: outbox.received)
    (victim,) = running.asking(outbox.tls_port)
    assert not cancel(run)

    victim.kill()
    outbox.release()

    assert ended(run) == ("failed", "send_unknown", 2)
    assert len(outbox.received) == 1
    sending.refresh_from_db()
    assert sending.outcome == "unknown"
    assert Email.objects.get(pk=sending.email_id).answered_at is None
