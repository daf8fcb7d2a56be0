"""Readers that wait for their next message, so that a message costs no process. They end after an idle minute."""

from __future__ import annotations

import atexit
import os
import threading
import weakref

from emails.parsing.contained.job import Limits
from emails.parsing.contained.reader import Reader

MOST = 2  # of one process; threads beyond them start their own

_lock = threading.Lock()
_idle: list[Reader] = []
_known: weakref.WeakSet[Reader] = weakref.WeakSet()


def take(limits: Limits) -> Reader:
    with _lock:
        for reader in reversed(_idle):
            if reader.limits == limits:
                _idle.remove(reader)
                return reader
    reader = Reader(limits)
    _known.add(reader)
    return reader


def give_back(reader: Reader) -> None:
    """Only one that owes no answer."""
    with _lock:
        if len(_idle) < MOST:
            _idle.append(reader)
            return
    reader.end(patience=0.2)


def end_all() -> None:
    while _idle:
        _idle.pop().end(patience=0.2)


def forget() -> None:
    """A forked process has no children of its own yet."""
    global _lock
    _lock = threading.Lock()
    _idle.clear()
    for reader in _known:
        reader.disown()
    _known.clear()


atexit.register(end_all)
os.register_at_fork(after_in_child=forget)
