"""The figures of the page, in its order, by dotted names: replies know emails, never the reverse."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from emails.figures.figure import Figure
from emails.figures.period import Period

SOURCES = (
    "emails.figures.mail.figure",
    "emails.figures.work.outcomes",
    "emails.figures.work.waiting",
    "emails.figures.usage.answers",
    "emails.figures.usage.usage",
    "replies.figures.drafts",
)
"""Dotted names of `(user, Period) -> Figure | list[Figure]`, each one query of the user's own rows."""


def figures_of(user: Any, period: Period) -> list[Figure]:
    found: list[Figure] = []
    for source in SOURCES:
        made = import_string(source)(user, period)
        found += made if isinstance(made, list) else [made]
    return found
