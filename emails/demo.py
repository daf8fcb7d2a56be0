"""What the demo sets up on a fresh machine: a user, their tokens and a mailbox."""

from __future__ import annotations

import secrets
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection

from emails.importing import Arrival, messages, store_all
from emails.models import Email
from emails.samples import READER, SAMPLE
from mailai.ai.models import ServiceToken
from mailai.postgres.base import EMBEDDED

USER = "demo"


def why_not() -> str:
    """Why there is no demo here, "" if there may be: it migrates, and makes an operator whose password is in a file."""
    if settings.MAILAI_PRODUCTION:
        return "This is production (MAILAI_PRODUCTION is on), so there is no demo here. It needs a database of its own."
    if EMBEDDED in connection.settings_dict or is_ours():
        return ""
    return (
        "The database that DATABASE_URL names has users already, so there is no demo in it. Name an empty one, or "
        "none: then the demo has its own under var/."
    )


def is_ours() -> bool:
    """Whether nobody else uses the database: nothing is in it yet, or the demo that this machine made."""
    users = get_user_model()
    if users._meta.db_table not in connection.introspection.table_names() or not users.objects.exists():
        return True
    path, user = password_file(), users.objects.filter(username=USER).first()
    return user is not None and path.exists() and user.check_password(path.read_text())


def demo_user() -> tuple[Any, str]:
    """The demo user and their password, which this machine made up once and keeps under var/."""
    path = password_file()
    if not path.exists():
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    password = path.read_text()
    user, created = get_user_model().objects.get_or_create(
        username=USER, defaults={"email": READER, "first_name": "Alex", "last_name": "Demo"}
    )
    if created or not user.check_password(password):
        user.is_staff = user.is_superuser = True
        user.set_password(password)
        user.save()
    ServiceToken.objects.ensure_local(user)
    return user, password


def password_file() -> Path:
    return Path(settings.VAR_DIR / "demo_password")


def fill(user: Any, mailbox: Path, limit: int | None) -> list[Email]:
    """Import a mailbox and return its messages, those that were there before included, in the mailbox's order."""
    emails: dict[int, Email] = {}
    origin = {"sample": True} if mailbox == SAMPLE else {}
    arrivals = (Arrival(raw, origin=origin) for raw in islice(messages(mailbox), limit))
    for _outcome, email in store_all(user, arrivals):
        emails.setdefault(email.pk, email)
    return list(emails.values())
