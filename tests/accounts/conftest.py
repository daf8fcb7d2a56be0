from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from emails.models import MailAccount
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.accounts.dovecot import PASSWORD, Dovecot, dovecot
from tests.accounts.hostile import Hostile
from tests.factories import make_account

numbers = itertools.count(1)


@pytest.fixture(scope="package")
def server() -> Iterator[Dovecot]:
    """A Dovecot that all tests share; each has a mailbox of its own."""
    with dovecot() as running:
        yield running


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    with Hostile() as running:
        yield running


@pytest.fixture
def loopback(settings: Any) -> Any:
    """The operator allows servers on this machine; their ports are the tests' own."""
    settings.MAILAI_MAIL_PRIVATE_HOSTS = ["127.0.0.0/8"]
    settings.MAILAI_MAIL_PORTS = set(range(1, 65536))
    settings.MAILAI_MAIL_TIMEOUT = 5
    return settings


@pytest.fixture
def mailbox(server: Dovecot) -> str:
    """The name of an empty mailbox."""
    name = f"alex{next(numbers)}"
    server.maildir(name)
    return name


@pytest.fixture
def account(user: User, server: Dovecot, mailbox: str, loopback: Any) -> MailAccount:
    """A tested account of the user's for that mailbox, over TLS."""
    loopback.MAILAI_MAIL_CA_FILE = str(server.authority.file)
    return make_account(
        user,
        PASSWORD,
        imap_host="localhost",
        imap_port=server.tls_port,
        imap_user=mailbox,
        standing="works",
    )


@pytest.fixture
def fetch() -> Callable[..., TaskRun]:
    """Fetches as a worker would, in this process: by schedule, or by hand."""
    return lambda account, by_hand=False: carried_out(account, "fetch", by_hand)


@pytest.fixture
def tried() -> Callable[[MailAccount], TaskRun]:
    """Tests an account as a worker would, in this process."""
    return lambda account: carried_out(account, "account_test")


def carried_out(account: MailAccount, kind: str, awaited: bool = False) -> TaskRun:
    run, created = TaskRun.objects.start(account.user, kind, account=account, awaited=awaited)
    assert created
    perform(str(run.pk))
    run.refresh_from_db()
    account.refresh_from_db()
    return run
