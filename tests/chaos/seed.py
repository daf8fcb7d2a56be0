"""One seed: two hosts under load, harmed by a plan, then left alone, looked at and ended."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import Error, connection

from emails.models import Analysis
from mailai.ai.fake import FakeOpenAI
from mailai.runs.models import TaskRun
from tests.chaos import verdict
from tests.chaos.crowd import Crowd
from tests.chaos.healing import Healing
from tests.chaos.host import Host
from tests.chaos.mail import Mail
from tests.chaos.plan import Step, presses
from tests.chaos.server import Server
from tests.processes import wait_until

QUIET = 150.0  # seconds in which everything must have ended when the harm is over


@dataclass
class Outcome:
    problems: list[str] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    healed: dict[str, list[float]] = field(default_factory=dict)
    overtaken: int = 0
    runs: Counter[str] = field(default_factory=Counter)
    attempts: Counter[int] = field(default_factory=Counter)
    exceptions: Counter[str] = field(default_factory=Counter)
    found: int = 0
    hurried: int = 0
    fetched: int = 0
    sent: int = 0
    calls: int = 0
    doubled_calls: int = 0
    drained: list[float] = field(default_factory=list)
    settled: float = 0
    seconds: float = 0


class Seed:
    def __init__(
        self,
        number: int,
        steps: list[Step],
        least: int,
        rate: float,
        server: Server,
        mail: Mail,
        folder: Path,
    ) -> None:
        self.number = number
        self.steps = steps
        self.least = least  # runs
        self.rate = rate
        self.server = server
        self.mail = mail
        self.folder = folder
        self.outcome = Outcome()
        self.healings: list[Healing] = []

    def run(self, command: tuple[str, ...]) -> Outcome:
        began = time.monotonic()
        connection.settings_dict["TEST"]["NAME"] = f"chaos_{self.number}"
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        with ExitStack() as stack:
            fake = stack.enter_context(FakeOpenAI())
            os.environ["MAILAI_OPENAI_BASE_URL"] = fake.url
            self.hosts = [Host(f"host{name}", self.folder, command) for name in "AB"]
            for host in self.hosts:
                stack.callback(host.end)
            crowd = Crowd(presses(self.number, self.rate), self.mail)
            analyses = Analysis.objects.count()
            self._until("the clusters work", lambda: all(map(self._works, self.hosts)), 60)
            with crowd:
                for step in self.steps:
                    self._take(step)
                self._until("all are pressed", lambda: len(crowd.pressed) >= self.least, 120)
            self._settle()
            self._tell(crowd, fake)
            self.outcome.problems += crowd.problems
            self.outcome.problems += verdict.wrong_runs(crowd.pressed, crowd.cancelled)
            self.outcome.problems += verdict.wrong_results(analyses) + self._wrong_mail(crowd)
            for host in self.hosts:
                self._works_alone(host, crowd)
            self._end()
        for host in self.hosts:
            self.outcome.exceptions += verdict.tracebacks(host.log)
        self.outcome.problems += verdict.strange(self.outcome.exceptions)
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def _take(self, step: Step) -> None:
        time.sleep(step.after)  # noqa: TID251 - the plan says when
        keys = None
        if step.target == "postgres":
            keys = [host.pulse_key() for host in self.hosts]
            self.server.kill()
            time.sleep(step.down)  # noqa: TID251 - the plan says for how long
            self.server.start()
            hit = list(self.hosts)
            for host in hit:
                host.hits += 1
        else:
            order = [self.hosts[step.host], self.hosts[1 - step.host]]
            deadline = time.monotonic() + 20
            while not (hit := list(islice((host for host in order if host.hit(step)), 1))):
                if time.monotonic() > deadline:
                    self.outcome.problems.append(f"there was nothing to hit: {step}")
                    return
                time.sleep(0.05)  # noqa: TID251 - between looks, up to the deadline
        self.outcome.hits[step.target] += 1
        self._say(f"{step.target} of {' and '.join(host.name for host in hit)}")
        healing = Healing(step.target, hit, keys)
        self.healings.append(healing)
        if step.wait and not healing.wait():
            self.outcome.problems.append(f"NOT HEALED: {step} of {hit[0].name}")

    def _settle(self) -> None:
        began = time.monotonic()
        for host in self.hosts:
            host.replaced.wait(60)
        self._until("every run has ended", lambda: not TaskRun.objects.active().exists(), QUIET)
        self._until("the queue is empty", lambda: not verdict.queue_rows(), QUIET)
        for healing in self.healings:
            if not healing.wait():
                self.outcome.problems.append(f"NOT HEALED: {healing.target}")
            elif healing.restarted:
                self.outcome.problems.append("RESTARTED although only the database was away")
            elif healing.overtaken:
                self.outcome.overtaken += 1
            else:
                self.outcome.healed.setdefault(healing.target, []).append(healing.seconds or 0)
        for host in self.hosts:
            self._until(f"{host.name} is complete", host.is_complete, 60)
            self._until(f"{host.name} left no orphans", lambda: not host.orphans(), 30)  # noqa: B023
        self.outcome.settled = time.monotonic() - began

    def _tell(self, crowd: Crowd, fake: FakeOpenAI) -> None:
        for status, code, attempt in TaskRun.objects.values_list("status", "error_code", "attempt"):
            self.outcome.runs[f"{status} {code}" if status == "failed" else status] += 1
            self.outcome.attempts[attempt] += 1
        self.outcome.found, self.outcome.hurried = crowd.found, len(crowd.hurried)
        self.outcome.calls = sum(fake.stats()["models"].values())
        self.outcome.doubled_calls = verdict.doubled_calls()

    def _wrong_mail(self, crowd: Crowd) -> list[str]:
        """After a last fetch, which brings what the interrupted ones left."""
        for user in crowd.users:
            self.mail.fetch(user)
        self._until("all mail is fetched", lambda: all(map(self.mail.is_fetched, crowd.users)), 60)
        self.outcome.fetched = sum(self.mail.delivered.values())
        self.outcome.sent = len(self.mail.smtp.received)
        return self.mail.wrong()

    def _works_alone(self, host: Host, crowd: Crowd) -> None:
        """A fresh run succeeds while the other host stands still."""
        (other,) = (each for each in self.hosts if each is not host)
        group = other.worker.all()
        for process in group:
            process.suspend()
        try:
            run, _created = TaskRun.objects.start(
                crowd.users[0], "base", crowd.messages[0][0], crowd.tokens[0, "fake"]
            )
            self._until(
                f"a fresh run on {host.name} succeeds",
                lambda: TaskRun.objects.filter(pk=run.pk, status="succeeded").exists(),
                30,
            )
        finally:
            for process in group:
                with suppress(Exception):
                    process.resume()

    def _end(self) -> None:
        for host in self.hosts:
            host.end_by_sigterm()
            if left := host.worker.all():
                self.outcome.problems.append(f"LEFT BEHIND by {host.name}: {left}")
            for seconds, code in host.drained:
                self.outcome.drained.append(seconds)
                if code != 0:
                    self.outcome.problems.append(
                        f"{host.name} ended with {code} after SIGTERM and {seconds:.0f} s"
                    )

    def _works(self, host: Host) -> bool:
        return host.is_complete() and bool(host.pulse_key()) and Healing("start", [host]).wait()

    def _until(self, what: str, condition: Callable[[], object], seconds: float) -> None:
        def holds() -> bool:
            try:
                return bool(condition())
            except Error:
                connection.close()
                return False

        try:
            wait_until(holds, seconds, every=0.1)
        except AssertionError:
            self.outcome.problems.append(f"STUCK: not within {seconds:.0f} s: {what}")

    def _say(self, text: str) -> None:
        with (self.folder / "steps.log").open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {text}\n")
