"""Which messages an action is about: those that were ticked, all on the page, or all that match."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from emails.inbox.filters import filters_of
from emails.models import Email
from mailai.http import Refused

MOST_IDS = 1000


def selected(user: Any, body: QueryDict) -> QuerySet[Email]:
    """The user's own alone, whatever ids are named. Raises Refused 400 where nothing is."""
    if body.get("all") == "1":
        return filters_of(QueryDict(body.get("query", "").lstrip("?"))).of(Email.objects.all(), user)
    names = body.get("shown", "").split(".") if body.get("page") == "1" else body.getlist("id")
    ids = numbers_of(names)
    if not ids:
        raise Refused(
            400, "nothing_selected", _("No message is selected. Tick one or more, then choose again.")
        )
    return Email.objects.of(user).filter(pk__in=ids)


def numbers_of(names: list[str]) -> list[int]:
    """Ids out of "12" or "12-3f2a", those that are some."""
    heads = [name.partition("-")[0] for name in names[:MOST_IDS]]
    return [int(head) for head in heads if head.isascii() and head.isdigit() and len(head) < 18]


def bounded_count(emails: QuerySet[Email], most: int) -> int:
    """How many there are, counted up to `most` + 1. In an order that has an index, large mailboxes need it."""
    return emails.values("pk")[: most + 1].count()
