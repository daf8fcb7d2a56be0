"""A worker that is killed in the middle of a fetch, again and again: in the end everything is there once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emails.models import Email, Folder, MailAccount, ServerCopy
from mailai.runs.models import TaskRun
from mailai.runs.rescue import end_leases
from mailai.runs.transitions import hurry
from tests.accounts.dovecot import PASSWORD, Dovecot
from tests.accounts.letters import letters
from tests.factories import make_account
from tests.processes import Worker, wait_until, worker

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES, MANY = 600, 2000


@pytest.fixture
def running(server: Dovecot, tmp_path: Path, transactional_db: None) -> Iterator[Worker]:
    environment = {
        "MAILAI_MAIL_PRIVATE_HOSTS": "127.0.0.0/8",
        "MAILAI_MAIL_PORTS": f"{server.port},{server.tls_port}",
        "MAILAI_MAIL_CA_FILE": str(server.authority.file),
        "MAILAI_FETCH_LEASE": "2",
        "MAILAI_LEASE_MARGIN": "0",
    }
    with worker(tmp_path / "log", **environment) as started:
        yield started


def start(user: Any, server: Dovecot, mailbox: str) -> TaskRun:
    account = make_account(
        user, PASSWORD, imap_host="localhost", imap_port=server.tls_port, imap_user=mailbox, standing="works"
    )
    return TaskRun.objects.start(user, "fetch", account=account)[0]


def again(run: TaskRun) -> None:
    """What the reaper does a little later by itself: end the lease, and try again."""
    wait_until(lambda: end_leases() or TaskRun.objects.filter(pk=run.pk, status="retrying").exists())
    wait_until(lambda: hurry(run))


def test_it_loses_nothing_and_stores_nothing_twice(running: Worker, server: Dovecot, user: Any, mailbox: str):
    server.put(mailbox, letters(MESSAGES, size=20_000))
    run = start(user, server, mailbox)
    kills = []

    for at in (1, 150, 350):
        wait_until(lambda at=at: Email.objects.count() >= at)
        (fetching,) = wait_until(lambda: running.asking(server.tls_port))
        fetching.kill()
        kills.append(Email.objects.count())
        again(run)

    wait_until(lambda: not TaskRun.objects.get(pk=run.pk).is_active)
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("succeeded", 4)
    assert kills[0] < kills[1] < kills[2] < MESSAGES
    assert Email.objects.of(user).count() == MESSAGES
    assert Email.objects.of(user).values("subject").distinct().count() == MESSAGES
    assert ServerCopy.objects.count() == MESSAGES
    assert Folder.objects.get().last_uid == MESSAGES


def test_a_worker_that_is_to_stop_does_not_wait_for_the_whole_fetch(
    running: Worker, server: Dovecot, user: Any, mailbox: str
):
    server.put(mailbox, letters(MANY, size=1000))
    run = start(user, server, mailbox)
    wait_until(lambda: Email.objects.exists())

    running.popen.send_signal(signal.SIGTERM)
    running.popen.wait(60)

    run.refresh_from_db()
    assert (run.status, run.attempt, run.result["more"]) == ("succeeded", 1, True)
    assert 0 < Email.objects.count() == run.result["stored"] == Folder.objects.get().last_uid < MANY
    assert MailAccount.objects.due().filter(pk=run.account_id).exists()
