"""What a reader of hostile mail can still do after a message has taken it over: answer, and nothing else.

Several walls, one behind another, each of which any process may build for itself: no descriptor is left and no other
can be had, root is given up, Landlock lets it see no file, and seccomp refuses every system call but a few. A system
that lacks one of them, or a container that forbids it, leaves the others standing.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Collection
from contextlib import suppress

from emails.parsing.system_calls import INSTRUCTION, filter_of

NOBODY = 65534  # user and group who own nothing
REHEARSAL = 10  # seconds

# linux/prctl.h
SET_DUMPABLE, SET_SECCOMP, SET_NO_NEW_PRIVS = 4, 22, 38
FILTER = 2
# linux/landlock.h. System calls that are younger than Linux 5.1 have one number on all machines.
CREATE_RULESET, RESTRICT_SELF = 444, 446
VERSION = 1
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many an ABI knows; later ones 16
TCP = 0b11  # from ABI 4: bind, connect
SCOPES = 0b11  # from ABI 6: abstract sockets, signals


class Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h"""

    _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def confine(keep: Collection[int], rehearse: Callable[[], object]) -> list[str]:
    """Shut all doors but the descriptors in `keep`, and return the walls that could not be built: Landlock, seccomp.

    `rehearse` is what the reader does. It is tried first, in a process that is confined in the same way: where it does
    not survive that, as under an emulator that translates system calls, these two are left out. Nothing raises.
    """
    strictly = is_survived(keep, rehearse)
    return shut(keep, strictly)


def is_survived(keep: Collection[int], rehearse: Callable[[], object]) -> bool:
    if sys.platform != "linux":
        return False
    if not (child := os.fork()):
        signal.alarm(REHEARSAL)
        with suppress(BaseException):
            shut(keep, True)
            rehearse()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def shut(keep: Collection[int], strictly: bool) -> list[str]:
    close_all_but(keep)
    give_up_root()
    missing = ["Landlock", "seccomp"]
    libc = ctypes.CDLL(None, use_errno=True) if strictly else None
    if libc:
        libc.prctl(SET_DUMPABLE, 0, 0, 0, 0)  # nobody's debugger, and nothing of ours under /proc
        libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if see_no_file(libc):
            missing.remove("Landlock")
    for name in (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        with suppress(OSError, ValueError):
            resource.setrlimit(name, (0, 0))
    if libc and call_little(libc):
        missing.remove("seccomp")
    return missing


def close_all_but(keep: Collection[int]) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    begin = 0
    for descriptor in (*sorted(keep), most):
        if begin < descriptor:  # of an empty range from 0, CPython closes all
            os.closerange(begin, descriptor)
        begin = descriptor + 1


def give_up_root() -> None:
    """Where there is one, and who else there is: a namespace may know no other user."""
    if os.geteuid() == 0:
        for give_up in (lambda: os.setgroups([]), lambda: os.setgid(NOBODY), lambda: os.setuid(NOBODY)):
            with suppress(OSError):
                give_up()


def see_no_file(libc: ctypes.CDLL) -> bool:
    """Landlock with no rule that allows anything (Documentation/userspace-api/landlock.rst)."""
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)
    if version < 1:
        return False
    files = (1 << FILE_RIGHTS.get(version, 16)) - 1
    handled = [files] + [TCP] * (version >= 4) + [SCOPES] * (version >= 6)
    attributes = struct.pack(f"={len(handled)}Q", *handled)
    ruleset = libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    is_restricted = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(is_restricted)


def call_little(libc: ctypes.CDLL) -> bool:
    instructions = filter_of()
    if not instructions:
        return False
    held = ctypes.create_string_buffer(instructions, len(instructions))
    program = Program(len(instructions) // INSTRUCTION.size, ctypes.addressof(held))
    return bool(libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0)
