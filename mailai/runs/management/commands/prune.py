from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailai.runs.prune import RULES, prune_all


class Command(BaseCommand):
    help = "Remove at once what is older than the MAILAI_KEEP_… settings say; workers do it little by little."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and remove nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        for rule in RULES:
            if options["dry_run"]:
                self.stdout.write(f"{rule.outdated().count():>9}  {rule.name} would go")
            else:
                self.stdout.write(f"{prune_all(rule):>9}  {rule.name} gone")
