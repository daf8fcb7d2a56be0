"""A run of every kind changes what it is about, and nothing beside it; and reads nothing of a stranger's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from emails.models import Email, MailAccount
from mailai.ai.fake import FakeOpenAI
from mailai.runs.kinds import KINDS
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.accounts.dovecot import PASSWORD, Dovecot, dovecot
from tests.accounts.letters import letter
from tests.bystanders.belongings import Belongings, started
from tests.bystanders.conftest import Scene
from tests.factories import make_email
from tests.smtp_server import PASSWORD as SMTP_PASSWORD
from tests.smtp_server import USER as SMTP_USER
from tests.smtp_server import SmtpServer, smtp_server


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture(scope="module")
def smtp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpServer]:
    with smtp_server(tmp_path_factory.mktemp("smtp")) as running:
        yield running


@pytest.fixture
def scene(
    scene: Scene, imap: Dovecot, smtp: SmtpServer, fake: FakeOpenAI, settings: Any, tmp_path: Path
) -> Iterator[Scene]:
    """Its account leads to servers that are there."""
    both = tmp_path / "authorities.pem"
    both.write_bytes(imap.authority.file.read_bytes() + smtp.authority.file.read_bytes())
    settings.MAILAI_MAIL_CA_FILE = str(both)
    settings.MAILAI_MAIL_TIMEOUT = 30
    account = scene.mine.account
    account.imap_host, account.imap_port, account.imap_user = "localhost", imap.tls_port, "alex"
    account.smtp_host, account.smtp_port, account.smtp_user = "localhost", smtp.tls_port, SMTP_USER
    account.set_imap_password(PASSWORD)
    account.set_smtp_password(SMTP_PASSWORD)
    account.analyse_new = True
    account.save()
    imap.maildir("alex")
    smtp.clear()
    yield scene
    smtp.release()


def about_email(kind: str) -> Callable[[Belongings], TaskRun]:
    return lambda mine: started(mine.user, kind, email=mine.email, token=mine.token)


def about_account(kind: str) -> Callable[[Belongings], TaskRun]:
    return lambda mine: started(mine.user, kind, account=mine.account)


def sending(mine: Belongings) -> TaskRun:
    TaskRun.objects.filter(pk=mine.waiting.pk).update(run_at=timezone.now())
    return mine.waiting


def saving(mine: Belongings) -> TaskRun:
    params = {
        "draft": mine.draft.pk,
        "account": mine.account.pk,
        "to": [["", "ada@example.com"]],
        "cc": [],
        "quote": True,
    }
    return started(mine.user, "save_draft", email=mine.email, params=params)


RUNS = {
    "base": about_email("base"),
    "optimize": about_email("optimize"),
    "reply": about_email("reply"),
    "token_test": lambda mine: started(mine.user, "token_test", token=mine.token),
    "send": sending,
    "save_draft": saving,
    "fetch": about_account("fetch"),
    "account_test": about_account("account_test"),
    "import": lambda mine: mine.importing,
}


def test_every_kind_of_run_is_here():
    assert {*RUNS, "delete_user"} == KINDS.keys()  # of that one: tests/users/test_deleting.py


@pytest.mark.parametrize("kind", RUNS)
def test_it_changes_what_it_is_about_and_nothing_else(scene: Scene, kind: str, fake: FakeOpenAI):
    run = scene.mine.run = RUNS[kind](scene.mine)

    with scene.watched():
        perform(str(run.pk))

    run.refresh_from_db()
    assert run.status == "succeeded", (run.error_code, run.error_message)
    asked = str([seen.body for seen in fake.requests])
    assert "mallory" not in asked.casefold()


def test_a_strangers_message_is_not_known_to_a_user_who_fetches_it(scene: Scene, imap: Dovecot):
    raw = letter(3).replace(b"\r\n", b"\n")
    imap.put("alex", [raw])
    make_email(scene.theirs.user, raw=letter(3), size=len(letter(3)))
    run = scene.mine.run = started(scene.mine.user, "fetch", account=scene.mine.account)

    with scene.watched():  # under another UIDVALIDITY than the folder had
        perform(str(run.pk))

    fetched = Email.objects.get(user=scene.mine.user, message_id="letter-3@example.com")
    assert fetched.account_id == scene.mine.account.pk
    assert bytes(fetched.raw) == letter(3)


def test_what_is_fetched_is_analysed_with_a_token_of_its_owners(scene: Scene, imap: Dovecot):
    imap.put("alex", [letter(5, received=timezone.now().strftime("%a, %d %b %Y %H:%M:%S +0000"))])
    run = scene.mine.run = started(scene.mine.user, "fetch", account=scene.mine.account)

    with scene.watched():
        perform(str(run.pk))

    fetched = Email.objects.get(message_id="letter-5@example.com")
    analysis = TaskRun.objects.get(email=fetched, kind="base")
    assert analysis.token_id == scene.beside.token.pk  # the newest of the user's
    assert MailAccount.objects.get(pk=scene.theirs.account.pk).last_fetch_at is None
