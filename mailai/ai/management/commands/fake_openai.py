"""`manage.py fake_openai`: an OpenAI-compatible server on this machine that needs no key."""

from __future__ import annotations

import signal
import threading
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailai.ai.fake import FakeOpenAI
from mailai.ai.fake.behaviour import Behaviour


class Command(BaseCommand):
    help = (
        "Serve a fake OpenAI API. Options are defaults; a model named fake:latency=2,torn asks for its own."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8089, help="0 takes any free one (default: 8089)")
        for each in fields(Behaviour):
            option, text = f"--{each.name.replace('_', '-')}", each.metadata["help"]
            if isinstance(each.default, bool):
                parser.add_argument(option, action="store_true", help=text)
            else:
                parser.add_argument(option, type=type(each.default), default=each.default, help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        default = Behaviour(**{each.name: options[each.name] for each in fields(Behaviour)})
        try:
            fake = FakeOpenAI(options["host"], options["port"], default)
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {options['host']}:{options['port']}: {error.strerror}."
            ) from error
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        with fake:
            self.stdout.write(f"{fake.url} speaks OpenAI. Use it: MAILAI_OPENAI_BASE_URL={fake.url}")
            self.stdout.flush()
            stop.wait()
