from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from emails.demo import demo_user, fill, why_not
from emails.rehearsal import Rehearsed, rehearse
from emails.samples import SAMPLE
from mailai.ai.models import ServiceToken

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


class Command(BaseCommand):
    help = (
        "Set everything up on a fresh machine and serve it; with --check, do the main job without a browser."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="run base, optimize and reply, print a table, exit"
        )
        parser.add_argument(
            "--mailbox", type=Path, default=SAMPLE, help="other mail: a file, mbox, Maildir or folder"
        )
        parser.add_argument("--limit", type=int, help="import this many messages at most")
        parser.add_argument("--token", type=int, help="with --check: ask with this token of the demo user")
        parser.add_argument(
            "--seconds", type=float, default=1200, help="with --check: give up after this time"
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if reason := why_not():
            raise CommandError(reason, returncode=2)
        if not options["mailbox"].exists():
            raise CommandError(f"There is no {options['mailbox']}.", returncode=2)
        if not options["check"] and _taken(options["host"], options["port"]):
            raise CommandError(f"Port {options['port']} is in use. Choose another one with --port.")
        self._say("Setting up the database …")
        call_command("migrate", verbosity=0)
        user, password = demo_user()
        self._say(f"Importing {options['mailbox']} …")
        emails = fill(user, options["mailbox"], options["limit"])
        if options["check"]:
            token = self._token(user, options["token"])
            self._say(f"{len(emails)} messages, asking {token}")
            with ExitStack() as stack:
                _start(stack, [*MANAGE, "worker"])
                self._report(rehearse(user, emails, token, options["seconds"], self._tell))
        else:
            self._serve(options["host"], options["port"], user, password, len(emails))

    def _serve(self, host: str, port: int, user: Any, password: str, count: int) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_args: stop.set())
        gunicorn = [sys.executable, "-m", "gunicorn", "--config", str(settings.BASE_DIR / "gunicorn.conf.py")]
        with ExitStack() as stack:
            web = _start(stack, [*gunicorn, "--bind", f"{host}:{port}", "mailai.wsgi"])
            worker = _start(stack, [*MANAGE, "worker"])
            while not _taken(host, port) and web.poll() is None and not stop.wait(0.1):
                pass
            if web.poll() is None:
                self._say(
                    f"\nmailai is running with {count} messages.\n\n"
                    f"  Address   http://{host}:{port}/\n  User      {user.get_username()}\n"
                    f"  Password  {password}\n\nCtrl-C ends it."
                )
            while not stop.wait(0.5) and web.poll() is None and worker.poll() is None:
                pass
            self._say("Stopping …")
        if not stop.is_set():
            raise CommandError("The web server or the worker ended by itself; its last words are above.")

    def _token(self, user: Any, token_id: int | None) -> ServiceToken:
        """The named token; else the newest that asks a model; else the built-in rules."""
        usable = ServiceToken.objects.of(user).usable()
        if token_id is not None:
            usable = usable.filter(pk=token_id)
        token = max(usable, key=lambda token: (not token.is_local, token.pk), default=None)
        if token is None:
            raise CommandError(f"The user {user.get_username()} has no usable token {token_id}.")
        return token

    def _tell(self, kind: str, done: int, of: int) -> None:
        self.stderr.write(f"\r{kind}: {done} of {of}", ending="\n" if done == of else "")
        self.stderr.flush()

    def _report(self, rehearsed: list[Rehearsed]) -> None:
        self.stdout.write(f"{'message':<40} {'base':>5} {'optimize':>8} {'improvement':>11}  draft")
        for one in rehearsed:
            first = next(
                (line for line in one.result("reply").get("draft", "").splitlines() if line.strip()), "–"
            )
            optimize = one.result("optimize")
            self.stdout.write(
                f"{(one.email.subject or '(no subject)')[:40]:<40} {_number(one.result('base').get('score')):>5} "
                f"{_number(optimize.get('score_optimize')):>8} "
                f"{_number(optimize.get('improvement'), '+'):>11}  {first[:60]}"
            )
        failed = [one for one in rehearsed if one.problems]
        self.stdout.write(f"{len(rehearsed) - len(failed)} of {len(rehearsed)} messages done")
        if failed or not rehearsed:
            reasons = (
                "\n".join(f"  {one.email}: {'; '.join(one.problems)}" for one in failed) or "  no message"
            )
            raise CommandError(f"{len(failed)} messages were not done:\n{reasons}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _start(stack: ExitStack, command: list[str]) -> subprocess.Popen[bytes]:
    """A child that is asked to stop, and waited for, when the stack unwinds."""
    # A session of its own: Ctrl-C reaches us alone, and we stop the children in order.
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ, start_new_session=True)  # noqa: S603
    stack.callback(_end, child)
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.terminate()  # the second one does not wait for running tasks
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.2f}"
