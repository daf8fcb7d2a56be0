"""Servers that break off, hang, flood or lie: each ends in a plain error, in time, with the memory as it was."""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from django.db import connection
from django.db.models.functions import Now

from emails.accounts import imap
from emails.accounts.errors import MailError
from emails.accounts.fetching import Fetch
from emails.accounts.keeping import reached
from emails.models import Email, Folder, ServerCopy
from mailai.runs.models import TaskRun
from mailai.runs.report import Report
from tests.accounts.hostile import Hangup
from tests.accounts.letters import letter
from tests.factories import make_account, make_run

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024


@pytest.fixture
def account(user, hostile, loopback):
    loopback.MAILAI_MAIL_TIMEOUT = 1
    return make_account(
        user,
        "secret-4711",
        imap_host="localhost",
        imap_port=hostile.port,
        imap_security="none",
        standing="works",
    )


def test_it_talks_to_the_server_at_all(hostile, account, fetch):
    hostile.messages = {1: letter(1), 4: letter(2)}

    assert fetch(account).result["stored"] == 2
    assert Folder.objects.get().last_uid == 4
    assert b"PEEK" in hostile.commands("BODY")[0]
    assert not hostile.commands("SELECT")


def literal_of_four_gigabytes(say, tag, arguments):
    if b"SIZE" in arguments:
        say(b"* 1 FETCH (UID 1 RFC822.SIZE 500)\r\n" + tag + b" OK done\r\n")
    else:
        say(b"* 1 FETCH (UID 1 BODY[] {4294967296}\r\n" + b"x" * MEGABYTE)


def line_without_end(say, _tag, _arguments):
    while True:
        say(b"x" * MEGABYTE)


def answers_without_end(say, _tag, _arguments):
    while True:
        say(b"* 1 EXISTS\r\n" * 10_000)


def silence(say, _tag, _arguments):
    pass


def dripping(say, _tag, _arguments):
    while True:
        say(b"*")
        time.sleep(0.2)  # noqa: TID251 - the server's own pace


def nonsense(say, tag, _arguments):
    say(b"* SEARCH seven of nine\r\n" + tag + b" OK done\r\n")


def nested(say, tag, _arguments):
    say(b"* 1 FETCH (UID 1 RFC822.SIZE " + b"(" * 100_000 + b")\r\n" + tag + b" OK done\r\n")


def goodbye(say, _tag, _arguments):
    say(b"* BYE too busy\r\n")
    raise Hangup


