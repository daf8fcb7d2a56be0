"""Redis and Celery's worker, where they are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests.bench.scene import free_port
from tests.processes import Processes, wait_until

URL = "MAILAI_BENCH_REDIS"  # environment
AS_IT_COMES = "MAILAI_BENCH_CELERY_AS_IT_COMES"  # environment of an untuned worker, and the name of its queue


def missing() -> str:
    """What is to be installed; empty if Celery can be measured."""
    wanted = []
    if not (find_spec("celery") and find_spec("redis")):
        wanted.append("pip install 'celery[redis]'")
    if not shutil.which("redis-server"):
        wanted.append("apt-get install redis-server")
    return " and ".join(wanted)


@contextmanager
def redis(folder: Path) -> Iterator[None]:
    """A server of our own on a free port of this host, which writes nothing to disk."""
    port = free_port()
    options = {
        "--port": str(port),
        "--bind": "127.0.0.1",
        "--save": "",
        "--appendonly": "no",
        "--dir": str(folder),
    }
    server = subprocess.Popen(
        [str(shutil.which("redis-server")), *[word for option in options.items() for word in option]],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _answers(port))
        os.environ[URL] = f"redis://127.0.0.1:{port}/0"
        yield
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as client:
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False


@contextmanager
def celery_worker(log: Path, workers: int, as_it_comes: bool = False, **env: str) -> Iterator[Processes]:
    """A worker that is ready, on a queue of its own if it is not tuned (see celery_app)."""
    command = [
        "-m",
        "celery",
        "-A",
        "tests.bench.celery_app",
        "worker",
        "--concurrency",
        str(workers),
        "--loglevel",
        "WARNING",
    ]
    if as_it_comes:
        command += ["--queues", AS_IT_COMES]
        env[AS_IT_COMES] = "1"
    running = Processes(command, log, {**env, "C_FORCE_ROOT": "1"})
    try:
        wait_until(lambda: "is ready" in running.said, 60)
        yield running
    finally:
        running.end()
