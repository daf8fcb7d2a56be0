"""Fetching from a real server: everything once, nothing twice, nothing changed there."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from emails.accounts import batches, fetching, pending
from emails.importing import store
from emails.models import Email, Folder, ServerCopy
from emails.parsing import Trouble
from emails.threads import letter_of
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.transitions import cancel
from tests.accounts.letters import letter, letters
from tests.factories import make_email
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


def subjects(user):
    return sorted(Email.objects.of(user).values_list("subject", flat=True))


def names(*numbers):
    return sorted(f"Letter {n}" for n in numbers)


def counted(server, count):
    """The server's counts of bodies and headers, once so many sessions have ended."""
    wait_until(lambda: server.sessions() >= count)
    return server.bodies()


def test_it_stores_every_message_and_where_it_lies(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(120))

    run = fetch(account)

    assert (run.status, run.result["stored"], run.result["more"]) == ("succeeded", 120, False)
    assert subjects(user) == names(*range(1, 121))
    assert set(Email.objects.values_list("account", flat=True)) == {account.pk}
    folder = Folder.objects.get(account=account)
    assert (folder.name, folder.last_uid) == ("INBOX", 120)
    assert ServerCopy.objects.filter(folder=folder, uidvalidity=folder.uidvalidity).count() == 120
    assert bytes(Email.objects.get(subject="Letter 7").raw) == letter(7)
    assert (run.done, run.total) == (120, 120)
    assert account.last_fetch_at is not None
    assert (account.failures, account.last_error) == (0, "")


def test_a_second_fetch_downloads_nothing_that_is_there(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(30))
    sessions, (before, heads) = server.sessions(), server.bodies()
    fetch(account)
    assert counted(server, sessions + 1)[0] == before + 30

    assert fetch(account).result["stored"] == 0
    assert counted(server, sessions + 2) == (before + 30, heads)

    server.put(mailbox, [letter(31)])
    assert fetch(account).result["stored"] == 1
    assert counted(server, sessions + 3) == (before + 31, heads)
    assert subjects(user) == names(*range(1, 32))


def test_it_leaves_the_server_as_it_is(server, mailbox, account, fetch):
    server.put(mailbox, letters(3))
    fetch(account)

    flags = {path.name.partition(":2,")[2] for path in (server.maildir(mailbox) / "cur").iterdir()}
    assert flags == {""}


def test_changed_uids_bring_no_message_twice_and_load_no_body_again(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(40))
    sessions = server.sessions()
    fetch(account)
    first = Folder.objects.get(account=account)
    before = counted(server, sessions + 1)[0]

    server.change_uidvalidity(mailbox)
    server.put(mailbox, [letter(41)])
    run = fetch(account)

    assert (run.result["stored"], run.result["duplicates"]) == (1, 0)
    assert subjects(user) == names(*range(1, 42))
    assert counted(server, sessions + 2)[0] == before + 1
    folder = Folder.objects.get(account=account)
    assert folder.uidvalidity != first.uidvalidity
    copies = ServerCopy.objects.filter(folder=folder)
    assert (copies.count(), set(copies.values_list("uidvalidity", flat=True))) == (41, {folder.uidvalidity})
    assert {copy.uid: copy.email.subject for copy in copies.select_related("email")} == {
        uid: f"Letter {45 - uid if uid < 45 else 41}" for uid in range(5, 46)
    }


def test_a_forged_id_hides_no_message_when_uids_change(server, mailbox, account, fetch, user):
    server.put(mailbox, [letter(1)])
    fetch(account)
    forged = letter(1).replace(b"From: Ada", b"From: Eve")
    assert len(forged) == len(letter(1))

    server.put(mailbox, [forged])
    server.change_uidvalidity(mailbox)
    fetch(account)

    assert sorted(Email.objects.of(user).values_list("sender_name", flat=True)) == ["Ada", "Eve"]


def test_it_works_in_slices_and_goes_on_where_it_was(
    server, mailbox, account, fetch, user, loopback, monkeypatch
):
    monkeypatch.setattr(batches, "MESSAGES", 10)
    loopback.MAILAI_SOFT_LIMITS = {**loopback.MAILAI_SOFT_LIMITS, "fetch": 0.001}
    server.put(mailbox, letters(35))

    runs = [fetch(account)]
    while runs[-1].result["more"] and len(runs) < 9:
        assert account.next_fetch_at <= timezone.now()
        assert account.last_fetch_at is None
        runs.append(fetch(account))

    assert [run.result["stored"] for run in runs] == [10, 10, 10, 5]
    assert subjects(user) == names(*range(1, 36))
    assert account.next_fetch_at is None  # fetched by hand: no schedule


def test_it_searches_a_large_folder_in_windows(server, mailbox, account, fetch, user, monkeypatch):
    monkeypatch.setattr(pending, "AT_ONCE", 20)
    monkeypatch.setattr(pending, "FIRST_WINDOW", 8)
    server.put(mailbox, letters(50))

    fetch(account)

    assert subjects(user) == names(*range(1, 51))


