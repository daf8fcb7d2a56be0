"""What `check --deploy` warns of beside Django's own warnings: settings that are allowed and yet seldom meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

PROXIES = "MAILAI_TRUSTED_PROXIES"
EXAMPLE = ("example.com", "example.org", "example.net")
HERE = {"localhost", "127.0.0.1", "[::1]"}


def production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [Warning(text, hint=hint, id=f"mailai.{number}") for number, text, hint in found()]


def found() -> Iterator[tuple[str, str, str]]:
    """The id, what is set, and what to do."""
    if settings.MAILAI_PRODUCTION and settings.MAILAI_TRUSTED_PROXIES is None:
        yield (
            "W001",
            f"{PROXIES} is not set, so no proxy is trusted: behind one, all clients share one limit of logins, and "
            "every request is redirected to https for ever.",
            "Set it to the number of proxies before this server, or to 0 if clients reach it directly.",
        )
    if settings.MAILAI_TRUSTED_PROXIES and not settings.MAILAI_PRODUCTION:
        yield (
            "W002",
            f"{PROXIES} is {settings.MAILAI_TRUSTED_PROXIES}, though this is no production: without a proxy, clients "
            "write their own addresses.",
            f"Set MAILAI_PRODUCTION=1, or {PROXIES}=0.",
        )
    hosts = settings.ALLOWED_HOSTS
    if settings.MAILAI_PRODUCTION and (not hosts or set(hosts) <= HERE):
        yield "W003", "ALLOWED_HOSTS names this machine alone.", "Set it to the name that users type."
    if "*" in hosts:
        yield (
            "W004",
            "ALLOWED_HOSTS has *, so any name that a request claims is put into links.",
            "Set it to the names that users type.",
        )
    example = [name for name in [*hosts, *settings.CSRF_TRUSTED_ORIGINS] if name.endswith(EXAMPLE)]
    if example:
        yield "W005", f"{', '.join(example)} is the example's name.", "Set the name that users type."
    plain = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if origin.startswith("http://")]
    if plain and settings.MAILAI_PRODUCTION:
        yield (
            "W006",
            f"CSRF_TRUSTED_ORIGINS has {', '.join(plain)}: whoever can change what is sent there unencrypted may act "
            "for a user.",
            "Name it with https://.",
        )
    if settings.MAILAI_SYNC and settings.MAILAI_PRODUCTION:
        yield (
            "W007",
            "MAILAI_SYNC is on: each press keeps a thread of the web server until the model has answered.",
            "Switch it off and start `manage.py worker`.",
        )
