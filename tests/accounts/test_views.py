"""The accounts page: add, edit, test, keep, fetch, schedule, remove; and that a password never comes out."""

from __future__ import annotations

import logging

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from emails.accounts.card import context
from emails.models import Email, Folder, MailAccount
from mailai.runs.models import TaskRun
from tests.contract.asking import HTMX, PAGE, as_htmx, refused
from tests.factories import make_account, make_email, make_run

pytestmark = pytest.mark.django_db
SECRET = "correct-horse-4711"
FORM = {
    "name": "Work",
    "address": "alex@example.org",
    "imap_host": "imap.example.org",
    "imap_port": "993",
    "imap_security": "tls",
    "imap_user": "alex",
    "imap_password": SECRET,
    "folders": "INBOX\r\nArchive\r\n\r\nINBOX",
    "since_days": "30",
    "fetch_minutes": "15",
    "smtp_host": "smtp.example.org",
    "smtp_port": "465",
    "smtp_security": "tls",
    "smtp_user": "",
    "smtp_password": "",
    "sent_folder": "",
    "drafts_folder": "",
}


def page(client, path="/accounts/"):
    return client.get(path).content.decode()


def add(client, **changes):
    return client.post("/accounts/", FORM | changes)


def change(client, account, **changes):
    return client.post(f"/accounts/{account.pk}/edit", FORM | {"imap_password": ""} | changes)


@pytest.fixture
def stored(logged_in, user):
    """An account as the form makes it, tested."""
    add(logged_in)
    TaskRun.objects.all().delete()
    MailAccount.objects.update(standing="works")
    return MailAccount.objects.get()


class TestAdd:
    def test_it_asks_for_the_address_first(self, logged_in):
        html = page(logged_in)

        assert 'name="address"' in html
        assert 'name="imap_host"' not in html

    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("alex@gmail.com", "imap.gmail.com"),
            ("Alex@GMX.de", "imap.gmx.net"),
            ("alex@web.de", "imap.web.de"),
            ("alex@posteo.de", "posteo.de"),
            ("alex@icloud.com", "imap.mail.me.com"),
            ("alex@example.org", "imap.example.org"),
        ],
    )
    def test_it_fills_in_the_servers(self, logged_in, address, host):
        html = page(logged_in, f"/accounts/?address={address}")

        assert f'value="{host}"' in html
        assert f'value="{address}"' in html

    def test_it_proposes_the_inbox_every_quarter_of_an_hour(self, logged_in):
        html = page(logged_in, "/accounts/?address=alex@example.org")

        assert ">\nINBOX</textarea>" in html
        assert '<option value="15" selected>' in html

    def test_it_asks_again_for_what_is_no_address(self, logged_in):
        html = page(logged_in, "/accounts/?address=alex")

        assert "field-error" in html
        assert 'name="imap_host"' not in html

    def test_it_saves_the_account_and_begins_its_test(self, logged_in, user):
        answer = add(logged_in)

        account = MailAccount.objects.get()
        assert answer["Location"] == f"/accounts/#account-{account.pk}"
        assert (account.user, account.name, account.folders) == (user, "Work", ["INBOX", "Archive"])
        assert (account.since_days, account.fetch_minutes) == (30, 15)
        assert account.imap_password() == SECRET
        assert account.smtp_login() == ("alex", SECRET)
        assert (account.standing, account.next_fetch_at) == ("untested", None)
        run = TaskRun.objects.get()
        assert (run.kind, run.account, run.status) == ("account_test", account, "queued")
        assert "is being tested now" in page(logged_in)

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": ""},
            {"address": "alex"},
            {"imap_host": ""},
            {"imap_host": "imap.example.org:993"},
            {"imap_host": "https://imap.example.org"},
            {"imap_host": "imap example"},
            {"imap_host": "127.0.0.1"},
            {"imap_host": "169.254.169.254"},
            {"imap_host": "::1"},
            {"smtp_host": "10.0.0.1"},
            {"imap_port": "22"},
            {"imap_port": "0"},
            {"imap_port": "many"},
            {"smtp_port": "6379"},
            {"imap_security": "none"},
            {"smtp_security": "none"},
            {"imap_security": "whatever"},
            {"imap_user": ""},
            {"imap_password": ""},
            {"imap_password": "x" * 1001},
            {"folders": " \n "},
            {"folders": "x" * 256},
            {"fetch_minutes": "1"},
            {"since_days": "-1"},
        ],
        ids=str,
    )
    def test_it_refuses_what_makes_no_account(self, logged_in, changes):
        answer = add(logged_in, **changes)

        html = answer.content.decode()
        assert answer.status_code == 200
        assert "field-error" in html
        assert SECRET not in html
        assert not MailAccount.objects.exists()
        assert not TaskRun.objects.exists()

    def test_it_takes_servers_that_the_operator_allows(self, logged_in, settings):
        settings.MAILAI_MAIL_PRIVATE_HOSTS = ["10.0.0.0/8"]

        add(logged_in, imap_host="10.0.0.5", imap_security="none")

        assert MailAccount.objects.get().imap_security == "none"

    def test_too_many_tests_are_told_and_the_account_stays(self, logged_in, settings):
        settings.MAILAI_RATES = {**settings.MAILAI_RATES, "account_test": "1/d"}
        add(logged_in)
        add(logged_in, name="Home")

        assert MailAccount.objects.count() == 2
        assert TaskRun.objects.count() == 1
        assert "You have used up your presses" in page(logged_in)


