"""Whether this worker's cluster was asked to stop: long work that can go on later then ends as soon as it may."""

from __future__ import annotations

from multiprocessing.sharedctypes import RawValue

# Shared by all processes that are forked from here, without a lock, which a worker that is killed could take along.
_asked = RawValue("b", 0)


def ask() -> None:
    _asked.value = 1


def asked() -> bool:
    return bool(_asked.value)
