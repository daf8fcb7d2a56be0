"""Secrets at rest: Fernet (AES-128-CBC with HMAC-SHA256) under a key ring, newest key first.

The ring is MAILAI_TOKEN_KEYS, apart from SECRET_KEY, so that either can be changed without the other. Encrypting uses
the first key; decrypting tries all; `rotate` re-encrypts under the first.
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Undecryptable(Exception):
    """No key of the ring opens the secret: a key was dropped from MAILAI_TOKEN_KEYS too early."""


def encrypt(secret: str) -> str:
    return _ring().encrypt(secret.encode()).decode()


def decrypt(encrypted: str) -> str:
    try:
        return _ring().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise Undecryptable from None


def rotate(encrypted: str) -> str:
    try:
        return _ring().rotate(encrypted.encode()).decode()
    except InvalidToken:
        raise Undecryptable from None


def check() -> None:
    """Raises ImproperlyConfigured if the ring holds anything but Fernet keys."""
    _ring()


def _ring() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.MAILAI_TOKEN_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(
            "MAILAI_TOKEN_KEYS must hold Fernet keys (32 bytes, url-safe base64), separated by commas."
        ) from error