def test_it_takes_what_it_may_of_a_very_large_folder(server, mailbox, account, fetch, user, monkeypatch):
    monkeypatch.setattr(pending.pending, "__defaults__", (16,))
    monkeypatch.setattr(pending, "AT_ONCE", 20)
    monkeypatch.setattr(pending, "FIRST_WINDOW", 8)
    server.put(mailbox, letters(45))

    assert [fetch(account).result["more"] for _ in range(3)] == [True, True, False]
    assert subjects(user) == names(*range(1, 46))


def test_it_fetches_folders_with_names_in_any_script(server, mailbox, account, fetch, user):
    server.put(mailbox, [letter(1)], "Entw&APw-rfe/Gr&APwA3w-e")
    account.folders = ["INBOX", "Entwürfe/Grüße"]
    account.save()

    assert fetch(account).result["missing"] == []
    assert subjects(user) == names(1)


def test_a_missing_folder_stops_no_other_and_is_told(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(2))
    account.folders = ["Nowhere", "INBOX"]
    account.save()

    run = fetch(account)

    assert (run.status, run.result["missing"], run.result["stored"]) == ("succeeded", ["Nowhere"], 2)
    assert account.last_error == "mail_folder"


def test_it_fails_when_no_folder_is_there(account, fetch):
    account.folders = ["Nowhere"]
    account.save()

    assert fetch(account).error_code == "mail_folder"


def test_it_takes_unread_mail_only_where_asked_to(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(3), flags="S")
    server.put(mailbox, letters(2, first=4))
    account.unseen_only = True
    account.save()

    fetch(account)

    assert subjects(user) == names(4, 5)
    assert Folder.objects.get(account=account).last_uid == 5


def test_it_takes_mail_of_the_last_days_only_where_asked_to(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(2))  # by their files they came in November 2023
    account.since_days = (timezone.now().date() - dt.date(2023, 11, 1)).days
    account.save()
    fetch(account)
    assert subjects(user) == names(1, 2)

    server.put(mailbox, letters(2, first=3))
    account.since_days = 30
    account.save()
    fetch(account)
    assert subjects(user) == names(1, 2)


def test_what_is_wanted_later_comes_later_and_nothing_comes_again(server, mailbox, account, fetch, user):
    server.put(mailbox, letters(3), flags="S")
    server.put(mailbox, letters(2, first=4))
    account.unseen_only = True
    account.save()
    sessions, before = server.sessions(), server.bodies()[0]
    fetch(account)
    account.unseen_only = False
    account.save()
    account.folder_states.update(last_uid=0)  # as the form does

    run = fetch(account)

    assert (run.result["stored"], run.result["duplicates"]) == (3, 0)
    assert subjects(user) == names(1, 2, 3, 4, 5)
    assert counted(server, sessions + 2)[0] == before + 5


def test_a_message_that_is_too_large_comes_with_its_beginning_and_a_note(
    server, mailbox, account, fetch, user, loopback, logged_in
):
    loopback.MAILAI_MAX_MESSAGE_BYTES = 20_000
    server.put(mailbox, [letter(1), letter(2, size=50_000), letter(3)])

    run = fetch(account)

    assert (run.result["stored"], run.result["cut"]) == (3, 1)
    large = Email.objects.get(subject="Letter 2")
    assert large.size == 20_001
    assert large.unreadable
    assert (large.trouble, large.text) == (Trouble.CUT, "")
    assert letter_of(large, has_page=False, whole=True).text == ""
    page = logged_in.get(f"/email/{large.pk}/", headers={"Accept-Language": "de"}).content.decode()
    assert "Die ganze Nachricht liegt auf dem Mailserver" in page


def test_a_message_that_was_imported_before_stays_one(server, mailbox, account, fetch, user):
    store(user, letter(1).replace(b"\r\n", b"\n"))
    server.put(mailbox, [letter(1)])

    run = fetch(account)

    assert (run.result["stored"], run.result["duplicates"]) == (0, 1)
    assert Email.objects.get().account == account


def test_mail_from_the_accounts_own_address_is_the_users(server, mailbox, account, fetch):
    account.address = "Ada@example.com"
    account.save()
    server.put(mailbox, [letter(1)])

    fetch(account)

    assert Email.objects.get().mine


def test_it_stops_when_it_is_cancelled_and_keeps_what_came(server, mailbox, account, user, monkeypatch):
    monkeypatch.setattr(batches, "MESSAGES", 10)
    server.put(mailbox, letters(30))
    run, _created = TaskRun.objects.start(user, "fetch", account=account)
    keep = fetching.keep

    def keep_and_cancel(*batch):
        kept = keep(*batch)
        cancel(run)
        return kept

    monkeypatch.setattr(fetching, "keep", keep_and_cancel)
    perform(str(run.pk))

    run.refresh_from_db()
    assert run.status == "cancelled"
    assert subjects(user) == names(*range(1, 11))


def test_other_mail_of_the_same_size_is_not_mistaken_for_it(user):
    stored = make_email(user, raw=letter(1), size=len(letter(1)))
    head = letter(1).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    other = letter(2).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"

    known = batches.known_of(user, {5: len(letter(1)), 6: len(letter(2))}, {5: head, 6: other})

    assert known == {5: stored.pk}
