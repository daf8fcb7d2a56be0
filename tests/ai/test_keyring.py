"""Keys at rest: encrypted under a ring of their own, which can be changed key by key, each bound to its place."""

from __future__ import annotations

import base64

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from emails.models import MailAccount
from mailai import health
from mailai.ai import ciphertext, keyring
from mailai.ai.errors import AIError
from mailai.ai.keyring import Misplaced, Undecryptable, decrypt, encrypt, rotate
from mailai.ai.models import ServiceToken
from mailai.postgres import direct
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from tests.factories import KEY, make_account, make_token, make_user

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
HERE, THERE = "ai_servicetoken.encrypted_key.1.7", "ai_servicetoken.encrypted_key.2.7"


@pytest.fixture(autouse=True)
def ring(settings):
    def use(*keys):
        settings.MAILAI_TOKEN_KEYS = list(keys)

    use(OLD)
    return use


@pytest.mark.parametrize("secret", ["", KEY, "ключ", "x" * 10_000])
def test_it_gives_back_what_it_was_given(secret):
    assert decrypt(encrypt(secret, HERE), HERE) == secret


def test_it_never_encrypts_the_same_way_twice():
    assert encrypt(KEY, HERE) != encrypt(KEY, HERE)
    assert KEY not in encrypt(KEY, HERE)


def test_it_reads_what_an_older_key_of_the_ring_wrote(ring):
    old = encrypt(KEY, HERE)
    ring(NEW, OLD)

    assert decrypt(old, HERE) == KEY


def test_it_writes_with_the_first_key(ring):
    ring(NEW, OLD)
    fresh = encrypt(KEY, HERE)
    ring(NEW)

    assert decrypt(fresh, HERE) == KEY


def test_it_rotates_to_the_first_key(ring):
    old = encrypt(KEY, HERE)
    ring(NEW, OLD)
    rotated = rotate(old, HERE)
    ring(NEW)

    assert decrypt(rotated, HERE) == KEY
    with pytest.raises(Undecryptable):
        decrypt(old, HERE)


@pytest.mark.parametrize("call", [decrypt, rotate])
def test_it_says_when_no_key_of_the_ring_opens_a_secret(ring, call):
    old = encrypt(KEY, HERE)
    ring(NEW)

    with pytest.raises(Undecryptable) as caught:
        call(old, HERE)
    assert caught.value.__cause__ is None
    assert old not in str(caught.value)
    with pytest.raises(Undecryptable):
        call("no ciphertext at all", HERE)


def test_it_does_not_depend_on_the_secret_key(settings):
    old = encrypt(KEY, HERE)
    settings.SECRET_KEY = "another one"

    assert decrypt(old, HERE) == KEY


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, ""]])
def test_it_names_the_setting_that_is_wrong(ring, keys):
    ring(*keys)

    with pytest.raises(ImproperlyConfigured, match="MAILAI_TOKEN_KEYS"):
        keyring.check()


def test_it_keeps_a_tokens_key_encrypted_in_its_row(user):
    token = make_token(user)

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM ai_servicetoken t WHERE id = %s", [token.pk])
        row = cursor.fetchone()[0]
    assert KEY not in row
    assert KEY[-4:] in row
    assert ServiceToken.objects.get().credential().key == KEY


def test_it_fails_a_call_whose_key_cannot_be_opened(user, ring):
    token = make_token(user)
    ring(NEW)

    with pytest.raises(AIError, match="token_unreadable") as caught:
        token.credential()
    assert caught.value.__cause__ is None


def as_before(secret):
    """As a version wrote it that bound nothing."""
    return MultiFernet([Fernet(OLD)]).encrypt(secret.encode()).decode()


def test_it_opens_in_its_own_place_alone():
    with pytest.raises(Misplaced):
        decrypt(encrypt(KEY, HERE), THERE)


