"""Which processes the processors worked for: on a machine that others use as well, this says what is ours."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

from mailai.postgres import direct

COMMANDS = {"web": "gunicorn", "worker": "worker", "model": "fake_openai"}
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Spent:
    """Cores that each part of the scene kept busy since this was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = {process: seconds_of(process) for part in parts().values() for process in part}

    def __str__(self) -> str:
        took = time.monotonic() - self._began
        cores = {
            name: sum(seconds_of(process) - self._before.get(process, 0) for process in part) / took
            for name, part in parts().items()
        }
        return "cores busy: " + ", ".join(f"{name} {busy:.2f}" for name, busy in cores.items())


def parts() -> dict[str, list[psutil.Process]]:
    with direct.connect() as connection:
        backends = [psutil.Process(pid) for (pid,) in connection.execute(BACKENDS) if psutil.pid_exists(pid)]
    found: dict[str, list[psutil.Process]] = {"bench": [psutil.Process()], "postgres": backends}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            command = process.cmdline()
            for name, word in COMMANDS.items():
                if word in command:
                    found.setdefault(name, []).append(process)
    return found


def seconds_of(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0
