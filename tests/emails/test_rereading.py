"""Stored mail read again: what was read follows the parser, nothing else moves."""

from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from emails.importing import messages, store, store_all
from emails.importing.rereading import Reread, reread
from emails.models import Email
from emails.parsing import PARSER_VERSION
from tests.factories import make_account, make_analysis, make_draft

SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"
MAIL = (
    b"From: ada@example.com\nSubject: Hello\nMessage-ID: <one@x>\nIn-Reply-To: <root@x>\nMIME-Version: 1.0\n"
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nDear Alex, how are you?\n"
    b"--b\nContent-Type: application/pdf; name=a.pdf\n\nPDF\n--b--\n"
)
READ = ("subject", "sender_address", "message_id", "text", "headers", "language", "trouble", "unreadable")


def snapshot(email: Email) -> dict[str, object]:
    email = Email.objects.get(pk=email.pk)
    values = {field.attname: getattr(email, field.attname) for field in Email._meta.concrete_fields}
    files = [(one.pk, one.name, bytes(one.content)) for one in email.attachments.all()]
    return values | {"raw": bytes(email.raw), "files": files}


def spoil(email: Email) -> None:
    """As an older parser may have left it."""
    Email.objects.filter(pk=email.pk).update(
        subject="?", sender_address="", message_id="", in_reply_to="", text="", language="", parser_version=0,
        headers={}, unreadable=True, trouble="crash", thread_key="of its own",
    )  # fmt: skip
    email.attachments.all().delete()


def test_it_reads_again_and_touches_nothing_else(user: User) -> None:
    _, email = store(user, MAIL)
    analysis, draft = make_analysis(email), make_draft(email)
    before = snapshot(email)
    spoil(email)
    assert list(reread(Email.objects.all())) == [(email.pk, Reread.CHANGED)]
    after = snapshot(email)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"files", "thread_key"}  # which says who is together, and is no more than a name
    assert [file[1:] for file in after["files"]] == [file[1:] for file in before["files"]]  # type: ignore[attr-defined]
    assert after["analysis_id"] == analysis.pk
    draft.refresh_from_db()
    assert draft.text


def test_it_changes_nothing_the_second_time(user: User) -> None:
    list(store_all(user, messages(SAMPLE)))
    before = [snapshot(email) for email in Email.objects.order_by("pk")]
    assert {what for _, what in reread(Email.objects.all())} == {Reread.SAME}
    assert [snapshot(email) for email in Email.objects.order_by("pk")] == before


def test_it_brings_a_message_back_into_its_thread(user: User) -> None:
    _, root = store(user, b"From: a@x\nMessage-ID: <root@x>\n\nroot")
    _, email = store(user, MAIL)
    spoil(email)
    _, answer = store(user, b"From: a@x\nMessage-ID: <two@x>\nIn-Reply-To: <one@x>\n\nanswer")
    list(reread(Email.objects.all()))
    threads = Email.objects.filter(pk__in=[root.pk, email.pk, answer.pk]).values_list("thread_key", flat=True)
    assert len(set(threads)) == 1


def test_it_keeps_what_was_read_when_it_cannot_be_read_now(user: User, settings: LazySettings) -> None:
    _, email = store(user, MAIL.replace(b"PDF", b"PDF" * 3_000_000))
    Email.objects.update(parser_version=0)
    before = snapshot(email)
    settings.MAILAI_READ_MEMORY = 48 * 1024**2
    assert [what for _, what in reread(Email.objects.all())] == [Reread.KEPT]
    assert snapshot(email) == before


def test_it_goes_on_where_it_was_interrupted(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emails.importing.rereading.BATCH", 2)
    emails = [store(user, MAIL.replace(b"one@x", b"%d@x" % number))[1] for number in range(5)]
    for email in emails:
        spoil(email)
    running = reread(Email.objects.filter(parser_version__lt=PARSER_VERSION))
    assert [pk for pk, _ in (next(running), next(running))] == [emails[0].pk, emails[1].pk]
    running.close()
    assert Email.objects.filter(parser_version=PARSER_VERSION).count() == 2
    rest = list(reread(Email.objects.filter(parser_version__lt=PARSER_VERSION)))
    assert [pk for pk, _ in rest] == [email.pk for email in emails[2:]]


@pytest.mark.parametrize("trouble", ["cut", "too_large"])
def test_a_message_that_was_cut_stays_so(user: User, settings: LazySettings, trouble: str) -> None:
    """Whatever the limit is by now: the rest is not here."""
    _, email = store(user, MAIL)
    account = make_account(user)
    told = "" if trouble == "cut" else "This message has 30.0 MB. That is more than the limit of 25.0 MB."
    Email.objects.update(trouble=trouble, text=told, unreadable=True, parser_version=3, account=account)
    list(reread(Email.objects.filter(parser_version__lt=PARSER_VERSION)))
    email.refresh_from_db()
    assert (email.trouble, email.unreadable, email.text) == ("cut", True, "Dear Alex, how are you?")
    settings.MAILAI_MAX_MESSAGE_BYTES = 100
    list(reread(Email.objects.all()))
    email.refresh_from_db()
    assert (email.trouble, email.unreadable, email.text) == ("cut", True, "")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "read 1 again: 1 changed, 0 the same, 0 kept as they were; 0 are unreadable\n"),
        (["--unreadable"], "read 1 again: 1 changed, 0 the same, 0 kept as they were; 0 are unreadable\n"),
        (["--all"], "read 3 again: 1 changed, 2 the same, 0 kept as they were; 0 are unreadable\n"),
        (
            ["--all", "--user", "alex"],
            "read 2 again: 1 changed, 1 the same, 0 kept as they were; 0 are unreadable\n",
        ),
        (
            ["--user", "mallory"],
            "read 0 again: 0 changed, 0 the same, 0 kept as they were; 0 are unreadable\n",
        ),
    ],
)
def test_the_command_chooses(
    user: User, stranger: User, options: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(store(user, MAIL)[1])
    store(user, MAIL.replace(b"one@x", b"two@x"))
    store(stranger, MAIL)
    call_command("reparse_mail", *options)
    assert capsys.readouterr().out == line
    call_command("reparse_mail")
    left = "mallory" in options  # whose mail was new: then the other one's is still old
    assert capsys.readouterr().out.startswith(f"read {int(left)} again")


def test_the_command_says_what_is_wrong(user: User) -> None:
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        call_command("reparse_mail", "--user", "nobody")
