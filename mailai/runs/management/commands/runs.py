from __future__ import annotations

import json
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.utils import timezone

from mailai.runs.overview import overview, problems
from mailai.runs.overview_text import lines

REFRESHED = "\x1b[H\x1b[2J"  # from the top of an emptied screen


class Command(BaseCommand):
    help = (
        "Show what waits, who works, what fails and how long it takes. The times are the median and p95, in seconds: "
        "of the wait from press to start, of one answer of the model, and of the whole from press to result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=int, default=24, help="how far back to count what ended (24)")
        parser.add_argument(
            "--watch",
            type=float,
            nargs="?",
            const=2.0,
            metavar="SECONDS",
            help="again every 2 s, until Ctrl-C",
        )
        parser.add_argument("--json", action="store_true", help="one object, on one line")
        parser.add_argument(
            "--check",
            action="store_true",
            help="exit with 1 when something is wrong: runs wait and no worker was seen in the last minute, or none "
            "serves their queue; a run waits longer than --longest-wait; a lease is long over; no database",
        )
        parser.add_argument(
            "--longest-wait", type=float, default=300, metavar="SECONDS", help="for --check (300)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"] is None:
            self.show_once(options)
        else:
            try:
                self.watch(max(0.1, options["watch"]), options)
            except KeyboardInterrupt:
                self.stdout.write("")

    def show_once(self, options: dict[str, Any]) -> None:
        try:
            text, found = self.look(options)
        except Error as error:
            raise CommandError(f"The database is away: {first_line(error)}") from None
        self.stdout.write(text)
        if found and options["check"]:
            raise CommandError("; ".join(found))

    def watch(self, seconds: float, options: dict[str, Any]) -> None:
        before = REFRESHED if self.stdout.isatty() and not options["json"] else ""
        while True:
            try:
                text, _found = self.look(options)
            except Error as error:
                connection.close()
                text = self.away(error, options)
            self.stdout.write(before + text)
            self.stdout.flush()
            threading.Event().wait(seconds)

    def look(self, options: dict[str, Any]) -> tuple[str, list[str]]:
        seen = overview(options["hours"])
        found = problems(seen, options["longest_wait"])
        if options["json"]:
            return json.dumps(seen | {"problems": found}, ensure_ascii=False), found
        return "\n".join(lines(seen, found)), found

    def away(self, error: Error, options: dict[str, Any]) -> str:
        now = timezone.now().isoformat(timespec="seconds")
        if options["json"]:
            return json.dumps({"at": now, "problems": ["the database is away"]})
        return f"{now}   The database is away: {first_line(error)}. Trying again."


def first_line(error: Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