class TestEdit:
    def test_an_empty_password_keeps_the_stored_one(self, logged_in, stored):
        change(logged_in, stored, name="Office")

        stored.refresh_from_db()
        assert (stored.name, stored.imap_password(), stored.standing) == ("Office", SECRET, "works")
        assert not TaskRun.objects.exists()

    def test_what_leads_to_the_server_is_tested_anew(self, logged_in, stored):
        running = make_run(stored.user, "fetch", "running", account=stored)

        change(logged_in, stored, imap_user="alexandra")

        stored.refresh_from_db()
        running.refresh_from_db()
        assert (stored.imap_user, stored.standing) == ("alexandra", "untested")
        assert running.status == "cancelled"
        assert TaskRun.objects.active().get().kind == "account_test"

    def test_other_choices_look_at_the_folders_again(self, logged_in, stored):
        Folder.objects.create(account=stored, name="INBOX", uidvalidity=1, last_uid=500)

        change(logged_in, stored, name="Office")
        assert Folder.objects.get().last_uid == 500
        change(logged_in, stored, since_days="")
        assert Folder.objects.get().last_uid == 0

    def test_a_stored_password_goes_to_no_other_server(self, logged_in, stored):
        for changes in ({"imap_host": "evil.example.com"}, {"smtp_host": "evil.example.com"}):
            answer = change(logged_in, stored, **changes)

            assert "Enter the password again" in answer.content.decode()
        stored.refresh_from_db()
        assert (stored.imap_host, stored.smtp_host) == ("imap.example.org", "smtp.example.org")
        change(logged_in, stored, imap_host="new.example.org", imap_password="another-pass")
        stored.refresh_from_db()
        assert (stored.imap_host, stored.imap_password()) == ("new.example.org", "another-pass")

    def test_who_sends_no_more_leaves_no_password_for_it(self, logged_in, stored):
        stored.set_smtp_password("other-pass-815")
        stored.save()

        change(logged_in, stored, smtp_host="", smtp_user="")

        stored.refresh_from_db()
        assert (stored.smtp_host, stored.smtp_secret) == ("", "")
        assert stored.imap_password() == SECRET

    def test_it_shows_the_form_without_the_password(self, logged_in, stored):
        html = page(logged_in, f"/accounts/{stored.pk}/edit")

        assert "imap.example.org" in html
        assert "INBOX\nArchive" in html
        assert SECRET not in html
        assert stored.imap_secret not in html

    def test_it_names_the_folders_that_the_test_found(self, logged_in, stored):
        make_run(
            stored.user,
            "account_test",
            "succeeded",
            account=stored,
            result={"folders": ["INBOX", "Gesendet"]},
        )

        assert "Gesendet" in page(logged_in, f"/accounts/{stored.pk}/edit")


