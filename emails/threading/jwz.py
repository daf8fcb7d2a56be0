"""The algorithm itself, over plain values: which messages make one thread, and in which order they stand.

It differs from jwz.org/doc/threading.html in three ways. What belongs together is a question of connection alone, so
that it depends on the set of messages and never on the order of their arrival. An id belongs to the sender whose
message carried it first; who else claims it is not found under it. And the subject joins two messages only where
one names no other message at all, reads as an answer, and stands between the same people within WINDOW.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

WINDOW = dt.timedelta(days=90)
SEEN = 200  # latest messages of one subject among which an answer looks for what it answers


@dataclass(frozen=True)
class Message:
    key: str
    """Its own, which no other message has."""
    message_id: str
    references: tuple[str, ...]
    """Oldest first."""
    in_reply_to: str
    subject: str
    """See emails.threading.subjects: the same for a subject and its answers."""
    answers_by_subject: bool
    """It names no other message, but its subject is that of a reply."""
    sender: str
    """An address in lower case."""
    people: frozenset[str]
    """Addresses of the sender and of all whom it went to, in lower case."""
    date: dt.datetime

    @property
    def place(self) -> tuple[dt.datetime, str]:
        return self.date, self.key

    @property
    def chain(self) -> tuple[str, ...]:
        """The ids that it comes after, oldest first: In-Reply-To counts for less, as RFC 5256 has it."""
        first = () if self.in_reply_to in self.references else (self.in_reply_to,)
        return tuple(one for one in (*first, *self.references) if one and one != self.message_id)


def partition(messages: Iterable[Message]) -> list[list[Message]]:
    """The threads, each by date."""
    ordered = sorted(messages, key=lambda one: one.place)
    holders = holders_of(ordered)
    joined = Joined()
    for one in ordered:
        node = f"message {one.key}"
        if holds(one, holders):
            joined.join(node, f"id {one.message_id}")
        for named in one.chain:
            joined.join(node, f"id {named}")
    for one, other in by_subject(ordered):
        joined.join(f"message {one.key}", f"message {other.key}")
    threads: dict[str, list[Message]] = {}
    for one in ordered:
        threads.setdefault(joined.root(f"message {one.key}"), []).append(one)
    return list(threads.values())


def in_order(thread: Iterable[Message]) -> list[Message]:
    """The messages of one thread as its tree reads from top to bottom: answers after what they answer, else by date."""
    ordered = sorted(thread, key=lambda one: one.place)
    holders = holders_of(ordered)
    by_id: dict[str, Message] = {}
    for one in ordered:
        if holds(one, holders):
            by_id.setdefault(one.message_id, one)
    parents: dict[str, Message] = {}
    for one in ordered:
        link(parents, one, next((by_id[named] for named in reversed(one.chain) if named in by_id), None))
    for one in ordered:
        # What a message says of the order of others counts where those say nothing themselves.
        known = [by_id[named] for named in one.chain if named in by_id]
        for earlier, later in pairwise(known):
            if later.key not in parents and not later.chain:
                link(parents, later, earlier)
    for one, other in by_subject(ordered):
        if one.key not in parents:
            link(parents, one, other)
    return list(walk(ordered, parents))


def holders_of(ordered: list[Message]) -> dict[str, str]:
    """Whose each id is: the sender of the message that came first with it."""
    holders: dict[str, str] = {}
    for one in ordered:
        if one.message_id:
            holders.setdefault(one.message_id, one.sender)
    return holders


def holds(one: Message, holders: dict[str, str]) -> bool:
    """Whether it is found under its id. A list's copy of a message has the same sender, a forgery seldom."""
    return bool(one.message_id) and holders[one.message_id] == one.sender


def by_subject(ordered: list[Message]) -> Iterator[tuple[Message, Message]]:
    """Each message that answers by its subject alone, with the latest one before it that it can answer."""
    earlier: dict[str, list[Message]] = defaultdict(list)
    for one in ordered:
        if one.subject and one.answers_by_subject:
            for other in islice(reversed(earlier[one.subject]), SEEN):
                if one.date - other.date > WINDOW:
                    break
                if correspond(one, other):
                    yield one, other
                    break
        if one.subject:
            earlier[one.subject].append(one)


def correspond(one: Message, other: Message) -> bool:
    """Whether both stand between the same people."""
    if not one.sender or not other.sender:
        return False
    if one.sender == other.sender:
        return bool((one.people & other.people) - {one.sender})
    return one.sender in other.people and other.sender in one.people


def link(parents: dict[str, Message], child: Message, parent: Message | None) -> None:
    """Make `parent` the parent, unless that closed a loop."""
    at = parent
    while at is not None and at.key != child.key:
        at = parents.get(at.key)
    if at is None and parent is not None:
        parents[child.key] = parent


def walk(ordered: list[Message], parents: dict[str, Message]) -> Iterator[Message]:
    children: dict[str, list[Message]] = defaultdict(list)
    for one in ordered:
        parent = parents.get(one.key)
        children[parent.key if parent else ""].append(one)
    todo = children[""][::-1]
    while todo:
        one = todo.pop()
        yield one
        todo += children[one.key][::-1]


class Joined:
    """Sets that only grow together (union-find)."""

    def __init__(self) -> None:
        self.up: dict[str, str] = {}

    def root(self, node: str) -> str:
        path = []
        while (above := self.up.get(node, node)) != node:
            path.append(node)
            node = above
        for passed in path:
            self.up[passed] = node
        return node

    def join(self, one: str, other: str) -> None:
        self.up[self.root(one)] = self.root(other)
