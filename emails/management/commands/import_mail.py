from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from emails.importing import Outcome, count, messages, store_all


class Command(BaseCommand):
    help = "Import mail into a user's mailbox: a message, an mbox, a Maildir, or a folder of any of these."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--user", required=True, help="user name of the mailbox's owner")
        parser.add_argument("--limit", type=int, help="stop after so many messages")

    def handle(self, *, path: Path, user: str, limit: int | None, **options: Any) -> None:
        owner = get_user_model().objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user!r}.", returncode=2)
        if not owner.is_active:
            raise CommandError(
                f"The user {user!r} is deactivated, so nothing is stored for them.", returncode=2
            )
        if not path.exists():
            raise CommandError(f"{path} does not exist.", returncode=2)

        outcomes: Counter[Outcome] = Counter()
        with tqdm(total=total(path, limit), unit=" messages", file=sys.stderr) as bar:

            def failed(error: OSError) -> None:
                outcomes[Outcome.UNREADABLE] += 1
                bar.update()
                bar.write(f"{error.filename}: {error.strerror or error}", file=sys.stderr)

            for outcome, _ in store_all(owner, islice(messages(path, failed), limit)):
                outcomes[outcome] += 1
                bar.update()
        self.stdout.write(
            f"imported {outcomes[Outcome.IMPORTED]}, duplicates {outcomes[Outcome.DUPLICATE]}, "
            f"unreadable {outcomes[Outcome.UNREADABLE]}"
        )


def total(path: Path, limit: int | None) -> int:
    messages_there = count(path)
    return messages_there if limit is None else min(limit, messages_there)
