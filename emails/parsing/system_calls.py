"""Which system calls a reader may make once it reads: numbers of Linux, and the filter that lets them through.

The filter is a program of classic BPF (seccomp(2), Documentation/userspace-api/seccomp_filter.rst). What it does not
know it refuses with an error, so that a C library that asks for something new takes its older way.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

# Memory, time, the two pipes, the end, and the clocks of a message. No file, socket, process, signal or other process.
X86_64 = {
    "read": 0,
    "write": 1,
    "close": 3,
    "fstat": 5,
    "poll": 7,
    "lseek": 8,
    "mmap": 9,
    "mprotect": 10,
    "munmap": 11,
    "brk": 12,
    "rt_sigaction": 13,
    "rt_sigprocmask": 14,
    "rt_sigreturn": 15,
    "readv": 19,
    "writev": 20,
    "select": 23,
    "sched_yield": 24,
    "mremap": 25,
    "madvise": 28,
    "nanosleep": 35,
    "setitimer": 38,
    "getpid": 39,
    "exit": 60,
    "gettimeofday": 96,
    "getrlimit": 97,
    "getrusage": 98,
    "sysinfo": 99,
    "sigaltstack": 131,
    "setrlimit": 160,
    "gettid": 186,
    "time": 201,
    "futex": 202,
    "restart_syscall": 219,
    "clock_gettime": 228,
    "clock_nanosleep": 230,
    "exit_group": 231,
    "pselect6": 270,
    "ppoll": 271,
    "set_robust_list": 273,
    "prlimit64": 302,
    "getrandom": 318,
    "rseq": 334,
}
AARCH64 = {
    "close": 57,
    "lseek": 62,
    "read": 63,
    "write": 64,
    "readv": 65,
    "writev": 66,
    "pselect6": 72,
    "ppoll": 73,
    "fstat": 80,
    "exit": 93,
    "exit_group": 94,
    "futex": 98,
    "set_robust_list": 99,
    "nanosleep": 101,
    "setitimer": 103,
    "clock_gettime": 113,
    "clock_nanosleep": 115,
    "sched_yield": 124,
    "restart_syscall": 128,
    "sigaltstack": 132,
    "rt_sigaction": 134,
    "rt_sigprocmask": 135,
    "rt_sigreturn": 139,
    "getrlimit": 163,
    "setrlimit": 164,
    "getrusage": 165,
    "gettimeofday": 169,
    "getpid": 172,
    "gettid": 178,
    "sysinfo": 179,
    "brk": 214,
    "munmap": 215,
    "mremap": 216,
    "mmap": 222,
    "mprotect": 226,
    "madvise": 233,
    "prlimit64": 261,
    "getrandom": 278,
    "rseq": 293,
}
NEWEST = 462  # mseal of Linux 6.10: what came after is not refused but unknown


@dataclass(frozen=True)
class Machine:
    audit: int
    """AUDIT_ARCH_… of linux/audit.h"""
    calls: dict[str, int]


MACHINES = {"x86_64": Machine(0xC000003E, X86_64), "aarch64": Machine(0xC00000B7, AARCH64)}

# linux/bpf_common.h and linux/seccomp.h
LOAD, EQUAL, GREATER, RETURN = 0x20, 0x15, 0x25, 0x06
ALLOW, ERROR = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
INSTRUCTION = struct.Struct("=HBBI")


def filter_of(machine: str = "") -> bytes:
    """The program for this machine, or for the one named; empty for one whose numbers are not here."""
    kind = MACHINES.get(machine or platform.machine())
    return b"".join(INSTRUCTION.pack(*one) for one in program(kind)) if kind else b""


def program(machine: Machine) -> list[tuple[int, int, int, int]]:
    """(code, steps over if true, steps over if false, value) of each instruction."""
    freely = [number for name, number in machine.calls.items() if name != "prlimit64"]
    count = len(freely)
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, count + 5, machine.audit),  # another set of numbers, as of 32 bits: refused
        (LOAD, 0, 0, NUMBER),
        (GREATER, count + 5, 0, NEWEST),
        *((EQUAL, count - at + 3, 0, number) for at, number in enumerate(freely)),
        (EQUAL, 0, 2, machine.calls["prlimit64"]),
        (
            LOAD,
            0,
            0,
            FIRST_ARGUMENT,
        ),  # of whom: oneself is 0, and a process id has no more than these 32 bits
        (EQUAL, 1, 0, 0),
        (RETURN, 0, 0, ERROR | errno.EPERM),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ERROR | errno.ENOSYS),
    ]
