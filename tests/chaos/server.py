"""A PostgreSQL of the test's own, which may be killed at any moment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from mailai.postgres.account import BIN, server_account
from mailai.postgres.initdb import SUPERUSER, initialise


class Server:
    """In a folder whose path must be short: a socket's address may have 104 bytes."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.address = f"postgres://{SUPERUSER}@/chaos?host={quote(str(self.data), safe='')}&port=5432"
        self._account = server_account(folder)

    def start(self) -> None:
        initialise(self.data, self._account)
        options = f"-k {self.data} -p 5432 -c listen_addresses= -c max_connections=200 -c jit=off"
        self._control("start", "-o", options, "-l", str(self.data / "server.log"))

    def kill(self) -> None:
        """All of its processes end at once; the next start recovers from the log."""
        self._control("stop", "-m", "immediate")

    def _control(self, *command: str) -> None:
        subprocess.run(
            [BIN / "pg_ctl", "-D", self.data, "-w", "-t", "60", *command],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            **self._account,
        )