@pytest.mark.parametrize("changed", ["cut", "bit", "name", "empty", "letters"])
def test_it_opens_nothing_that_was_changed(changed):
    mark, name, body = encrypt(KEY, HERE).split(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[-1] ^= 1
    texts = {
        "cut": f"{mark}.{name}.{body[:20]}",
        "bit": f"{mark}.{name}.{base64.urlsafe_b64encode(raw).decode()}",
        "name": f"{mark}.AAAAAAAA.{body}",
        "empty": f"{mark}.{name}.",
        "letters": f"{mark}.{name}.ß!",
    }

    with pytest.raises(Undecryptable):
        decrypt(texts[changed], HERE)


def test_it_opens_what_an_earlier_version_wrote_and_binds_it_when_it_is_rotated(ring):
    old = as_before(KEY)
    assert decrypt(old, HERE) == KEY

    ring(NEW, OLD)
    rotated = rotate(old, HERE)

    assert keyring.is_bound(rotated)
    ring(NEW)
    assert decrypt(rotated, HERE) == KEY
    with pytest.raises(Misplaced):
        decrypt(rotated, THERE)


def swap(table, column, one, other, other_column=None):
    """Exchange two values as somebody with the database would."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [one.pk])
        mine = cursor.fetchone()[0]
        cursor.execute(f"SELECT {other_column or column} FROM {table} WHERE id = %s", [other.pk])
        theirs = cursor.fetchone()[0]
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [theirs, one.pk])
        cursor.execute(f"UPDATE {table} SET {other_column or column} = %s WHERE id = %s", [mine, other.pk])
    one.refresh_from_db()
    other.refresh_from_db()


def test_no_key_leaves_for_another_user(user, stranger, email, fake, caplog):
    mine, theirs = make_token(user), make_token(stranger, key="sk-of-the-stranger-0815")
    swap("ai_servicetoken", "encrypted_key", mine, theirs)
    run, _created = TaskRun.objects.start(user, "base", email, mine)

    perform(str(run.pk))

    run.refresh_from_db()
    assert (run.status, run.error_code, run.error_message) == ("failed", "token_unreadable", "")
    assert not fake.requests
    assert f"ai_servicetoken.encrypted_key of row {mine.pk}" in caplog.text
    assert KEY not in caplog.text
    swap("ai_servicetoken", "encrypted_key", mine, theirs)
    assert mine.credential().key == KEY


def test_no_key_leaves_with_another_token_of_the_same_user(user):
    mine, other = make_token(user), make_token(user, key="sk-another-key-12345")
    swap("ai_servicetoken", "encrypted_key", mine, other)

    for token in (mine, other):
        with pytest.raises(AIError, match="token_unreadable"):
            token.credential()


def test_no_key_leaves_with_a_row_that_was_given_to_another_user(user, stranger):
    token = make_token(user)
    ServiceToken.objects.filter(pk=token.pk).update(user=stranger)

    with pytest.raises(AIError, match="token_unreadable"):
        ServiceToken.objects.get().credential()


def test_no_password_opens_in_another_column_or_account(user, stranger):
    mine, theirs = make_account(user, smtp_host="127.0.0.1"), make_account(stranger, password="other")
    mine.set_smtp_password("for sending")
    mine.save()

    swap("emails_mailaccount", "imap_secret", mine, mine, "smtp_secret")
    for opened in (mine.imap_password, mine.smtp_login):
        with pytest.raises(Misplaced):
            opened()
    swap("emails_mailaccount", "imap_secret", mine, mine, "smtp_secret")
    swap("emails_mailaccount", "imap_secret", mine, theirs)
    for account in (mine, theirs):
        with pytest.raises(Misplaced):
            account.imap_password()
    assert mine.smtp_login() == ("alex", "for sending")


def test_every_column_of_ciphertext_is_known():
    """Whatever is encrypted anywhere is rotated and counted: by its type, not by a list."""
    suspicious = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.startswith("encrypted") or field.name.endswith("_secret")
    }

    assert set(ciphertext.columns()) == suspicious
    assert len(suspicious) == 3


def test_it_rotates_all_of_them_in_place(user, stranger, ring, capsys):
    token, account = make_token(user), make_account(stranger, password="app-password")
    ServiceToken.objects.filter(pk=token.pk).update(encrypted_key=as_before(KEY))
    MailAccount.objects.filter(pk=account.pk).update(smtp_secret=as_before("for sending"))
    ring(NEW, OLD)

    call_command("token", "rotate")

    assert "rotated 3, undecryptable 0" in capsys.readouterr().out
    ring(NEW)
    assert ServiceToken.objects.get().credential().key == KEY
    account.refresh_from_db()
    assert account.imap_password() == "app-password"
    assert account.smtp_login() == ("alex", "for sending")


def test_it_names_what_it_cannot_rotate_and_does_the_rest(user, stranger, ring):
    fine, lost = make_token(user), make_token(stranger)
    ServiceToken.objects.filter(pk=lost.pk).update(encrypted_key="v2.AAAAAAAA.AAAA")
    ring(NEW, OLD)

    with pytest.raises(CommandError, match=f"ai_servicetoken {lost.pk} "):
        call_command("token", "rotate")

    ring(NEW)
    assert ServiceToken.objects.get(pk=fine.pk).credential().key == KEY


class TestWrongRing:
    """Told as what it is, at start, instead of by each run that fails."""

    WRONG = "MAILAI_TOKEN_KEYS does not open 3 of 4 keys and passwords stored in this database"

    @pytest.fixture
    def stored(self, django_db_blocker, transactional_db, ring):
        user = make_user("alex")
        token = make_token(user)
        ServiceToken.objects.filter(pk=token.pk).update(encrypted_key=as_before(KEY))
        make_account(user)
        make_token(user)
        make_token(user, key="")
        ring(NEW)
        make_token(user, key="sk-entered-since-then")

    @pytest.fixture
    def readyz(self, client, monkeypatch):
        def ask():
            monkeypatch.setattr(health, "RING", health.Probe(health.ring_opens, 60.0))
            monkeypatch.setattr(health, "REMEMBERED", -1.0)
            answer = client.get("/readyz")
            return answer.status_code, answer.json()["status"]

        WorkerHost.objects.create(name="here", pid=1, slots=1, version="1")
        return ask

    def test_check_says_so(self, stored, ring, capsys):
        call_command("check", "--database", "default")
        said = capsys.readouterr().err
        assert self.WRONG in said
        assert "put the former key back behind the new one" in said
        assert NEW not in said

        ring(NEW, OLD)
        call_command("check", "--database", "default")
        said = capsys.readouterr().err
        assert "does not open" not in said
        assert "1 keys and passwords are stored as an earlier version left them" in said

    def test_a_start_says_so_once(self, stored, ring, caplog):
        ciphertext.tell()
        assert caplog.text.count(self.WRONG) == 1
        assert KEY not in caplog.text

        caplog.clear()
        ring(NEW, OLD)
        ciphertext.tell()
        assert not caplog.text

    def test_it_is_not_ready(self, stored, readyz, ring):
        assert readyz() == (503, "wrong_token_keys")

        ring(NEW, OLD)
        assert readyz() == (200, "ok")

    def test_it_stays_ready_with_a_few_lost_keys(self, stored, readyz, ring):
        """A host that serves everybody else well is not taken away for one who has to enter a key anew."""
        ring(NEW, OLD)
        token = ServiceToken.objects.exclude(encrypted_key="").latest("pk")
        ServiceToken.objects.filter(pk=token.pk).update(encrypted_key="v2.AAAAAAAA.AAAA")

        assert readyz() == (200, "ok")
        with direct.connect() as link:
            assert "does not open 1 of 4" in ciphertext.problem(link)
