"""A message on its way into a mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from emails.models import Email
from emails.parsing.contained import Job
from emails.parsing.fingerprint import content_hash


class Outcome(StrEnum):
    IMPORTED = "imported"
    DUPLICATE = "duplicate"
    UNREADABLE = "unreadable"


class Stored(NamedTuple):
    outcome: Outcome
    email: Email
    """Of a duplicate the message that was there before."""


@dataclass
class Arrival(Job):
    """`origin` are columns of Email that the way it came knows better than its text: account, received_at, mine."""

    origin: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str = ""
    stored: Stored | None = None

    def __post_init__(self) -> None:
        self.content_hash = content_hash(self.raw)

    @property
    def done(self) -> bool:
        return self.stored is not None or self.parsed is not None


J = TypeVar("J", bound=Job)


def batches(arrivals: Iterable[J], count: int, size: int) -> Iterator[list[J]]:
    """Lists of at most `count` messages, and of `size` bytes but for the last message of each."""
    batch: list[J] = []
    left = size
    for arrival in arrivals:
        batch.append(arrival)
        left -= len(arrival.raw)
        if len(batch) == count or left <= 0:
            yield batch
            batch, left = [], size
    if batch:
        yield batch
