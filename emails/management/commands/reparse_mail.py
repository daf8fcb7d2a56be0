from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from emails.importing.rereading import Reread, reread
from emails.models import Email
from emails.parsing import PARSER_VERSION


class Command(BaseCommand):
    help = "Read stored mail again with the parser of today. Sources, analyses, corrections and drafts stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="only this user's mail")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--older", action="store_true", help="what an older parser read (the default)")
        which.add_argument("--unreadable", action="store_true", help="what could not be read")
        which.add_argument("--all", action="store_true", help="everything")
        parser.add_argument(
            "--after", type=int, default=0, help="go on behind this id, after an interruption"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scope = Email.objects.all()
        if options["user"] is not None:
            owner = get_user_model().objects.filter(username=options["user"]).first()
            if owner is None:
                raise CommandError(f"There is no user {options['user']!r}.", returncode=2)
            scope = Email.objects.of(owner)
        emails = scope
        if options["unreadable"]:
            emails = scope.filter(unreadable=True)
        elif not options["all"]:
            emails = scope.filter(parser_version__lt=PARSER_VERSION)

        done: Counter[Reread] = Counter()
        last = options["after"]
        with tqdm(total=emails.filter(pk__gt=last).count(), unit=" messages", file=sys.stderr) as bar:
            try:
                for pk, what in reread(emails, last):
                    last = pk
                    done[what] += 1
                    bar.update()
            except KeyboardInterrupt:
                raise CommandError(f"Interrupted. Go on with --after {last}.", returncode=130) from None
        self.stdout.write(
            f"read {done.total()} again: "
            + ", ".join(f"{done[what]} {what}" for what in Reread)
            + f"; {scope.filter(unreadable=True).count()} are unreadable"
        )
