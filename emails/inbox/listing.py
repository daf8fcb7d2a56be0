"""A page of the inbox: found by key through an index, so that page 2,000 costs what page 1 costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import BooleanField, Exists, F, Func, OrderBy, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Left

from emails.inbox.filters import Filters
from emails.inbox.rows import SHOWN, Row, row_of, runs_of
from emails.inbox.searching import excerpt
from emails.models import Attachment, Email, EmailQuerySet

PAGE = 50
START = 600  # characters of a message that are looked at for its first words
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    before: str
    """The key of the next page, "" on the last."""
    first: bool
    newest: int
    """The id of the user's newest message of all, 0 where no row is shown."""

    @property
    def shown(self) -> str:
        """What the page's poll says that it shows, a row each: "12.3f2a1b.…"."""
        return ".".join(f"{row.email.pk}-{row.version}" for row in self.rows)


def page_of(emails: QuerySet[Email], filters: Filters, before: str = "") -> Page:
    """Of the `emails` that the filters leave, those behind the key `before`. Two queries.

    A key that cannot be read is the first page.
    """
    # The page's ids first: what else is read of a message is read of these alone, in whatever order they were found.
    ids = ids_of(emails, filters, before)
    whole = shown(filters.q).filter(pk__in=ids).order_by(*order_of(filters))
    newest = Email.objects.filter(user_id=OuterRef("user_id")).order_by("-pk").values("pk")[:1]
    found = list(whole.annotate(newest=Subquery(newest)))
    runs = runs_of(email.pk for email in found[:PAGE])
    rows = [row_of(email, runs.get(email.pk, [])) for email in found[:PAGE]]
    more = len(found) > PAGE
    key = write_key(found[PAGE - 1], filters) if more else ""
    first = _read_key(before, filters) is None
    return Page(rows, key, first=first, newest=getattr(found[0], "newest", 0) if found else 0)


def ids_of(emails: QuerySet[Email], filters: Filters, before: str) -> QuerySet[Email, Any]:
    """Those of a page, and one more that tells whether there is another."""
    key = _read_key(before, filters)
    if key is not None:
        emails = emails.filter(Behind(*columns_of(filters), *(Value(part) for part in key)))
    return emails.order_by(*order_of(filters)).values("pk")[: PAGE + 1]


class Behind(Func):
    """Columns and then as many values, compared as rows, which an index can begin from."""

    output_field = BooleanField()
    sign = "<"

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        half = len(parts) // 2
        columns, values = (", ".join(sql for sql, _params in side) for side in (parts[:half], parts[half:]))
        return f"({columns}) {self.sign} ({values})", [param for _sql, params in parts for param in params]


def rows_of(user: AbstractBaseUser | AnonymousUser, ids: Iterable[int]) -> list[Row]:
    """The user's own of `ids`, in no order."""
    found = list(shown().of(user).filter(pk__in=list(ids)))
    runs = runs_of(email.pk for email in found)
    return [row_of(email, runs.get(email.pk, [])) for email in found]


def shown(q: str = "") -> EmailQuerySet:
    """With all that a row shows, and nothing large."""
    files = Exists(Attachment.objects.filter(email_id=OuterRef("pk"), inline=False))
    emails = Email.objects.only(*SHOWN).annotate(has_files=files, start=Left("text", START))
    if q:
        emails = emails.annotate(
            excerpt=excerpt(q), subject_marked=excerpt(q, '"emails_email"."subject"', "HighlightAll=true")
        )
    return emails


def columns_of(filters: Filters) -> tuple[str, ...]:
    # All of one cell have the same score.
    by_score = filters.sort == "priority" and not filters.cell
    return (*(("rank_score",) if by_score else ()), "received_at", "id")


def order_of(filters: Filters) -> list[OrderBy]:
    return [F(name).desc() for name in columns_of(filters)]


def write_key(email: Email, filters: Filters) -> str:
    moment = (email.received_at - EPOCH) // dt.timedelta(microseconds=1)
    score = [email.rank_score] if len(columns_of(filters)) == 3 else []
    return "_".join(str(part) for part in [*score, moment, email.pk])


def _read_key(text: str, filters: Filters) -> list[int | dt.datetime] | None:
    try:
        *score, moment, pk = (int(part) for part in text.split("_"))
        received_at = EPOCH + dt.timedelta(microseconds=moment)
    except (ValueError, OverflowError):
        return None
    if len(score) != len(columns_of(filters)) - 2 or any(abs(number) > 2**62 for number in (*score, pk)):
        return None
    return [*score, received_at, pk]
