"""Processes that use an embedded server of their own, away from the one that the other tests run on."""

import subprocess
import sys
import time
from pathlib import Path

import psutil

USE = """
import os, sys
from pathlib import Path
from mailai.postgres.server import ensure_running
for line in sys.stdin:
    if line == "fork\\n":
        print(os.fork() or os.getpid(), flush=True)
    else:
        print(ensure_running(Path(sys.argv[1])).pid, flush=True)
"""


class User:
    """A process that connects when it is told to, and stays."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str = "connect") -> None:
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self) -> int:
        return int(self.process.stdout.readline())

    def connect(self) -> int:
        """Returns the pid of the server."""
        self.ask()
        return self.answer()

    def leave(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.02)  # noqa: TID251
