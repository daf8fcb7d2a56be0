"""The embedded PostgreSQL: one server per folder, shared by all processes on this machine.

In the folder: `data`, `server.log`, and two locks that the kernel releases when their holder dies.
`start.lock` is held while starting. A share of `users.lock` is held by every process from its first
connection to its end; a forked child has its parent's share. When the last one is gone, keeper.py stops the
server.
"""

import fcntl
import hashlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from django.db import OperationalError

from mailai.postgres.account import BIN, server_account
from mailai.postgres.initdb import initialise
from mailai.postgres.pidfile import Server, disown_reused_pid, running_server

START_TIMEOUT = 60  # seconds; recovery after a crash can take a while
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # every worker process holds some
    "jit": "off",  # short queries only
    "log_checkpoints": "off",
}
# With these the start succeeds a moment later: a killed server's children, or a server on its way up or down.
PASSING = ("still in use", "already exists")

_shares: dict[Path, TextIO] = {}
_joined: dict[Path, tuple[Server, int]] = {}  # and a descriptor of its process


def ensure_running(folder: Path) -> Server:
    """The server of this folder, started if necessary; it stays up until this process has ended.

    Safe from many threads and processes at once. Where it already runs, this costs reading one file, on Linux the
    first time only. Raises OperationalError with one line that names the cause and the log.
    """
    known = _joined.get(folder)
    if known and not _has_ended(known[1]):
        return known[0]
    try:
        server = _join(folder.resolve())
        if hasattr(os, "pidfd_open"):
            _joined[folder] = server, os.pidfd_open(server.pid)
            if known:
                os.close(known[1])
    except (OSError, subprocess.SubprocessError) as error:
        raise _failure(folder, getattr(error, "stderr", None) or str(error)) from error
    return server


def _has_ended(process: int) -> bool:
    ended = select.poll()
    ended.register(process, select.POLLIN)
    return bool(ended.poll(0))


def _join(folder: Path) -> Server:
    _hold_share(folder)
    return running_server(folder / "data" / "postmaster.pid") or _start(folder)


def _hold_share(folder: Path) -> None:
    if folder in _shares:
        return
    folder.mkdir(parents=True, exist_ok=True)
    share = (folder / "users.lock").open("a")
    _acquire(share, fcntl.LOCK_SH)  # waits while a server is being stopped
    if _shares.setdefault(folder, share) is not share:  # another thread was first
        share.close()


def _acquire(lock: TextIO, mode: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            return fcntl.flock(lock, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process has held {lock.name} for {START_TIMEOUT} s") from None
            time.sleep(0.02)  # noqa: TID251 - flock itself knows no deadline


def _start(folder: Path) -> Server:
    pid_file = folder / "data" / "postmaster.pid"
    with _locked(folder / "start.lock"):
        if server := running_server(pid_file):  # another process was first
            return server
        account = server_account(folder)
        initialise(folder / "data", account)
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            disown_reused_pid(pid_file)
            said = _launch(folder, account)
            if server := running_server(pid_file):
                return server
            if time.monotonic() > deadline or not any(words in said for words in PASSING):
                raise _failure(folder, said)
            time.sleep(0.1)  # noqa: TID251 - between attempts, up to the deadline


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        _acquire(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Not left to close(): a child that another thread forks meanwhile has the open file, too.
            fcntl.flock(lock, fcntl.LOCK_UN)


def _launch(folder: Path, account: dict[str, Any]) -> str:
    """Has the keeper start the server. Returns what it logged until it was ready or had exited."""
    data, log = folder / "data", folder / "server.log"
    keeper = [Path(__file__).with_name("keeper.py"), folder / "users.lock", data / "postmaster.pid"]
    postgres = [str(BIN / "postgres"), f"-D{data}", f"-k{_socket_folder(data, account)}", "-p5432"]
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    with log.open("ab") as sink:
        before = sink.tell()
        subprocess.run(  # noqa: S603 - our own programs
            # Without our environment: secrets stay here, and no variable changes what PostgreSQL does.
            [sys.executable, "-IS", *keeper, json.dumps(account), *postgres, *settings],
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # closed by the keeper when there is something to see
            stderr=sink,
            start_new_session=True,  # out of reach of Ctrl-C and of a supervisor that kills its group
            timeout=START_TIMEOUT,
            check=True,
        )
    return log.read_bytes()[before:].decode(errors="replace")


def _socket_folder(data: Path, account: dict[str, Any]) -> Path:
    """The data folder, unless its path is longer than a socket's address may be (104 bytes on macOS)."""
    if len(os.fsencode(data / ".s.PGSQL.5432")) < 100:
        return data
    private = Path(tempfile.gettempdir()) / f"mailai-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
    owner = account.get("user", os.getuid())
    try:
        private.mkdir(mode=0o700)
        os.chown(private, owner, -1)
    except FileExistsError:
        if private.lstat().st_uid != owner:
            raise PermissionError(f"{private} belongs to somebody else") from None
    return private


def _failure(folder: Path, said: str) -> OperationalError:
    lines = said.strip().splitlines() or ["it gave no reason"]
    reason = next((line for line in reversed(lines) if "FATAL:" in line or "error:" in line), lines[-1])
    return OperationalError(
        f"The embedded PostgreSQL did not start: {reason.strip()} (log: {folder / 'server.log'}). "
        "Remove the cause and try again, or set DATABASE_URL to use a server of your own."
    )
