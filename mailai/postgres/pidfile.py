"""What PostgreSQL's postmaster.pid says about a running server.

Its lines: pid, data folder, start time, port, socket folder, listen address, shared memory, status.
"""

from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

NO_PID = 999_999_999  # above every system's maximum


class Server(NamedTuple):
    host: str  # the folder of the unix socket
    port: str
    pid: int


def running_server(pid_file: Path) -> Server | None:
    """The server, if it is alive and accepts connections."""
    try:
        pid, _, _, port, host, *_, status = pid_file.read_text().splitlines()
    except (FileNotFoundError, ValueError):  # not there, or still being written
        return None
    if status.strip() != "ready" or not _is_postgres(int(pid)):
        return None
    return Server(host, port, int(pid))


def disown_reused_pid(pid_file: Path) -> None:
    """Where the recorded pid now belongs to something else, replaces it by an impossible one.

    PostgreSQL takes any live process of its account with that pid (common in containers) for its running
    server. Without, it relies on its second check: whether the shared memory is still in use.
    """
    with suppress(FileNotFoundError):
        pid, *rest = pid_file.read_text().splitlines() or [""]
        if pid.isdigit() and psutil.pid_exists(int(pid)) and not _is_postgres(int(pid)):
            pid_file.write_text("\n".join([str(NO_PID), *rest, ""]))


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
