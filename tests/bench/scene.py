"""What every bench stands on: a database of its own, a model's server, and words about the machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import psutil
from django.db import connection

from tests.processes import Processes, wait_until

DATABASE = "mailai_bench"


@contextmanager
def database() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def fake(log: Path) -> Iterator[str]:
    """The base URL of the fake provider, in a process of its own so that it takes no time from the measuring one."""
    port = free_port()
    running = Processes(["manage.py", "fake_openai", "--port", str(port)], log, {})
    try:
        wait_until(lambda: "speaks OpenAI" in running.said, 30)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        running.end()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    hundredths = quantiles(times, n=100)
    return hundredths[49], hundredths[94]


def machine() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


class Busy:
    """How busy all of the machine was since this was made: others may run beside the bench."""

    def __init__(self) -> None:
        self._began = psutil.cpu_times()

    def __str__(self) -> str:
        spent = [now - then for now, then in zip(psutil.cpu_times(), self._began, strict=True)]
        of = dict(zip(self._began._fields, spent, strict=True))
        whole = sum(spent) - of.get("guest", 0) - of.get("guest_nice", 0)
        busy = whole - of["idle"] - of.get("iowait", 0)
        return f"{machine()}; the processors were {busy / whole:.0%} busy, {of.get('steal', 0) / whole:.0%} stolen"


def say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201