def later(say, tag, _arguments):
    say(tag + b" NO [UNAVAILABLE] not now\r\n")


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("FETCH", literal_of_four_gigabytes, "mail_protocol"),
        ("FETCH", line_without_end, "mail_protocol"),
        ("FETCH", answers_without_end, "mail_protocol"),
        ("FETCH", silence, "mail_timeout"),
        ("FETCH", nested, "mail_protocol"),
        ("SEARCH", line_without_end, "mail_protocol"),
        ("SEARCH", nonsense, "mail_protocol"),
        ("EXAMINE", answers_without_end, "mail_protocol"),
        ("EXAMINE", later, "mail_unavailable"),
        ("EXAMINE", goodbye, "mail_dropped"),
        ("LOGIN", silence, "mail_timeout"),
        ("LOGIN", goodbye, "mail_dropped"),
        ("LOGIN", later, "mail_unavailable"),
        ("CAPABILITY", line_without_end, "mail_protocol"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_it_ends_in_a_plain_error(hostile, account, fetch, command, answer, code):
    hostile.messages = {1: letter(1)}
    hostile.on[command] = answer
    tracemalloc.start()

    run = fetch(account)

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert run.error_code == code
    assert run.error_message == ""
    assert account.last_error == code
    assert peak < 60 * MEGABYTE
    assert not Email.objects.exists()


def test_a_dripping_server_does_not_beat_the_deadline(hostile, account, fetch, loopback):
    loopback.MAILAI_SOFT_LIMITS = {**loopback.MAILAI_SOFT_LIMITS, "fetch": 1}
    loopback.MAILAI_HARD_LIMITS = {**loopback.MAILAI_HARD_LIMITS, "fetch": 3}
    hostile.on["EXAMINE"] = dripping

    assert fetch(account).error_code == "mail_timeout"


@pytest.mark.parametrize("greeting", [b"* BYE no more connections\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"* OK"])
def test_it_knows_a_greeting_that_is_none(hostile, account, fetch, greeting):
    hostile.greeting = greeting

    assert fetch(account).error_code in ("mail_unavailable", "mail_protocol", "mail_timeout")


def test_what_came_before_the_line_was_cut_is_kept(hostile, account, fetch, user, monkeypatch):
    monkeypatch.setattr("emails.accounts.batches.MESSAGES", 2)
    hostile.messages = {n: letter(n) for n in range(1, 13)}
    usual = hostile.fetch

    def cut_for_good(say, tag, arguments):
        if len(hostile.commands("BODY")) >= 3:
            raise Hangup
        usual(say, tag, arguments)

    hostile.on["FETCH"] = cut_for_good
    first = fetch(account)

    assert (first.status, first.error_code) == ("retrying", "mail_dropped")
    assert Email.objects.of(user).count() == 4
    first.status, first.finished_at = "cancelled", first.created_at
    first.save()
    del hostile.on["FETCH"]
    assert fetch(account, by_hand=True).result["stored"] == 8
    assert Email.objects.of(user).count() == 12


def test_a_server_that_breaks_off_again_and_again_is_followed(hostile, account, fetch, user, monkeypatch):
    monkeypatch.setattr("emails.accounts.batches.MESSAGES", 2)
    hostile.messages = {n: letter(n) for n in range(1, 8)}
    usual = hostile.fetch

    def every_second_time_cut(say, tag, arguments):
        if b"BODY" in arguments and len(hostile.commands("BODY")) % 2 == 0:
            raise Hangup
        usual(say, tag, arguments)

    hostile.on["FETCH"] = every_second_time_cut
    run = fetch(account)

    assert (run.result["stored"], run.result["refused"], run.result["more"]) == (7, 0, False)
    assert (account.failures, account.last_error) == (0, "")


def denied(say, tag):
    say(tag + b" NO [SERVERBUG] cannot open it\r\n")


def bad(say, tag):
    say(tag + b" BAD internal\r\n")


def hanging_up(say, tag):
    say(b"* BYE FETCH failed\r\n")
    raise Hangup


def torn(say, _tag):
    say(b"* 3 FETCH (UID 3 BODY[] {500}\r\nFrom: Ada")
    raise Hangup


def nothing(say, tag):
    say(tag + b" OK done\r\n")


def nil(say, tag):
    say(b"* 3 FETCH (UID 3 BODY[] NIL)\r\n" + tag + b" OK done\r\n")


def another(say, tag):
    say(b"* 3 FETCH (UID 3 BODY[] {12}\r\nSubject: ?\r\n)\r\n" + tag + b" OK done\r\n")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        *((b"RFC822.SIZE", answer) for answer in (denied, bad, hanging_up)),
        *((b"BODY.PEEK[]", answer) for answer in (denied, bad, hanging_up, torn, nothing, nil, another)),
    ],
    ids=lambda each: getattr(each, "__name__", None) or each.decode(),
)
def test_one_message_that_a_server_cannot_give_stops_no_other(hostile, account, fetch, user, answer, asked):
    """Whatever a server says for it: all others come, this one is told, and comes when it heals."""
    hostile.messages = {n: letter(n) for n in range(1, 60)}
    usual = hostile.fetch

    def not_the_third(say, tag, arguments):
        if asked in arguments and 3 in hostile.asked(arguments):
            if answer in (nothing, nil, another):  # which say nothing against the others
                for uid in hostile.asked(arguments):
                    if uid != 3:
                        hostile.give(say, uid, arguments)
            answer(say, tag)
        else:
            usual(say, tag, arguments)

    hostile.on["FETCH"] = not_the_third

    run = fetch(account)

    assert run.status == "succeeded"
    assert (run.result["stored"], run.result["refused"]) == (58, 1)
    folder = Folder.objects.get()
    assert (folder.last_uid, folder.passed_over) == (59, [3])
    hostile.messages[60] = letter(60)
    assert fetch(account).result["stored"] == 1  # by schedule, only what is new
    del hostile.on["FETCH"]
    assert fetch(account, by_hand=True).result["stored"] == 1
    folder.refresh_from_db()
    assert (folder.last_uid, folder.passed_over) == (60, [])
    assert Email.objects.of(user).count() == 60


def keeps_back(hostile, uid):
    usual = hostile.fetch

    def answer(say, tag, arguments):
        asked = b"PEEK[]" in arguments and uid in hostile.asked(arguments)
        denied(say, tag) if asked else usual(say, tag, arguments)

    hostile.on["FETCH"] = answer


def test_what_was_passed_over_is_forgotten_when_it_is_gone(hostile, account, fetch):
    hostile.messages = {1: letter(1), 2: letter(2)}
    hostile.on["FETCH"] = lambda say, tag, arguments: (
        denied(say, tag)
        if b"PEEK[]" in arguments and 2 in hostile.asked(arguments)
        else hostile.fetch(say, tag, arguments)
    )
    fetch(account)
    del hostile.messages[2]

    run = fetch(account, by_hand=True)

    assert (run.result["stored"], run.result["refused"]) == (0, 0)
    assert Folder.objects.get().passed_over == []


def test_a_server_that_gives_nothing_any_more_is_no_matter_of_single_messages(hostile, account, fetch):
    hostile.messages = {n: letter(n) for n in range(1, 100)}
    hostile.on["FETCH"] = lambda say, tag, arguments: (
        hanging_up(say, tag) if b"BODY" in arguments else hostile.fetch(say, tag, arguments)
    )

    run = fetch(account)

    assert run.error_code == "mail_dropped"
    assert len(Folder.objects.get().passed_over) <= 3


def test_it_asks_again_by_schedule_after_some_hours(hostile, account, fetch):
    hostile.messages = {1: letter(1), 2: letter(2)}
    hostile.on["FETCH"] = lambda say, tag, arguments: (
        denied(say, tag)
        if b"PEEK[]" in arguments and 2 in hostile.asked(arguments)
        else hostile.fetch(say, tag, arguments)
    )
    fetch(account)
    del hostile.on["FETCH"]
    assert fetch(account).result["stored"] == 0

    Folder.objects.update(passed_over_at=Now() - dt.timedelta(hours=7))

    assert fetch(account).result["stored"] == 1


@pytest.mark.parametrize(
    "words", [b"Too many open connections", b"Login failed: generic failure", b"[INUSE] locked"]
)
def test_a_login_refused_for_a_while_is_not_a_wrong_password(hostile, account, fetch, words):
    hostile.on["LOGIN"] = lambda say, tag, _arguments: say(tag + b" NO " + words + b"\r\n")

    assert fetch(account).error_code == "mail_unavailable"


def test_it_tries_a_password_once_and_by_login(hostile, account, fetch):
    hostile.capabilities = b"IMAP4rev1 AUTH=PLAIN"
    hostile.on["AUTHENTICATE"] = lambda say, tag, _arguments: say(tag + b" NO not this way\r\n")
    hostile.messages = {1: letter(1)}
    assert fetch(account).result["stored"] == 1

    hostile.heard.clear()
    hostile.on["LOGIN"] = lambda say, tag, _arguments: say(tag + b" NO [AUTHENTICATIONFAILED] wrong\r\n")
    assert fetch(account).error_code == "mail_login"
    assert len([line for line in hostile.heard if b"LOGIN" in line or b"AUTHENTICATE" in line]) == 1


def test_it_tells_its_name_where_a_server_wants_it(hostile, account, fetch):
    hostile.capabilities = b"IMAP4rev1 ID"
    hostile.messages = {1: letter(1)}
    usual = hostile.examine

    def after_the_name(say, tag, arguments):
        usual(say, tag, arguments) if hostile.commands("ID (") else say(tag + b" NO Unsafe Login\r\n")

    hostile.on["EXAMINE"] = after_the_name

    assert fetch(account).result["stored"] == 1
    assert b'"mailai"' in hostile.commands("ID (")[0]


def test_it_passes_over_what_was_deleted_meanwhile(hostile, account, fetch):
    hostile.messages = {1: letter(1), 2: letter(2)}
    usual = hostile.fetch

    def vanished(say, tag, arguments):
        if b"BODY" in arguments:
            hostile.messages.pop(1, None)
        usual(say, tag, arguments)

    hostile.on["FETCH"] = vanished

    run = fetch(account)

    assert (run.result["stored"], run.result["refused"]) == (1, 0)
    assert Folder.objects.get().last_uid == 2


@pytest.mark.parametrize("stripped", ["no capability", "refused", "logged in already"])
def test_starttls_is_never_left_out(hostile, account, fetch, stripped):
    account.imap_security = "starttls"
    account.save()
    if stripped == "refused":
        hostile.capabilities = b"IMAP4rev1 STARTTLS"
        hostile.on["STARTTLS"] = lambda say, tag, _arguments: say(tag + b" BAD what?\r\n")
    if stripped == "logged in already":
        hostile.greeting = b"* PREAUTH welcome\r\n"

    assert fetch(account).error_code == "mail_starttls"
    assert not [line for line in hostile.heard if b"secret-4711" in line or b"LOGIN" in line]


def test_words_before_the_encryption_do_not_count_as_encrypted(hostile, account, fetch):
    account.imap_security = "starttls"
    account.save()
    hostile.capabilities = b"IMAP4rev1 STARTTLS"
    hostile.on["STARTTLS"] = lambda say, tag, _arguments: say(tag + b" OK go\r\n* OK injected\r\n")

    assert fetch(account).error_code == "mail_protocol"


def test_an_error_says_nothing_of_what_the_server_said(hostile, account, fetch, caplog):
    caplog.set_level("DEBUG")
    hostile.on["LOGIN"] = lambda say, tag, arguments: say(tag + b" NO you said " + arguments + b"\r\n")

    run = fetch(account)

    assert (run.error_code, run.error_message) == ("mail_login", "")
    assert "secret-4711" not in caplog.text
    with pytest.raises(ValueError, match="unknown"):
        MailError("you said secret-4711")


class TestHowFarAFolderIs:
    """Between what a run has seen and what another, a server or a fault makes of it."""

    @pytest.fixture
    def folder(self, account):
        return Folder.objects.create(account=account, name="INBOX", uidvalidity=7, last_uid=5)

    def test_it_never_goes_back(self, folder):
        reached(folder, 3)
        folder.refresh_from_db()
        assert folder.last_uid == 5

        reached(folder, 9)
        folder.refresh_from_db()
        assert folder.last_uid == 9

    def test_what_counts_under_another_uidvalidity_is_not_noted(self, folder):
        Folder.objects.filter(pk=folder.pk).update(uidvalidity=8, last_uid=1)

        reached(folder, 9)  # it knows the folder as it was

        folder.refresh_from_db()
        assert (folder.uidvalidity, folder.last_uid) == (8, 1)

    def test_another_folder_is_none_of_it(self, folder, user):
        other = Folder.objects.create(account=folder.account, name="Sent", uidvalidity=7, last_uid=2)
        theirs = Folder.objects.create(account=make_account(user), name="INBOX", uidvalidity=7, last_uid=2)

        reached(folder, 9)

        for each in (other, theirs):
            each.refresh_from_db()
            assert each.last_uid == 2


@pytest.mark.django_db(transaction=True)
class TestOneTransaction:
    @pytest.mark.parametrize("table", ["emails_servercopy", "emails_folder"])
    def test_a_batch_is_stored_with_how_far_its_folder_is_or_not_at_all(self, hostile, account, fetch, table):
        hostile.messages = {1: letter(1), 4: letter(2)}
        with refusing(table):
            assert fetch(account).status in ("failed", "retrying")
        assert not Email.objects.exists()
        assert not ServerCopy.objects.exists()
        assert set(Folder.objects.values_list("last_uid", flat=True)) <= {0}
        TaskRun.objects.all().delete()

        assert fetch(account).result["stored"] == 2

        assert Folder.objects.get().last_uid == 4
        assert ServerCopy.objects.count() == 2

    def test_two_fetches_of_one_folder_store_everything_once(self, hostile, account, user):
        hostile.messages = {uid: letter(uid) for uid in range(1, 8)}
        together = Barrier(2, timeout=20)

        def meet(say, tag, arguments):
            """Both have been told of all messages before either gets one."""
            if b"SIZE" in arguments:
                together.wait()
            hostile.fetch(say, tag, arguments)

        hostile.on["FETCH"] = meet

        def work(_number: int) -> int:
            try:
                run = make_run(user, "fetch", "running", account=None)
                run.account = account
                fetched = Fetch(account, 30, Report(run))
                with imap.connect(account, 30) as mailbox:
                    fetched.all(mailbox)
                return fetched.kept.stored
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            stored = list(pool.map(work, range(2)))

        assert sum(stored) == 7
        assert Email.objects.count() == ServerCopy.objects.count() == 7
        assert Folder.objects.get().last_uid == 7


@contextmanager
def refusing(table: str) -> Iterator[None]:
    """The database takes no new row of a table, and no change of one that says how far a folder is."""
    when = "INSERT" if table != "emails_folder" else "UPDATE OF last_uid"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;"
            f"CREATE TRIGGER refuse BEFORE {when} ON {table} FOR EACH ROW"
            " EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse()")
