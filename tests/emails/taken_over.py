"""What a reader could try once a message has taken it over: run as a program, by test_parsing_confinement.

It lives as `parent`, with a secret in its environment and in a file, forks, and the fork tries every door twice: as
any process, and behind `confine`. What came of it goes to standard output as JSON.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from emails.parsing import confinement, system_calls
from emails.parsing.message import parse

LIBC = ctypes.CDLL(None, use_errno=True)
SET_DUMPABLE = 4
SEIZE, DETACH = 0x4206, 17
PROCESS_VM_READV = {"x86_64": 310, "aarch64": 270}[os.uname().machine]
IO_URING_SETUP, CLONE3, MEMFD_CREATE = 425, 435, {"x86_64": 319, "aarch64": 279}[os.uname().machine]
ORDINARY = 61234  # a user who is not root


def checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def spawned() -> None:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    assert os.waitpid(pid, 0)[1] == 0


def forked() -> None:
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)


def traced(parent: int) -> None:
    checked(LIBC.ptrace(SEIZE, parent, None, None))
    LIBC.ptrace(DETACH, parent, None, None)  # it runs on either way: nobody stopped it


def memory_read(parent: int) -> None:
    class Span(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    mine = ctypes.create_string_buffer(8)
    here = Span(ctypes.addressof(mine), 8)  # what a fork has at an address, its parent has there too
    there = Span(ctypes.addressof(mine), 8)
    count = ctypes.c_ulong(1)
    checked(
        LIBC.syscall(
            PROCESS_VM_READV, parent, ctypes.byref(here), count, ctypes.byref(there), count, ctypes.c_ulong(0)
        )
    )


def connected(kind: int, where: object) -> None:
    with socket.socket(kind) as client:
        client.connect(where)  # type: ignore[arg-type]


def doors(folder: Path, port: int, parent: int) -> dict[str, Callable[[], object]]:
    return {
        "read the secret key": (folder / "secret_key").read_text,
        "read the users": Path("/etc/passwd").read_text,
        "read the parent's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "list a folder": partial(os.listdir, folder),
        "look whether a file is there": partial(os.stat, folder / "secret_key"),
        "write a file": partial((folder / "written").write_bytes, b""),
        "write the secret key": partial((folder / "secret_key").open, "a"),
        "change its mode": partial((folder / "secret_key").chmod, 0o644),
        "rename a file": partial((folder / "spare").rename, folder / "renamed"),
        "remove a file": (folder / "renamed").unlink,
        "connect over the network": partial(connected, socket.AF_INET, ("127.0.0.1", port)),
        "connect to a server's socket file": partial(connected, socket.AF_UNIX, str(folder / "socket")),
        "make a pair of sockets": socket.socketpair,
        "make a pipe": os.pipe,
        "make a file in memory": lambda: checked(LIBC.syscall(MEMFD_CREATE, b"x", 0)),
        "fork": forked,
        "start a program": spawned,
        "signal the parent": partial(os.kill, parent, signal.SIGCONT),
        "trace the parent": partial(traced, parent),
        "read the parent's memory": partial(memory_read, parent),
        "limit the parent": partial(
            resource.prlimit, parent, resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)
        ),
    }


# What a process of another user's could not do in the first place, or would not outlive.
LAST = {
    "become another program": partial(os.execv, "/bin/true", ["true"]),
    "become root": partial(os.setuid, 0),
    "queue work for the kernel": lambda: checked(
        LIBC.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(120))
    ),
    "clone": lambda: checked(LIBC.syscall(CLONE3, ctypes.create_string_buffer(64), ctypes.c_size_t(64))),
}


def tried(doors: dict[str, Callable[[], object]]) -> dict[str, str]:
    """Each with the error that kept it shut, or an empty string."""
    said = {}
    for name, attempt in doors.items():
        try:
            attempt()
            said[name] = ""
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            said[name] = type(error).__name__
    return said


def main(folder: Path, port: int, how: str) -> None:
    if os.geteuid() == 0 and how != "root":
        os.setgroups([])
        os.setgid(ORDINARY)
        os.setuid(ORDINARY)
    LIBC.prctl(SET_DUMPABLE, 1, 0, 0, 0)
    for name in ("secret_key", "spare"):
        (folder / name).touch(0o600)
    if how == "strange":  # the numbers of another machine: what it needs is refused
        for name in ("brk", "mmap"):
            del system_calls.MACHINES[os.uname().machine].calls[name]
    parent = os.getpid()
    if not os.fork():
        free = {} if how == "root" else tried(doors(folder, port, parent))
        (folder / "spare").touch(0o600)
        read = partial(parse, b"Subject: Look\n\n" + b"Good morning. " * 1_000_000)
        missing = confinement.confine((0, 1, 2), read)
        shut = tried(doors(folder, port, parent) | ({} if how == "strange" else LAST))
        said = {"free": free, "missing": missing, "shut": shut, "read": read().subject}
        os.write(1, json.dumps(said).encode())
        os._exit(0)
    with suppress(ChildProcessError):
        os.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
