from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from mailai.runs.supervisor import Supervisor

CLUSTER = "mailai.runs.cluster.run_cluster"


class Command(BaseCommand):
    # A supervisor needs neither the pages, which the checks load, nor the client for models: a third of its memory.
    requires_system_checks = ()
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
            import_string(CLUSTER)(options["queue"])
        else:
            Supervisor(options["queue"]).run()