class TestCard:
    def test_a_failed_test_says_what_and_lets_it_be_kept(self, logged_in, stored):
        MailAccount.objects.update(standing="untested")
        problems = [
            {"part": "imap", "code": "mail_login"},
            {"part": "smtp", "code": "mail_timeout"},
            {"part": "folder", "code": "mail_folder", "name": "Archive"},
        ]
        result = {"status": "success", "ok": False, "problems": problems, "folders": ["INBOX", "Sent"]}
        make_run(stored.user, "account_test", "succeeded", account=stored, result=result)

        html = page(logged_in)

        assert "refused the user name or the password" in html
        assert "did not answer in time" in html
        assert "Folder “Archive”:" in html
        assert "INBOX, Sent." in html
        assert "Keep anyway" in html
        assert "Fetch now" not in html
        assert logged_in.post(f"/accounts/{stored.pk}/keep", headers=PAGE).status_code == 302
        stored.refresh_from_db()
        assert stored.standing == "kept"
        assert stored.next_fetch_at is not None
        assert "Fetch now" in page(logged_in)

    def test_it_shows_how_far_a_fetch_is(self, logged_in, stored):
        run = make_run(
            stored.user,
            "fetch",
            "running",
            account=stored,
            message="fetching",
            done=1200,
            total=3400,
            partial="INBOX",
        )

        html = logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()

        assert "Fetching INBOX: 1,200 of 3,400 messages" in html
        assert f'id="account-{stored.pk}"' in html
        assert "hx-get" in html

    def test_it_looks_for_the_next_part_of_a_long_fetch(self, logged_in, stored):
        run = make_run(stored.user, "fetch", "succeeded", account=stored)
        run.result = {"status": "success", "more": True, "stored": 5}
        run.save()

        html = page(logged_in, f"/accounts/{stored.pk}/card")

        assert f"/accounts/{stored.pk}/card" in html
        assert "the next part follows by itself" in html

    def test_it_says_what_a_fetch_left_out(self, logged_in, stored):
        result = {
            "status": "success",
            "stored": 1,
            "missing": ["Old"],
            "cut": 2,
            "refused": 1,
            "unanalysed": 3,
        }
        Folder.objects.create(account=stored, name="INBOX", passed_over=[7])
        make_run(stored.user, "fetch", "succeeded", account=stored, result=result)

        html = page(logged_in)

        for said in (
            "1 new message.",
            "Folder “Old”",
            "2 messages are too large",
            "1 message is on the mail server, but the server does not give it out",
        ):
            assert said in html
        assert "3 new messages were not analysed by themselves" in html

    def test_it_says_when_nothing_is_tried_any_more(self, logged_in, stored):
        MailAccount.objects.update(last_error="mail_login", failures=3, next_fetch_at=None)

        assert "nothing is tried by itself any more" in page(logged_in)

    def test_its_queries_do_not_grow_with_the_accounts(self, logged_in, user, stored):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                page(logged_in)
            return len(captured)

        queries()
        few = queries()
        for _ in range(5):
            make_run(user, "fetch", "succeeded", account=make_account(user))

        assert queries() == few

    def test_its_context_needs_no_run(self, rf, stored):
        assert context(rf.get("/"), stored, None)["fetched"] == {}


