from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from emails.models import Email, MailAccount
from mailai.runs.models import TaskRun
from replies.models import Draft, Sending
from tests.contract.asking import as_json
from tests.factories import make_account, make_draft
from tests.smtp_server import PASSWORD, USER, SmtpServer, smtp_server


@pytest.fixture(scope="session")
def running_smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    with smtp_server(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def outbox(running_smtp: SmtpServer, settings: Any) -> Iterator[SmtpServer]:
    """The server that the user's account sends by; the operator allows it."""
    settings.MAILAI_MAIL_PRIVATE_HOSTS = ["127.0.0.0/8"]
    settings.MAILAI_MAIL_PORTS = set(range(1, 65536))
    settings.MAILAI_MAIL_TIMEOUT = 3
    settings.MAILAI_MAIL_CA_FILE = str(running_smtp.authority.file)
    running_smtp.clear()
    yield running_smtp
    running_smtp.release()
    assert running_smtp.faults == []


@pytest.fixture
def account(user: User, outbox: SmtpServer) -> MailAccount:
    return make_account(
        user, PASSWORD, imap_user=USER, smtp_host="localhost", smtp_port=outbox.tls_port, standing="works"
    )


@pytest.fixture
def draft(email: Email) -> Draft:
    return make_draft(email, edited=True, text="Dear Ada,\n\nhere it is.")


@pytest.fixture
def prepared(logged_in: Client, email: Email, draft: Draft, account: MailAccount) -> Callable[..., Sending]:
    """A message that was prepared in the editor, to Ada unless `fields` say otherwise."""

    def prepare(**fields: Any) -> Sending:
        body = {"text": draft.text, "draft_id": draft.pk, "revision": draft.revision, "to": "ada@example.com"}
        body |= {"account": account.pk, "quote": True} | fields
        answer = as_json(logged_in, f"/emails/{email.pk}/send", body)
        assert answer.status_code == 201, answer.content
        return Sending.objects.get(pk=answer.json()["sending_id"])

    return prepare


@pytest.fixture
def confirmed(logged_in: Client) -> Callable[..., TaskRun]:
    """The run of a message that the user confirmed."""

    def confirm(sending: Sending, **body: Any) -> TaskRun:
        answer = as_json(logged_in, f"/sendings/{sending.pk}/send", body)
        assert answer.status_code == 202, answer.content
        return TaskRun.objects.get(pk=answer.json()["task_id"])

    return confirm
