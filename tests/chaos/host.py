"""One worker host: a supervisor that is started again when it was killed, as systemd would."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from django.conf import settings

from mailai.runs.broker import PULSE
from tests.chaos.plan import Step
from tests.processes import Worker

SLOTS = 3
ALL = 5 + SLOTS  # supervisor, main, sentinel, pusher, monitor, workers
TITLES = Path(__file__).with_name("titles")
TARGETS = {"idle worker": "idle", "working worker": "processing", "pusher": "pusher", "monitor": "monitor"}


class Host:
    def __init__(self, name: str, folder: Path, command: tuple[str, ...]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.command = command
        self.hits = 0  # how often it was harmed, so that one harm's healing is not taken for another's
        self.ill = 0  # harms that are not healed yet
        self.replaced = threading.Event()  # not set while a SIGTERM is waited for
        self.replaced.set()
        self.drained: list[tuple[float, int | None]] = []  # seconds and exit code of each SIGTERM
        self.past: list[Worker] = []
        self.start()

    def start(self) -> None:
        self.worker = Worker(
            self.log,
            self.command,
            PYTHONPATH=f"{TITLES}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
            MAILAI_WORKERS=str(SLOTS),
        )

    def pulse_key(self) -> str | None:
        """The key of the rows that only the cluster which runs now can take."""
        with suppress(psutil.Error, AttributeError):
            return self.worker.cluster().environ().get(PULSE)  # type: ignore[union-attr]
        return None

    def victims(self, target: str) -> list[psutil.Process]:
        with suppress(psutil.Error, IndexError):
            if target == "supervisor":
                return [psutil.Process(self.worker.popen.pid)] if self.worker.popen.poll() is None else []
            main = self.worker.cluster()
            if target in ("main", "group", "freeze", "term"):
                return [main] if main is not None else []
            if target == "sentinel":
                return main.children() if main is not None else []
            return [
                each for each in self.worker.below_sentinel() if each.name() == f"q:{TARGETS[target]}"
            ]
        return []

    def hit(self, step: Step) -> bool:
        """Whether there was something to hit."""
        found = self.victims(step.target) if self.replaced.is_set() else []
        if not found:
            return False
        victim = found[int(step.pick * len(found))]
        self.hits += 1
        with suppress(psutil.Error, ProcessLookupError):
            HITS.get(step.target, _kill)(self, victim)
            return True
        return False

    def restart(self) -> None:
        self.past.append(self.worker)
        self.start()

    def end_by_sigterm(self) -> None:
        """Wait until it has ended by itself, in the time that it has for this."""
        began = time.monotonic()
        self.worker.popen.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.worker.popen.wait(limit())
        self.drained.append((time.monotonic() - began, self.worker.popen.poll()))

    def orphans(self) -> list[psutil.Process]:
        return [process for worker in self.past for process in worker.all()]

    def is_complete(self) -> bool:
        return len(self.worker.all()) == ALL

    def end(self) -> None:
        for worker in [*self.past, self.worker]:
            worker.end()


def limit() -> float:
    """Seconds in which a supervisor that got SIGTERM must have ended: tasks, then reaper, and some for the machine."""
    return max(settings.MAILAI_HARD_LIMITS.values()) + settings.MAILAI_LEASE_MARGIN + 5 + 5


def _kill(host: Host, victim: psutil.Process) -> None:
    victim.kill()


def _kill_group(host: Host, victim: psutil.Process) -> None:
    os.killpg(victim.pid, signal.SIGKILL)


def _kill_supervisor(host: Host, victim: psutil.Process) -> None:
    victim.kill()
    host.worker.popen.wait()
    host.restart()


def _terminate(host: Host, victim: psutil.Process) -> None:
    def replace() -> None:
        host.end_by_sigterm()
        host.restart()
        host.replaced.set()

    host.replaced.clear()
    threading.Thread(target=replace).start()


def _freeze(host: Host, victim: psutil.Process) -> None:
    """Longer than a lease, so that its runs are taken over while it is away; then it goes on as if nothing was."""
    lease = max(settings.MAILAI_HARD_LIMITS.values()) + settings.MAILAI_LEASE_MARGIN

    def thaw() -> None:
        with suppress(ProcessLookupError):
            os.killpg(victim.pid, signal.SIGCONT)

    os.killpg(victim.pid, signal.SIGSTOP)
    threading.Timer(lease + 2, thaw).start()


HITS: dict[str, Callable[[Host, psutil.Process], None]] = {
    "group": _kill_group,
    "supervisor": _kill_supervisor,
    "term": _terminate,
    "freeze": _freeze,
}
