"""The thread around a message, as its page shows it: light enough for a thread of hundreds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db.models.functions import Left

from emails.belonging import told_with
from emails.models import Email
from emails.showing.folding import first_words
from emails.threading.keeping import READ, ordered

MOST = 300  # messages of one thread on its page
START = 1000  # characters of each that are looked at for its first words
FEW = 6  # earlier messages that are listed one by one


@dataclass(frozen=True)
class Folded:
    email: Email
    words: str


@dataclass(frozen=True)
class Conversation:
    earlier: list[Folded]
    later: list[Folded]
    left_out: int
    """Messages that are too old to be listed."""

    @property
    def total(self) -> int:
        return 1 + len(self.earlier) + len(self.later) + self.left_out

    @property
    def many(self) -> bool:
        return len(self.earlier) > FEW


def conversation_of(email: Email) -> Conversation:
    """One query, or two where the thread has more than MOST: then it is the newest, and the message in question."""
    thread = Email.objects.filter(user_id=email.user_id, thread_key=email.thread_key)
    found = list(
        thread.only(*READ, "sender_name", "mine", "unreadable")
        .annotate(start=Left("text", START))
        .order_by("-received_at", "-id")[: MOST + 1]
    )
    left_out = 0
    if len(found) > MOST:
        found = [one for one in found if one.pk != email.pk][: MOST - 1]
        left_out = thread.count() - MOST
    at = {one.pk: one for one in found} | {email.pk: email}
    row = ordered(at.values())
    place = next(number for number, one in enumerate(row) if one.pk == email.pk)
    return Conversation(_folded(row[:place]), _folded(row[place + 1 :]), left_out)


def _folded(emails: Sequence[Email]) -> list[Folded]:
    return [Folded(email, first_words(getattr(email, "start", ""))) for email in emails]


@dataclass(frozen=True)
class Record:
    """Which messages were read for an analysis or a draft."""

    others: list[Email]
    """Newest first, those that are still there."""
    read: int
    total: int
    """Others of the thread that were there at the time."""
    withheld: bool = False
    """None of them was read, because who wrote the message, or whom an answer goes to, had no part in them."""


class Result(Protocol):
    """An Analysis, or a Draft."""

    read_ids: list[int]
    created_at: dt.datetime


def record_of(email: Email, result: Result, of_thread: bool = False) -> Record | None:
    """None for a result that says nothing of it. `of_thread`: the work reads the thread where it may."""
    if not result.read_ids:
        return None
    own = Email.objects.filter(user_id=email.user_id)
    others = own.filter(pk__in=result.read_ids[1:]).only(
        "sender_name", "sender_address", "received_at", "mine"
    )
    read = len(result.read_ids) - 1
    thread = own.filter(thread_key=email.thread_key, imported_at__lte=result.created_at).exclude(pk=email.pk)
    total = max(read, thread.count())
    withheld = of_thread and not read and bool(total) and not told_with(email)
    return Record(list(others) if read else [], read, total, withheld)
