"""Messages to what they say, in order, by as many children as there is work for."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from emails.parsing.contained import idle
from emails.parsing.contained.job import Job, Limits
from emails.parsing.contained.reader import Reader
from emails.parsing.parsed import Trouble

# Jobs under way or waiting to be taken, which bounds the memory; children have work while a batch is stored.
WINDOW = 400
WINDOW_BYTES = 16 * 1024 * 1024
# How often a message may lose its reader and be read once more: after a crash, and after an end that looks orderly.
CHANCES = {Trouble.CRASH: 1, None: 5}
MOST_FALSE_STARTS = 3

J = TypeVar("J", bound=Job)


class NoReaderError(RuntimeError):
    """A child cannot be started at all: a fault of this installation, not of any message."""


def read_all(jobs: Iterable[J], limits: Limits, most: int) -> Iterator[J]:
    """Each job done, in the order they came; at most `most` children. Nothing that is in a message raises.

    A child that a message ends or stalls is replaced. A message whose child was killed from outside is read once more.
    Raises NoReaderError if no child can be started.
    """
    pool = _Pool(limits, most)
    source = iter(jobs)
    window: deque[J] = deque()
    octets, more = 0, True
    try:
        while more or window:
            while more and len(window) < WINDOW and octets < WINDOW_BYTES:
                with pool.paused():
                    job = next(source, None)
                more = job is not None
                if job is not None:
                    window.append(job)
                    octets += len(job.raw)
                    pool.add(job)
            if window and window[0].done:
                octets -= len(window[0].raw)
                with pool.paused():
                    yield window.popleft()
            elif window:
                pool.turn()
    finally:
        pool.end()


class _Pool:
    def __init__(self, limits: Limits, most: int) -> None:
        self.limits, self.most = limits, most
        self.backlog: deque[Job] = deque()
        self.readers: list[Reader] = []
        self.false_starts = 0

    def add(self, job: Job) -> None:
        if not job.done:
            if job.whole and len(job.raw) > self.limits.size:
                job.trouble, job.whole = Trouble.TOO_LARGE, False
            self.backlog.append(job)
            self.assign()

    def assign(self) -> None:
        while self.backlog:
            free = [reader for reader in self.readers if reader.room]
            if not free and len(self.readers) < self.most:
                free = [idle.take(self.limits)]
                self.readers += free
            if not free:
                break
            reader = min(free, key=lambda one: len(one.jobs))
            reader.send(self.backlog.popleft())
            reader.write()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No clock runs while the caller is busy: nobody listens meanwhile."""
        began = time.monotonic()
        yield
        for reader in self.readers:
            reader.since += time.monotonic() - began

    def turn(self) -> None:
        """Wait for some child to move, and see to all that did."""
        poll = select.poll()
        for reader in self.readers:
            poll.register(reader.stdout, select.POLLIN)
            if reader.outgoing:
                poll.register(reader.stdin, select.POLLOUT)
        busy = [reader.give_up_at for reader in self.readers if reader.jobs]
        poll.poll(max(0.0, min(busy) - time.monotonic()) * 1000 + 1 if busy else 1)
        for reader in list(self.readers):
            reader.write()
            if not reader.read():
                self.replace(reader, reader.blame())
            elif reader.jobs and time.monotonic() > reader.give_up_at:
                reader.end()
                self.replace(reader, Trouble.TIMEOUT if reader.started else None)
        self.assign()

    def replace(self, reader: Reader, trouble: Trouble | None) -> None:
        """A child is gone: blame the job at hand if any is to blame, and give all that it had to others."""
        self.readers.remove(reader)
        self.false_starts = 0 if reader.started else self.false_starts + 1
        if self.false_starts == MOST_FALSE_STARTS:
            raise NoReaderError(
                f"The process that reads mail does not start; it ended with status {reader.process.returncode}. "
                f"Try it: {' '.join(reader.command)}"
            )
        if reader.jobs:
            job = reader.jobs[0]
            job.lost += 1
            if trouble in (Trouble.TIMEOUT, Trouble.MEMORY) or job.lost > CHANCES[trouble]:
                job.fail(trouble or Trouble.CRASH)
        self.backlog.extendleft(reversed([job for job in reader.jobs if not job.done]))
        reader.jobs.clear()

    def end(self) -> None:
        for reader in self.readers:
            if reader.jobs or reader.outgoing or not reader.started:
                reader.end()
            else:
                idle.give_back(reader)
        self.readers.clear()
