"""One line of the inbox: a message, what counts of it, and how its runs stand."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.safestring import SafeString

from emails.inbox.searching import START, marked
from emails.models import Category, Email, Level
from emails.showing.folding import first_words
from mailai.runs.models import TaskRun

SOON = 2  # days before its deadline in which a message is marked
SHOWN = (
    "user_id",
    "subject",
    "sender_name",
    "sender_address",
    "received_at",
    "mine",
    "unreadable",
    "answered_at",
    "seen_at",
    "done_at",
    "user_tags",
    "rank_urgency",
    "rank_importance",
    "rank_score",
    "rank_category",
    "rank_spam",
    "rank_questions",
    "rank_deadline",
)


@dataclass(frozen=True)
class Row:
    email: Email
    words: SafeString
    """The first words, or those around what was searched for."""
    subject: SafeString | str
    has_files: bool
    runs: list[TaskRun]
    """Those under way, and those that failed and were not tried again; one of each kind at most."""

    @property
    def unread(self) -> bool:
        return self.email.seen_at is None and not self.email.mine

    @property
    def analysed(self) -> bool:
        return self.email.rank_score >= 0

    @property
    def score(self) -> float:
        """0 to 1, as emails.effective has it."""
        return round(self.email.rank_score / 6, 2)

    @property
    def category_label(self) -> str:
        return str(Category(self.email.rank_category).label)

    @property
    def urgency_label(self) -> str:
        return str(Level(self.email.rank_urgency or 1).label)

    @property
    def importance_label(self) -> str:
        return str(Level(self.email.rank_importance or 1).label)

    @property
    def overdue(self) -> bool:
        return self._ahead < 0

    @property
    def soon(self) -> bool:
        return self._ahead <= SOON

    @property
    def version(self) -> str:
        """Changes whenever something changes that a run may change of what the row shows."""
        email = self.email
        said = [
            email.rank_score,
            email.rank_category,
            email.rank_spam,
            email.rank_questions,
            email.rank_deadline,
            email.answered_at,
            [(run.kind, run.status) for run in self.runs],
        ]
        return f"{zlib.crc32(repr(said).encode()):x}"

    @property
    def _ahead(self) -> int:
        """Days until the deadline."""
        deadline = self.email.rank_deadline
        return (deadline - timezone.localdate()).days if deadline else SOON + 1


def row_of(email: Email, runs: list[TaskRun]) -> Row:
    """Of a message from emails.inbox.listing.shown."""
    found = getattr(email, "excerpt", "")
    words = found if START in found else first_words(getattr(email, "start", ""))
    subject = getattr(email, "subject_marked", "")
    return Row(
        email,
        marked(words),
        marked(subject) if START in subject else email.subject,
        getattr(email, "has_files", False),
        runs,
    )


def runs_of(email_ids: Iterable[int]) -> dict[int, list[TaskRun]]:
    """Of each message the latest run of every kind that is under way or failed. One query."""
    latest = TaskRun.objects.filter(email_id__in=list(email_ids)).only("email_id", "kind", "status")
    latest = latest.order_by("email_id", "kind", "-created_at").distinct("email_id", "kind")
    found: dict[int, list[TaskRun]] = defaultdict(list)
    for run in latest:
        if run.is_active or run.is_failed:
            found[run.email_id or 0].append(run)
    return found
