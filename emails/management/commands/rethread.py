from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from emails.threading.keeping import rebuild


class Command(BaseCommand):
    help = "Thread a user's mail anew from its References, In-Reply-To and subjects; without --user, everybody's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="user name of the mailbox's owner")

    def handle(self, *, user: str | None, **options: Any) -> None:
        owners = get_user_model().objects.order_by("pk")
        if user is not None and not owners.filter(username=user).exists():
            raise CommandError(f"There is no user {user!r}.", returncode=2)
        changed = 0
        for key in list((owners.filter(username=user) if user else owners).values_list("pk", flat=True)):
            with transaction.atomic():
                changed += rebuild(owners.select_for_update(no_key=True).get(pk=key))
        self.stdout.write(f"{changed} messages changed their thread")
