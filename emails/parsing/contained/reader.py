"""A reading child process, seen from its parent. Nothing here waits: `pool` does."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections import deque
from functools import lru_cache
from pathlib import Path
from typing import IO

from emails.parsing import wire
from emails.parsing.contained.job import Job, Limits
from emails.parsing.mime import MAX_HEADER_BYTES
from emails.parsing.parsed import Parsed, Trouble

ROOT = Path(__file__).resolve().parents[3]
PASSED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG")  # and so no secret
PIPE = 1024 * 1024  # bytes that may lie in a pipe, where the system allows it
CHUNK = 1024 * 1024
START = 30.0  # seconds in which a child must have started
GRACE = 2.0  # seconds beyond the child's own limit, which a stopped child does not notice
DEPTH = 100  # messages that one child is sent ahead: what it does while its parent stores a batch
AHEAD = 4 * 1024 * 1024  # bytes of them; one larger message goes alone
ENDED = {-signal.SIGALRM: Trouble.TIMEOUT, -signal.SIGXCPU: Trouble.TIMEOUT}


log = logging.getLogger(__name__)


def missing_walls(limits: Limits) -> list[str]:
    """What a reader on this system has to do without, see emails.parsing.confinement. Raises OSError or ValueError."""
    said = subprocess.run(  # noqa: S603 - our own program
        command(limits),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=START,
        check=False,
    )
    if not (hello := wire.HELLO.match(said.stdout)):
        raise ValueError("it does not start")
    return hello[1].decode().split()


class Reader:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.command = command(limits)
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            bufsize=0,
        )
        self.stdin, self.stdout = (stream.fileno() for stream in self._streams())
        for end in (self.stdin, self.stdout):
            os.set_blocking(end, False)
            with contextlib.suppress(OSError, AttributeError):  # beyond what the system allows one user
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE)
        self.jobs: deque[Job] = deque()
        self.outgoing: deque[memoryview] = deque()
        self.incoming = bytearray()
        self.started = False
        self.since = time.monotonic()  # when the job at hand, or the start, began

    @property
    def room(self) -> bool:
        return len(self.jobs) < DEPTH and sum(len(job.raw) for job in self.jobs) < AHEAD

    @property
    def give_up_at(self) -> float:
        return self.since + ((self.limits.seconds + GRACE) if self.started else START)

    def send(self, job: Job) -> None:
        if not self.jobs and self.started:
            self.since = time.monotonic()
        self.jobs.append(job)
        raw = job.raw if job.whole else job.raw[:MAX_HEADER_BYTES]
        self.outgoing += map(memoryview, wire.request(raw, job.whole))

    def write(self) -> None:
        """Pass on as much as the pipe takes. That nobody reads it any more is noticed by `read`."""
        try:
            while self.outgoing:
                written = os.write(self.stdin, self.outgoing[0][:PIPE])
                self.outgoing[0] = self.outgoing[0][written:]
                if not self.outgoing[0]:
                    self.outgoing.popleft()
        except BlockingIOError:
            return
        except OSError:
            self.outgoing.clear()

    def read(self) -> bool:
        """Take what has come, and finish the jobs that it answers. False when no more will come."""
        alive = True
        try:
            while piece := os.read(self.stdout, CHUNK):
                self.incoming += piece
            alive = False
        except BlockingIOError:
            pass
        except OSError:
            alive = False
        try:
            while self._answer():
                self.since = time.monotonic()
        except (ValueError, TypeError, KeyError, LookupError):  # no reader of ours says that
            self.end()
            return False
        return alive

    def blame(self) -> Trouble | None:
        """Why it ended, once `read` has said so; None for an end that no message caused."""
        self.end(patience=5.0)
        status = self.process.returncode
        return None if status == 0 or not self.started else ENDED.get(status, Trouble.CRASH)

    def end(self, patience: float = 0.0) -> None:
        """Let it end by itself within so many seconds, and kill it after that."""
        self._close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()

    def disown(self) -> None:
        """In a process that was forked from the owner: let go of the pipes, so that the child ends with its owner."""
        self._close()
        self.process.returncode = 0  # it is nobody's child here

    def _close(self) -> None:
        for stream in self._streams():
            stream.close()

    def _streams(self) -> list[IO[bytes]]:
        return [stream for stream in (self.process.stdin, self.process.stdout) if stream]

    def _answer(self) -> bool:
        if not self.started:
            if b"\n" not in self.incoming[: wire.HELLO_BYTES] and len(self.incoming) < wire.HELLO_BYTES:
                return False
            if not (hello := wire.HELLO.match(self.incoming)):
                raise ValueError("not a reader")
            tell_once(", ".join(hello[1].decode().split()))
            del self.incoming[: hello.end()]
            self.started = True
            return True
        if not self.jobs or len(self.incoming) < wire.REPLY.size:
            if self.incoming and not self.jobs:
                raise ValueError("an answer to nothing")
            return False
        said, blobs = wire.REPLY.unpack_from(self.incoming)
        if said + blobs > wire.TOO_MUCH + 2 * len(self.jobs[0].raw):
            raise ValueError("an answer beyond all measure")
        begin, end = wire.REPLY.size, wire.REPLY.size + said + blobs
        if len(self.incoming) < end:
            return False
        with memoryview(self.incoming) as view:
            answer = wire.read_reply(bytes(view[begin : begin + said]), view[begin + said : end])
        del self.incoming[:end]
        self._finish(self.jobs[0], answer)
        if self.jobs[0].done:  # else it is read again, by another one: after trouble this one ends
            self.jobs.popleft()
        return True

    def _finish(self, job: Job, answer: tuple[Parsed, str] | str) -> None:
        if isinstance(answer, str):
            job.fail(Trouble(answer))
        else:
            job.answer(*answer)


def command(limits: Limits) -> list[str]:
    numbers = (limits.seconds, limits.cpu_seconds, limits.memory)
    return [sys.executable, "-m", "emails.parsing.child", *map(str, numbers)]


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED if name in os.environ}


@lru_cache
def tell_once(missing: str) -> None:
    if missing:
        log.warning(
            "This system lacks %s: a message that takes its reader over is held by less than it could be",
            missing,
        )
