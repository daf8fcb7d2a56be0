"""The process that reads hostile mail: `python -m emails.parsing.child SECONDS CPU_SECONDS MEMORY`.

Messages come in on stdin, what they say goes out on stdout, see emails.parsing.wire; before the first one it shuts all
other doors behind itself, see emails.parsing.confinement. It ends when its parent does, by any death, because stdin
then ends; and after IDLE seconds without work.
"""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import sys
from typing import NoReturn

from emails.parsing import wire
from emails.parsing.confinement import confine
from emails.parsing.fingerprint import dedupe_key
from emails.parsing.message import parse, parse_headers
from emails.parsing.parsed import Trouble
from emails.parsing.preloading import preload

IDLE = 60.0  # seconds
REHEARSED = b"""\
From: =?koi8-r?B?98/V?= <vou@example.com>
Date: Tue, 3 Nov 2026 09:58:00 +0100
Subject: =?windows-1252?Q?Gr=FC=DFe?=
Message-ID: <one@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=shift_jis
Content-Transfer-Encoding: quoted-printable

<style>p { color: #333 } .a { display: none }</style><p>Good morning, =82=A0<br>
how are you?<p class=3Da style=3D"color: red">No.<blockquote>Well.</blockquote><a href=3D"https://example.com/">x</a>
--b
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;TZID=Europe/Berlin:20261103T095800
END:VEVENT
END:VCALENDAR
--b
Content-Type: application/pdf; name*=utf-8''a.pdf
Content-Transfer-Encoding: base64

UERG
--b--
"""
EVERY = 1000  # messages after which a fresh process takes over, however flat the memory of this one


def main(seconds: int, cpu_seconds: int, memory: int) -> NoReturn:
    pipe = os.dup(1)
    os.dup2(2, 1)  # nothing that prints can get between the replies
    limit(memory)
    preload()
    answer(
        REHEARSED, True
    )  # what Python loads when something is used for the first time is there from here on
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)  # last words of a crash could carry the message into a log
    missing = confine((0, 1, 2, pipe), lambda: answer(REHEARSED, True))
    write(pipe, [wire.hello(missing)])
    for _ in range(EVERY):
        if not select.select([0], [], [], IDLE)[0]:
            break
        try:
            whole, size = wire.REQUEST.unpack(take(wire.REQUEST.size))
            raw = take(size)
            begin(seconds, cpu_seconds)
            well, pieces = True, answer(raw, whole)
        except MemoryError:
            well, pieces = False, wire.trouble(Trouble.MEMORY)
        except Exception:
            well, pieces = False, wire.trouble(Trouble.CRASH)
        signal.setitimer(signal.ITIMER_REAL, 0)  # the parent takes its time to listen
        write(pipe, pieces)
        if not well:  # after running out of memory nothing is certain
            break
    os._exit(0)


def answer(raw: bytes, whole: bool) -> list[bytes]:
    parsed = parse(raw) if whole else parse_headers(raw)
    return wire.reply(parsed, dedupe_key(parsed, raw) if whole else "")


def limit(memory: int) -> None:
    """Of what it may take, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGPIPE):
        signal.signal(
            number, signal.SIG_DFL
        )  # the kernel ends us, also in the middle of a regular expression
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose end we follow
    gc.freeze()


def begin(seconds: int, cpu_seconds: int) -> None:
    """Start the clocks of one message."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime) + 1 + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_REAL, seconds)


def take(size: int) -> bytes:
    pieces, left = [], size
    while left:
        piece = os.read(0, min(left, 1 << 20))
        if not piece:
            os._exit(0)  # the parent is gone
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def write(pipe: int, pieces: list[bytes]) -> None:
    left = memoryview(b"".join(pieces))
    while left:
        left = left[os.write(pipe, left) :]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
