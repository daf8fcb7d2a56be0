"""What sending leaves on the user's own mail server: a real Dovecot, looked at by another client."""

from __future__ import annotations

import imaplib
import itertools
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest

from emails.models import Email, Folder, MailAccount, ServerCopy
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.accounts.dovecot import PASSWORD, Dovecot, dovecot
from tests.contract.asking import as_json, refused
from tests.smtp_server import PASSWORD as SMTP_PASSWORD
from tests.smtp_server import USER, SmtpServer

pytestmark = pytest.mark.django_db
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def account(
    account: MailAccount, imap: Dovecot, outbox: SmtpServer, settings: Any, tmp_path: Any
) -> MailAccount:
    """Sends by the one server, and has its mailbox on the other."""
    authorities = tmp_path / "authorities.pem"
    authorities.write_text(imap.authority.file.read_text() + outbox.authority.file.read_text())
    settings.MAILAI_MAIL_CA_FILE = str(authorities)
    account.imap_host, account.imap_port, account.imap_user = (
        "localhost",
        imap.tls_port,
        f"alex{next(numbers)}",
    )
    account.set_imap_password(PASSWORD)
    account.smtp_user = USER
    account.set_smtp_password(SMTP_PASSWORD)
    account.may_write = True
    account.save()
    imap.maildir(account.imap_user)
    return account


@pytest.fixture
def look(account: MailAccount, imap: Dovecot) -> Iterator[Callable[[str], list[tuple[bytes, bytes]]]]:
    """Flags and content of each message of a folder."""
    context = ssl.create_default_context(cafile=str(imap.authority.file))
    with imaplib.IMAP4_SSL("localhost", imap.tls_port, ssl_context=context) as client:
        client.login(account.imap_user, PASSWORD)

        def look(folder: str) -> list[tuple[bytes, bytes]]:
            _ok, (count,) = client.select(folder, readonly=True)
            if count == b"0":
                return []
            _ok, found = client.fetch("1:*", "(FLAGS BODY.PEEK[])")
            return [(each[0], each[1]) for each in found if isinstance(each, tuple)]

        yield look


def test_a_copy_goes_to_the_folder_of_sent_mail(look, prepared, confirmed, outbox):
    sending = prepared()
    run = confirmed(sending)
    perform(str(run.pk))

    ((flags, content),) = look("Sent")
    assert b"\\Seen" in flags
    assert content == bytes(sending.raw) == outbox.received[0].content
    sending.refresh_from_db()
    assert sending.copy_error == ""


def test_there_is_one_copy_however_often_the_run_is_finished(look, prepared, confirmed):
    sending = prepared()
    run = confirmed(sending)
    perform(str(run.pk))
    TaskRun.objects.filter(pk=run.pk).update(status="queued", finished_at=None, result=None)

    perform(str(run.pk))

    run.refresh_from_db()
    assert (run.status, run.attempt) == ("succeeded", 2)
    assert len(look("Sent")) == 1


@pytest.fixture
def answered(look, email, account, imap) -> Callable[[], list[bool]]:
    """Whether each of two messages on the server is marked; the second is the one that is answered."""
    imap.put(account.imap_user, [b"Subject: one\r\n\r\n1", b"Subject: two\r\n\r\n2"])
    look("INBOX")
    context = ssl.create_default_context(cafile=str(imap.authority.file))
    with imaplib.IMAP4_SSL("localhost", imap.tls_port, ssl_context=context) as client:
        client.login(account.imap_user, PASSWORD)
        client.select("INBOX")
        validity = int(client.response("UIDVALIDITY")[1][0])
        _ok, (uids,) = client.uid("search", "ALL")
    folder = Folder.objects.create(account=account, name="INBOX", uidvalidity=validity)
    ServerCopy.objects.create(email=email, folder=folder, uidvalidity=validity, uid=int(uids.split()[1]))

    return lambda: [b"\\Answered" in flags for flags, _content in look("INBOX")]


def test_the_answered_message_is_marked(answered, prepared, confirmed):
    perform(str(confirmed(prepared()).pk))

    assert answered() == [False, True]


def test_it_is_marked_where_there_is_no_folder_for_the_copy(account, answered, prepared, confirmed):
    MailAccount.objects.filter(pk=account.pk).update(sent_folder="Nowhere")

    perform(str(confirmed(prepared()).pk))

    assert answered() == [False, True]


def test_a_mark_that_cannot_be_set_keeps_no_copy_away(look, email, answered, prepared, confirmed):
    Folder.objects.update(name="Gone")
    sending = prepared()

    perform(str(confirmed(sending).pk))

    sending.refresh_from_db()
    assert (len(look("Sent")), sending.copy_error) == (1, "")


def test_nothing_is_changed_without_consent(look, account, answered, prepared, confirmed):
    account.may_write = False
    account.save()

    perform(str(confirmed(prepared()).pk))

    assert look("Sent") == []
    assert answered() == [False, False]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"sent_folder": "Nowhere"}, "mail_folder"), ({"imap_port": 1}, "mail_refused")],
    ids=str,
)
def test_a_copy_that_fails_leaves_it_sent(
    logged_in, email, account, prepared, confirmed, outbox, change, code
):
    MailAccount.objects.filter(pk=account.pk).update(**change)
    sending = prepared()
    run = confirmed(sending)

    perform(str(run.pk))

    run.refresh_from_db()
    sending.refresh_from_db()
    assert (run.status, sending.state, sending.copy_error) == ("succeeded", "sent", code)
    assert "No copy could be put into" in logged_in.get(f"/email/{email.pk}/").content.decode()


class TestDrafts:
    @pytest.fixture
    def save(self, logged_in, email, draft, account) -> Callable[..., TaskRun]:
        def save(text: str) -> TaskRun:
            body = {"text": text, "to": "ada@example.com", "account": account.pk, "quote": True}
            answer = as_json(logged_in, f"/emails/{email.pk}/save-to-server", body)
            assert answer.status_code == 202, answer.content
            run = TaskRun.objects.get(pk=answer.json()["task_id"])
            perform(str(run.pk))
            run.refresh_from_db()
            return run

        return save

    def test_a_draft_goes_to_its_folder(self, logged_in, email, look, save):
        run = save("Dear Ada,\n\nnot yet.")

        ((flags, content),) = look("Drafts")
        message = message_from_bytes(content, policy=policy.default)
        assert b"\\Draft" in flags
        assert message["In-Reply-To"] == f"<{email.message_id}>"
        assert message.get_content().startswith("Dear Ada,")
        assert run.result["folder"] == "Drafts"
        assert "is saved on the server, in Drafts" in logged_in.get(f"/email/{email.pk}/").content.decode()

    def test_a_later_one_takes_its_place(self, look, save):
        save("The first.")
        save("The second.")

        ((_flags, content),) = look("Drafts")
        assert b"The second." in content

    def test_it_wants_consent(self, logged_in, email, account):
        MailAccount.objects.filter(pk=account.pk).update(may_write=False)
        body = {"text": "x", "to": "ada@example.com", "account": account.pk}

        refused(as_json(logged_in, f"/emails/{email.pk}/save-to-server", body), 409, "may_not_write")
        assert not Email.objects.exclude(pk=email.pk).exists()

    def test_it_says_when_there_is_no_such_folder(self, account, save):
        MailAccount.objects.filter(pk=account.pk).update(drafts_folder="Nowhere")

        run = save("x")

        assert (run.status, run.error_code) == ("failed", "mail_folder")
