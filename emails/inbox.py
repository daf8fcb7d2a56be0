"""The inbox, a page at a time: by key, so that page 2,000 costs what page 1 costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Prefetch, Q

from emails.effective import Effective, effective
from emails.models import Email
from mailai.runs.models import TaskRun

PAGE = 50
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Row:
    email: Email
    effective: Effective | None
    runs: list[TaskRun]
    """Those under way."""


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    after: str
    """The key of the next page, "" on the last."""
    first: bool


def page_of(user: AbstractBaseUser | AnonymousUser, after: str = "") -> Page:
    """The messages behind the key `after`, newest first. A key that cannot be read is the first page."""
    emails = Email.objects.of(user).light().select_related("analysis", "correction")
    key = _read_key(after)
    if key is not None:
        received_at, pk = key
        emails = emails.filter(Q(received_at__lt=received_at) | Q(received_at=received_at, pk__lt=pk))
        emails = emails.filter(received_at__lte=received_at)  # what the index can start from
    active = Prefetch("runs", TaskRun.objects.active().defer("partial", "result"), to_attr="under_way")
    found = list(emails.order_by("-received_at", "-pk").prefetch_related(active)[: PAGE + 1])
    rows = [Row(email, effective(email), email.under_way) for email in found[:PAGE]]
    more = len(found) > PAGE
    return Page(rows, _write_key(found[PAGE - 1]) if more else "", first=key is None)


def _write_key(email: Email) -> str:
    return f"{(email.received_at - EPOCH) // dt.timedelta(microseconds=1)}_{email.pk}"


def _read_key(text: str) -> tuple[dt.datetime, int] | None:
    moment, _separator, pk = text.partition("_")
    try:
        return EPOCH + dt.timedelta(microseconds=int(moment)), int(pk)
    except (ValueError, OverflowError):
        return None
