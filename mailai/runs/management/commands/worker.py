from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailai.runs.cluster import run_cluster
from mailai.runs.supervisor import Supervisor


class Command(BaseCommand):
    help = "Work on runs: a django-q2 cluster under a supervisor, and the reaper. As many as wanted, on any host."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--cluster", action="store_true", help="the cluster alone, without its supervisor"
        )
        parser.add_argument(
            "--queue",
            action="append",
            default=[],
            metavar="NAME",
            help="take on the runs of this queue only; can be given several times (see MAILAI_QUEUES)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cluster"]:
            run_cluster(options["queue"])
        else:
            Supervisor(options["queue"]).run()
