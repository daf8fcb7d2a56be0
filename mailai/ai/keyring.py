"""Secrets at rest: AES-256-GCM under a key ring, newest key first, each bound to the place where it is stored.

The ring is MAILAI_TOKEN_KEYS, apart from SECRET_KEY, so that either can be changed without the other. Encrypting uses
the first key; decrypting takes the one that the secret names; `rotate` encrypts anew under the first. The place is the
associated data (NIST SP 800-38D): a secret that was moved to another row or column does not open there.

Secrets of before this were Fernet tokens, which know no place. They open until `rotate` has replaced them.
"""

from __future__ import annotations

import base64
import os
from binascii import Error
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

MARK = "v2"  # no Fernet token begins so
NONCE = 12  # bytes


class Undecryptable(Exception):
    """No key of the ring opens the secret: a key was dropped from MAILAI_TOKEN_KEYS too early."""


class Misplaced(Undecryptable):
    """The ring has its key, and yet it does not open here: it was stored in another place, or changed."""


def encrypt(secret: str, place: str) -> str:
    name, cipher = _derived(settings.MAILAI_TOKEN_KEYS[0])
    nonce = os.urandom(NONCE)
    sealed = nonce + cipher.encrypt(nonce, secret.encode(), place.encode())
    return f"{MARK}.{name}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(encrypted: str, place: str) -> str:
    """Raises Undecryptable, or Misplaced."""
    mark, _dot, rest = encrypted.partition(".")
    if mark != MARK:
        return _from_fernet(encrypted)
    name, _dot, body = rest.partition(".")
    cipher = _ciphers().get(name)
    if cipher is None:
        raise Undecryptable
    try:
        sealed = base64.urlsafe_b64decode(body)
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], place.encode()).decode()
    except (InvalidTag, Error, ValueError):
        raise Misplaced from None


def rotate(encrypted: str, place: str) -> str:
    """Raises Undecryptable, or Misplaced."""
    return encrypt(decrypt(encrypted, place), place)


def is_bound(encrypted: str) -> bool:
    """Whether it belongs to one place, as all do but those of before."""
    return encrypted.startswith(f"{MARK}.")


def check() -> None:
    """Raises ImproperlyConfigured if the ring holds anything but Fernet keys."""
    _fernet()


def _ciphers() -> dict[str, AESGCM]:
    return dict(_derived(key) for key in settings.MAILAI_TOKEN_KEYS)


@lru_cache(maxsize=64)
def _derived(key: str) -> tuple[str, AESGCM]:
    """The name that secrets know a key of the ring by, which tells nothing of it, and the cipher under it."""
    raw = base64.urlsafe_b64decode(key)
    name, secret = (_derive(raw, info, length) for info, length in ((b"name", 6), (b"secrets", 32)))
    return base64.urlsafe_b64encode(name).decode(), AESGCM(secret)


def _derive(raw: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869."""
    return HKDF(SHA256(), length, salt=None, info=b"mailai " + info).derive(raw)


def _from_fernet(encrypted: str) -> str:
    try:
        return _fernet().decrypt(encrypted.encode()).decode()
    except (InvalidToken, ValueError):
        raise Undecryptable from None


def _fernet() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.MAILAI_TOKEN_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(
            "MAILAI_TOKEN_KEYS must hold Fernet keys (32 bytes, url-safe base64), separated by commas."
        ) from error
