from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from mailai.users.deleting import Kept, belongings, delete, shut_out


class Command(BaseCommand):
    help = "Delete a user with all that is theirs. What they used of models stays in the statistics, without a name."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        deleting = verbs.add_parser("delete", help="delete a user; interrupted, it can be said again")
        deleting.add_argument("name")
        deleting.add_argument("--yes", action="store_true", help="do not ask first")

    def handle(self, *, name: str, yes: bool, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.", returncode=2)
        if not yes and input(f"Type {name} once more to delete all that is theirs: ") != name:
            raise CommandError("Nothing was deleted.")
        try:
            shut_out(user.pk)
        except Kept:
            raise CommandError(f"{name} is the last superuser. Make somebody else one first.") from None
        total = sum(rows.count() for _field, rows in belongings(user.pk))
        with tqdm(total=total, unit=" entries", file=sys.stderr) as bar:
            delete(user.pk, bar.update)
        self.stdout.write(f"deleted user {user.pk}")
