"""What the demo sets up on a fresh machine: a user, their tokens and a mailbox."""

from __future__ import annotations

import secrets
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from emails.importing import Arrival, messages, store_all
from emails.models import Email
from emails.samples import READER, SAMPLE
from mailai.ai.models import ServiceToken

USER = "demo"


def demo_user() -> tuple[Any, str]:
    """The demo user and their password, which this machine made up once and keeps under var/."""
    path = settings.VAR_DIR / "demo_password"
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


def fill(user: Any, mailbox: Path, limit: int | None) -> list[Email]:
    """Import a mailbox and return its messages, those that were there before included, in the mailbox's order."""
    emails: dict[int, Email] = {}
    origin = {"sample": True} if mailbox == SAMPLE else {}
    arrivals = (Arrival(raw, origin=origin) for raw in islice(messages(mailbox), limit))
    for _outcome, email in store_all(user, arrivals):
        emails.setdefault(email.pk, email)
    return list(emails.values())
