"""Keys at rest: encrypted under a ring of their own, which can be changed key by key."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from mailai.ai import keyring
from mailai.ai.errors import AIError
from mailai.ai.keyring import Undecryptable, decrypt, encrypt, rotate
from mailai.ai.models import ServiceToken
from tests.factories import KEY, make_token

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture(autouse=True)
def ring(settings):
    def use(*keys):
        settings.MAILAI_TOKEN_KEYS = list(keys)

    use(OLD)
    return use


@pytest.mark.parametrize("secret", ["", KEY, "ключ", "x" * 10_000])
def test_it_gives_back_what_it_was_given(secret):
    assert decrypt(encrypt(secret)) == secret


def test_it_never_encrypts_the_same_way_twice():
    assert encrypt(KEY) != encrypt(KEY)
    assert KEY not in encrypt(KEY)


def test_it_reads_what_an_older_key_of_the_ring_wrote(ring):
    old = encrypt(KEY)
    ring(NEW, OLD)

    assert decrypt(old) == KEY


def test_it_writes_with_the_first_key(ring):
    ring(NEW, OLD)
    fresh = encrypt(KEY)
    ring(NEW)

    assert decrypt(fresh) == KEY


def test_it_rotates_to_the_first_key(ring):
    old = encrypt(KEY)
    ring(NEW, OLD)
    rotated = rotate(old)
    ring(NEW)

    assert decrypt(rotated) == KEY
    with pytest.raises(Undecryptable):
        decrypt(old)


@pytest.mark.parametrize("call", [decrypt, rotate])
def test_it_says_when_no_key_of_the_ring_opens_a_secret(ring, call):
    old = encrypt(KEY)
    ring(NEW)

    with pytest.raises(Undecryptable) as caught:
        call(old)
    assert caught.value.__cause__ is None
    assert old not in str(caught.value)
    with pytest.raises(Undecryptable):
        call("no ciphertext at all")


def test_it_does_not_depend_on_the_secret_key(settings):
    old = encrypt(KEY)
    settings.SECRET_KEY = "another one"

    assert decrypt(old) == KEY


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

    with pytest.raises(AIError, match="auth") as caught:
        token.credential()
    assert caught.value.__cause__ is None
