"""Urgency by importance: how many messages are in each of the nine cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from emails.inbox.filters import Filters
from emails.models import Email, Level


@dataclass(frozen=True)
class Cell:
    urgency: int
    importance: int
    count: int
    query: str
    """The address of the list of what is in it; of the whole list for the one that is chosen."""
    chosen: bool

    @property
    def urgency_label(self) -> str:
        return str(Level(self.urgency).label)

    @property
    def importance_label(self) -> str:
        return str(Level(self.importance).label)


def matrix_of(user: Any, filters: Filters) -> list[list[Cell]]:
    """Rows of falling urgency, each with the cells of rising importance, under all other filters.

    One query, and that of a search.
    """
    whole = Filters(**(vars(filters) | {"urgency": None, "importance": None}))
    emails = whole.of(Email.objects.all(), user).filter(rank_urgency__isnull=False)
    counted = emails.order_by().values_list("rank_urgency", "rank_importance").annotate(count=Count("*"))
    counts = {(urgency, importance): count for urgency, importance, count in counted}
    return [
        [
            _cell(filters, urgency, importance, counts.get((urgency, importance), 0))
            for importance in (1, 2, 3)
        ]
        for urgency in (3, 2, 1)
    ]


def _cell(filters: Filters, urgency: int, importance: int, count: int) -> Cell:
    chosen = (filters.urgency, filters.importance) == (urgency, importance)
    to = {"urgency": None, "importance": None} if chosen else {"urgency": urgency, "importance": importance}
    return Cell(urgency, importance, count, filters.query(**to), chosen)
