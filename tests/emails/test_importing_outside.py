"""Reading mail waits for another process: never inside a transaction, which the database would end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from emails.accounts.batches import Batch
from emails.accounts.keeping import keep
from emails.importing import Outcome, put, read, store
from emails.importing.rereading import Reread, reread
from emails.models import Email, Folder
from emails.parsing.contained import idle
from mailai.runs.models import TaskRun
from tests.emails.uploads.conftest import carried_out, kept, mbox
from tests.factories import make_account

pytestmark = pytest.mark.django_db(transaction=True)
MAIL = b"From: ada@example.com\r\nSubject: Hello\r\nMessage-ID: <%d@x>\r\n\r\nText.\r\n"


@pytest.fixture
def slow(user: User, settings: Any) -> Iterator[Callable[[], None]]:
    """The next message keeps its reader for seconds; a connection that idles in a transaction meanwhile is ended."""
    settings.MAILAI_READ_SECONDS = 1
    idle.end_all()

    def hang() -> None:
        store(user, MAIL % 0)
        [reader] = [one for one in psutil.Process().children() if "emails.parsing.child" in one.cmdline()]
        reader.suspend()

    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 1000")
    yield hang
    idle.end_all()
    connection.close()


def test_a_fetched_batch_is_read_before_its_transaction(user: User, slow: Callable[[], None]) -> None:
    account = make_account(user, "secret")
    folder = Folder.objects.create(account=account, name="INBOX", uidvalidity=7)
    heard: list[bool] = []
    slow()

    stored = keep(
        account, folder, Batch([1, 2], raws={1: MAIL % 1, 2: MAIL % 2}), lambda: heard.append(True)
    ).stored

    folder.refresh_from_db()
    assert (stored, folder.last_uid, len(heard)) == (2, 2, 2)
    assert Email.objects.of(user).count() == 3


def test_an_upload_is_read_before_its_transaction(user: User, slow: Callable[[], None]) -> None:
    run: TaskRun = kept(user, a_mbox=mbox(3))
    slow()

    assert carried_out(run).status == "succeeded"
    assert Email.objects.of(user).count() == 4


def test_mail_is_read_again_before_its_transaction(user: User, slow: Callable[[], None]) -> None:
    slow()

    assert list(reread(Email.objects.of(user))) == [(Email.objects.get().pk, Reread.KEPT)]


def test_it_refuses_to_read_inside_a_transaction(user: User) -> None:
    store(user, MAIL % 1)
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            store(user, MAIL % 2)
        with pytest.raises(RuntimeError, match="durable"):
            list(reread(Email.objects.all()))
    assert Email.objects.count() == 1


def test_what_was_read_can_be_stored_in_a_second_transaction(user: User) -> None:
    arrivals = list(read(user, [MAIL % 1, MAIL % 2, MAIL % 1]))
    with transaction.atomic():
        put(user, arrivals)
        transaction.set_rollback(True)
    assert not Email.objects.exists()

    with transaction.atomic():
        outcomes = [outcome for outcome, _email in put(user, arrivals)]

    assert outcomes == [Outcome.IMPORTED, Outcome.IMPORTED, Outcome.DUPLICATE]
    assert Email.objects.count() == 2
    assert not any(one.stored for one in arrivals)
