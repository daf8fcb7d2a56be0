"""Behind the reader's walls: what a message that has taken a reader over still finds is nothing."""

from __future__ import annotations

import encodings
import json
import os
import pkgutil
import socket
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings

from emails.parsing import parse
from emails.parsing.charsets import known
from emails.parsing.confinement import CREATE_RULESET, NOBODY, RESTRICT_SELF, SET_SECCOMP
from emails.parsing.contained import Job, Limits, read_all
from emails.parsing.contained.reader import missing_walls
from emails.parsing.system_calls import (
    ALLOW,
    ARCHITECTURE,
    EQUAL,
    FIRST_ARGUMENT,
    GREATER,
    LOAD,
    MACHINES,
    NUMBER,
    Machine,
    program,
)

LIMITS = Limits(seconds=20, cpu_seconds=20)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that another user reaches, too."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o777)
        yield Path(name)


def taken_over(folder: Path, how: str) -> dict[str, Any]:
    with socket.create_server(("127.0.0.1", 0)) as network, socket.socket(socket.AF_UNIX) as file:
        file.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        file.listen()
        said = subprocess.run(
            [sys.executable, "-m", "tests.emails.taken_over", folder, str(network.getsockname()[1]), how],
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
        ).stdout
    return json.loads(said)


@pytest.mark.parametrize("how", ["ordinary", "root"])
def test_every_door_is_shut(folder: Path, how: str) -> None:
    if how == "root" and os.geteuid() != 0:
        pytest.skip("only root can give up root")

    said = taken_over(folder, how)

    assert said["missing"] == []
    assert [door for door, error in said["shut"].items() if not error] == []
    assert said["read"] == "Look"
    if how == "ordinary":  # these are doors: whoever is not shut in goes through
        assert [door for door, error in said["free"].items() if error] == []


def test_a_system_that_does_not_stand_the_filter_reads_mail_without_it(folder: Path) -> None:
    said = taken_over(folder, "strange")

    assert said["missing"] == ["Landlock", "seccomp"]
    assert said["read"] == "Look"
    for door in (
        "read the secret key",
        "read the parent's environment",
        "connect over the network",
        "connect to a server's socket file",
        "fork",
        "start a program",
    ):
        assert said["shut"][door]


def test_a_reader_is_shut_in() -> None:
    assert missing_walls(LIMITS) == []


# Runs a program in which a system call is refused, as a container's profile may do it.
REFUSING = """
import ctypes, errno, os, platform, sys
from emails.parsing.system_calls import *
steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, int(sys.argv[1])), (LOAD, 0, 0, FIRST_ARGUMENT)]
steps += [(EQUAL, 0, 1, int(sys.argv[2]))] if sys.argv[2] != "any" else [(LOAD, 0, 0, FIRST_ARGUMENT)]
steps += [(RETURN, 0, 0, ERROR | errno.EPERM), (RETURN, 0, 0, ALLOW)]
held = ctypes.create_string_buffer(b"".join(INSTRUCTION.pack(*one) for one in steps))
class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(len(steps), ctypes.addressof(held))), 0, 0) == 0
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""
READ = """
from emails.parsing.contained import Job, Limits, read_all
from emails.parsing.confinement import CREATE_RULESET, NOBODY, RESTRICT_SELF, SET_SECCOMP
from emails.parsing.contained.reader import missing_walls
[job] = read_all([Job(b"Subject: Look\\n\\nGood morning.")], Limits(), 1)
print(job.parsed.subject, *missing_walls(Limits()))
"""
CALLS = {"x86_64": {"prctl": 157, "setuid": 105}, "aarch64": {"prctl": 167, "setuid": 146}}[
    os.uname().machine
]


@pytest.mark.parametrize(
    ("call", "argument", "missing"),
    [
        (CALLS["prctl"], SET_SECCOMP, "seccomp"),
        (RESTRICT_SELF, "any", "Landlock"),
        (CREATE_RULESET, "any", "Landlock"),
        (CALLS["setuid"], NOBODY, ""),
    ],
)
def test_a_container_that_refuses_a_wall_reads_mail_behind_the_others(
    call: int, argument: int | str, missing: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSING, str(call), str(argument), "-c", READ],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.split() == ["Look", *missing.split()]
    assert ("This system lacks" in done.stderr) is bool(missing)


def test_check_tells_of_a_wall_that_is_missing() -> None:
    check = ["manage.py", "check", "--deploy", "--tag", "security", "--settings", "mailai.settings"]
    done = subprocess.run(
        [sys.executable, "-c", REFUSING, str(CALLS["prctl"]), str(SET_SECCOMP), *check],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "(mailai.W020) This system lacks seccomp:" in done.stderr


def test_the_filter_lets_through_what_is_listed_and_no_other_call() -> None:
    for machine in MACHINES.values():
        free = [number for number in range(1000) if verdict(machine, number) == ALLOW]
        assert free == sorted(machine.calls.values())
        assert verdict(machine, machine.calls["prlimit64"], argument=4711) != ALLOW
        assert verdict(machine, 0x40000000 | machine.calls["read"]) != ALLOW
        assert verdict(Machine(0x40000003, {}), machine.calls["read"], of=machine) != ALLOW


def verdict(machine: Machine, number: int, argument: int = 0, of: Machine | None = None) -> int:
    """As the kernel carries the program out (bpf(2), classic BPF)."""
    steps, at, value = program(of or machine), 0, 0
    while True:
        code, true, false, operand = steps[at]
        at += 1
        if code == LOAD:
            value = {NUMBER: number, ARCHITECTURE: machine.audit, FIRST_ARGUMENT: argument}[operand]
        elif code in (EQUAL, GREATER):
            at += true if (value == operand if code == EQUAL else value > operand) else false
        else:
            return operand


def test_it_knows_every_charset_and_zone_without_a_file() -> None:
    charsets = [one.name for one in pkgutil.iter_modules(encodings.__path__) if known(one.name)]
    raws = [charset_mail(name) for name in charsets]
    raws += [zone_mail(name) for name in (*sorted(zoneinfo.available_timezones()), *NO_ZONES)]
    assert len(charsets) > 80

    jobs = list(read_all([Job(raw) for raw in raws], LIMITS, 1))

    assert [job.parsed for job in jobs] == [parse(raw) for raw in raws]


NO_ZONES = ("Nowhere/Never", "../../etc/passwd", "/etc/passwd", '"(UTC+01:00) Amsterdam, Berlin"', '"GMT+1"')


def charset_mail(name: str) -> bytes:
    try:
        text = "Grüße привет こんにちは 你好".encode(name, "ignore")
    except LookupError:  # a codec that is no charset, such as base64
        text = b"eJwDAAAAAAE="
    return b"Subject: Look\nContent-Type: text/plain; charset=" + name.encode() + b"\n\n" + text


def zone_mail(name: str) -> bytes:
    event = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID={name}:20310402T090000\nEND:VEVENT\nEND:VCALENDAR\n"
    return (
        b"Subject: Look\nMIME-Version: 1.0\nContent-Type: text/calendar; method=REQUEST\n\n" + event.encode()
    )
