"""Runs the embedded PostgreSQL for as long as any process uses it.

server.py starts this file as a script in its own session, with the standard library alone:

    keeper.py <users.lock> <postmaster.pid> <account as JSON> <postgres command …>

Every process that uses the server holds a share of users.lock, which the kernel takes back when the process
ends, also by kill -9. The keeper asks for the whole lock: when it gets it, nobody is left, and it stops the
server. It closes its stdout as soon as the server accepts connections or has exited; stderr is the log.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO


def main(users_lock: str, pid_file: str, account: str, *command: str) -> None:
    if os.fork():
        os._exit(0)  # the process that starts the server must not have it as a child
    with open(users_lock) as users:
        server = subprocess.Popen(  # noqa: S603 - server.py says which
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, **json.loads(account)
        )
        threading.Thread(target=stop_when_unused, args=(server, users), daemon=True).start()
        while server.poll() is None and not is_ready(Path(pid_file), server.pid):
            time.sleep(0.02)  # noqa: TID251 - PostgreSQL announces that it is ready in this file only
        os.dup2(2, 1)
        server.wait()  # still with the lock: a process that joins meanwhile never meets a stopping server


def stop_when_unused(server: "subprocess.Popen[bytes]", users: TextIO) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)
    server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown


def is_ready(pid_file: Path, pid: int) -> bool:
    try:
        lines = pid_file.read_text().split()
    except FileNotFoundError:
        return False
    return len(lines) > 1 and lines[0] == str(pid) and lines[-1] == "ready"


if __name__ == "__main__":
    main(*sys.argv[1:])