class TestPresses:
    def test_it_starts_a_fetch(self, logged_in, stored):
        answer = logged_in.post(f"/accounts/{stored.pk}/fetch")

        assert answer.status_code == 202
        run = TaskRun.objects.get(pk=answer.json()["task_id"])
        assert (run.kind, run.account, run.email) == ("fetch", stored, None)
        assert logged_in.post(f"/accounts/{stored.pk}/fetch").json()["task_id"] == str(run.pk)

    def test_it_answers_with_the_card(self, logged_in, stored):
        html = as_htmx(logged_in, f"/accounts/{stored.pk}/test").content.decode()

        assert f'<section id="account-{stored.pk}"' in html
        assert "Waiting for its turn" in html

    def test_it_fetches_nothing_before_the_test(self, logged_in, stored):
        MailAccount.objects.update(standing="untested")

        refused(logged_in.post(f"/accounts/{stored.pk}/fetch"), 409, "untested")
        assert not TaskRun.objects.exists()

    def test_it_has_a_rate(self, logged_in, stored, settings):
        settings.MAILAI_RATES = {**settings.MAILAI_RATES, "fetch": "1/d"}
        logged_in.post(f"/accounts/{stored.pk}/fetch")
        TaskRun.objects.all().delete()

        assert logged_in.post(f"/accounts/{stored.pk}/fetch").status_code == 429

    def test_the_schedule_is_switched_off_and_on(self, logged_in, stored):
        for minutes in (None, 15):
            logged_in.post(f"/accounts/{stored.pk}/schedule", headers=PAGE)
            stored.refresh_from_db()
            assert stored.fetch_minutes == minutes
            assert (stored.next_fetch_at is None) is (minutes is None)

    def test_removing_it_keeps_the_mail(self, logged_in, user, stored):
        email = make_email(user, account=stored)
        make_run(user, "fetch", "running", account=stored)

        answer = logged_in.post(f"/accounts/{stored.pk}/remove", headers=PAGE)

        assert answer["Location"] == "/accounts/"
        assert not MailAccount.objects.exists()
        assert Email.objects.get(pk=email.pk).account is None

    @pytest.mark.parametrize("name", ["test", "fetch", "keep", "schedule", "remove"])
    def test_a_look_changes_nothing(self, logged_in, stored, name):
        before = serializers.serialize("json", MailAccount.objects.all())

        assert logged_in.get(f"/accounts/{stored.pk}/{name}").status_code == 405
        assert serializers.serialize("json", MailAccount.objects.all()) == before


class TestStranger:
    @pytest.mark.parametrize("name", ["test", "fetch", "keep", "schedule", "remove", "edit"])
    def test_it_is_not_there_for_a_stranger(self, intruder, stored, name):
        before = serializers.serialize("json", MailAccount.objects.all())

        assert intruder.post(f"/accounts/{stored.pk}/{name}", FORM).status_code == 404
        assert serializers.serialize("json", MailAccount.objects.all()) == before
        assert not TaskRun.objects.exists()

    def test_a_stranger_sees_nothing_of_it(self, intruder, stored):
        run = make_run(stored.user, "fetch", "running", account=stored)

        assert intruder.get(f"/accounts/{stored.pk}/card").status_code == 404
        assert intruder.get(f"/accounts/{stored.pk}/edit").status_code == 404
        assert intruder.get(f"/tasks/{run.pk}/status").status_code == 404
        assert "imap.example.org" not in page(intruder)
        assert "not_found" in intruder.get(f"/accounts/{stored.pk}/card", headers=HTMX).content.decode()


class TestPassword:
    def test_it_never_comes_out(self, logged_in, user, caplog):
        caplog.set_level(logging.DEBUG)
        add(logged_in, smtp_password="other-pass-815")
        account = MailAccount.objects.get()
        logged_in.post(f"/accounts/{account.pk}/test")

        shown = "".join(page(logged_in, path) for path in ("/accounts/", f"/accounts/{account.pk}/edit"))
        queued = "".join(str(SignedPackage.loads(row.payload)) for row in OrmQ.objects.all())
        rows = serializers.serialize("json", [account, *TaskRun.objects.all()])
        for place in (shown, queued, rows, caplog.text, str(account), repr(account)):
            assert SECRET not in place
            assert "other-pass-815" not in place
        assert account.smtp_login() == ("alex", "other-pass-815")

    def test_rotation_covers_it(self, stored, settings, capsys):
        settings.MAILAI_TOKEN_KEYS = [Fernet.generate_key().decode(), *settings.MAILAI_TOKEN_KEYS]
        stored.set_smtp_password("other-pass-815")
        stored.save()
        broken = make_account(stored.user)
        MailAccount.objects.filter(pk=broken.pk).update(imap_secret="of another ring")

        with pytest.raises(Exception, match=rf"emails_mailaccount {broken.pk} \(imap_secret\)"):
            call_command("token", "rotate")

        assert "undecryptable 1" in capsys.readouterr().out
        settings.MAILAI_TOKEN_KEYS = settings.MAILAI_TOKEN_KEYS[:1]
        stored.refresh_from_db()
        assert stored.imap_password() == SECRET
        assert stored.smtp_login() == ("alex", "other-pass-815")
