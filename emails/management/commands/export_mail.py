from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from emails.exporting import export
from emails.models import Email


class Command(BaseCommand):
    help = "Write a user's mail to an mbox, byte for byte as it came; import_mail reads it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--user", required=True, help="user name of the mailbox's owner")

    def handle(self, *args: Any, path: Path, user: str, **options: Any) -> None:
        owner = get_user_model().objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user!r}.", returncode=2)
        if path.is_dir():
            raise CommandError(f"{path} is a folder; name a file such as {path / 'mail.mbox'}.", returncode=2)
        written = 0
        try:
            with tqdm(total=Email.objects.of(owner).count(), unit=" messages", file=sys.stderr) as bar:
                for written in export(owner, path):  # noqa: B007 - the last number is how many
                    bar.update()
        except OSError as error:
            raise CommandError(
                f"{path} could not be written: {error.strerror or error}.", returncode=1
            ) from None
        self.stdout.write(f"exported {written} messages to {path}")
