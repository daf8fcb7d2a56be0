from __future__ import annotations

import json
import signal
import threading
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.utils import timezone

from mailai.postgres.outage import first_line
from mailai.runs.hosts import WorkerHost
from mailai.runs.overview import overview
from mailai.runs.overview_text import lines
from mailai.runs.problems import Limits, problems

LIMITS = [field.name for field in fields(Limits)]
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
            help="exit with 1 and a line for each reason: no worker, one that is missing, none for a queue; a run "
            "waits longer than --longest-wait; a lease is long over; more runs failed than --failing; a provider is "
            "down; no database",
        )
        limits = Limits()
        parser.add_argument(
            "--longest-wait",
            type=float,
            default=limits.longest_wait,
            metavar="SECONDS",
            help=f"for --check ({limits.longest_wait:.0f})",
        )
        parser.add_argument(
            "--failing",
            type=float,
            default=limits.failing,
            metavar="PERCENT",
            help=f"for --check: of the runs that ended within --hours ({limits.failing:.0f})",
        )
        parser.add_argument(
            "--fewest",
            type=int,
            default=limits.fewest,
            metavar="RUNS",
            help=f"for --check: with fewer ended runs --failing says nothing ({limits.fewest})",
        )
        parser.add_argument(
            "--forget",
            metavar="HOST",
            help="a host whose workers are gone for good, so that nothing misses them",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["forget"] is not None:
            self.forget(options["forget"])
        elif options["watch"] is None:
            self.show_once(options)
        else:
            # Also where whoever started us ignores it, as a shell does for what it starts in the background.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                self.watch(max(0.1, options["watch"]), options)
            except KeyboardInterrupt:
                self.stdout.write("")

    def forget(self, host: str) -> None:
        removed = WorkerHost.objects.gone().filter(name=host).delete()[0]
        if not removed:
            raise CommandError(f"No worker of {host} is missing. See manage.py runs for those that are.")
        self.stdout.write(f"{removed} of {host} forgotten")

    def show_once(self, options: dict[str, Any]) -> None:
        try:
            text, found = self.look(options)
        except Error as error:
            raise CommandError(f"The database is away: {first_line(error)}") from None
        self.stdout.write(text)
        if found and options["check"]:
            raise CommandError("\n".join(found))

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
        found = problems(seen, Limits(**{name: options[name] for name in LIMITS}))
        if options["json"]:
            return json.dumps(seen | {"problems": found}, ensure_ascii=False), found
        return "\n".join(lines(seen, found)), found

    def away(self, error: Error, options: dict[str, Any]) -> str:
        now = timezone.localtime().isoformat(timespec="seconds")
        if options["json"]:
            return json.dumps({"at": now, "problems": ["the database is away"]})
        return f"{now}   The database is away: {first_line(error)}. Trying again."
