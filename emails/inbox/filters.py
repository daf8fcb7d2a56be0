"""What a list is narrowed down to: read from its address, written into one, and turned into a condition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dateparse import parse_date

from emails.inbox.searching import MOST_CHARACTERS, searched
from emails.models import Category, Email
from mailai.runs.models import TaskRun

FLAGS = ("unread", "asks", "draft", "failed", "spam", "done")
SORTS = ("date", "priority")
VIEWS = ("list", "matrix")


@dataclass(frozen=True)
class Filters:
    """Each field is a parameter of the address. What makes no sense there is as if it were not there."""

    q: str = ""
    urgency: int | None = None
    importance: int | None = None
    category: str = ""
    sender: str = ""
    account: int | None = None
    tag: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    unread: bool = False
    asks: bool = False
    draft: bool = False
    failed: bool = False
    spam: bool = False
    done: bool = False
    sort: str = "date"
    view: str = "list"

    @property
    def narrow(self) -> bool:
        """Whether anything is left out but what is done."""
        return any(
            getattr(self, field.name) != field.default
            for field in fields(self)
            if field.name not in ("sort", "view")
        )

    @property
    def cell(self) -> bool:
        return self.urgency is not None and self.importance is not None

    def query(self, **changes: Any) -> str:
        """An address's query, "" or beginning with "?"; `changes` are other values of fields, or of `before`."""
        names = {field.name for field in fields(self)}
        changed = replace(self, **{name: value for name, value in changes.items() if name in names})
        values = {
            field.name: _written(getattr(changed, field.name))
            for field in fields(changed)
            if getattr(changed, field.name) != field.default
        }
        values |= {name: str(value) for name, value in changes.items() if name not in names}
        return f"?{urlencode(values)}" if values else ""

    def of(self, emails: QuerySet[Email], user: Any) -> QuerySet[Email]:
        """Those of the user's `emails` that are meant, in no order."""
        emails = emails.filter(user_id=user.pk, done_at__isnull=not self.done)
        for name, column in (("urgency", "rank_urgency"), ("importance", "rank_importance")):
            if getattr(self, name) is not None:
                emails = emails.filter(**{column: getattr(self, name)})
        if self.category:
            emails = emails.filter(rank_category=self.category)
        if self.sender:
            emails = emails.alias(address=Lower("sender_address")).filter(address=self.sender)
        if self.account is not None:
            emails = emails.filter(account_id=self.account)
        if self.tag:
            emails = emails.filter(user_tags__contains=[self.tag])
        if self.since:
            emails = emails.filter(received_at__gte=_midnight(self.since))
        if self.until:
            emails = emails.filter(received_at__lt=_midnight(self.until + dt.timedelta(days=1)))
        if self.unread:
            emails = emails.filter(seen_at=None, mine=False)
        if self.asks:
            emails = emails.filter(rank_asks=True, answered_at=None)
        if self.draft:
            emails = emails.filter(pk__in=Email.objects.filter(drafts__user_id=user.pk).values("pk"))
        if self.failed:
            emails = emails.filter(pk__in=_failed(user))
        if self.spam:
            emails = emails.filter(rank_spam=True)
        if self.q:
            emails = searched(emails, self.q, user.pk)
        return emails


def filters_of(values: Mapping[str, str]) -> Filters:
    """Never raises, whatever somebody typed into the address."""
    level = ("1", "2", "3")
    account = values.get("account", "")
    return Filters(
        q=_text(values, "q", MOST_CHARACTERS),
        urgency=int(values["urgency"]) if values.get("urgency") in level else None,
        importance=int(values["importance"]) if values.get("importance") in level else None,
        category=values["category"] if values.get("category") in Category.values else "",
        sender=_text(values, "sender", 320).lower(),
        account=int(account) if account.isascii() and account.isdigit() and len(account) < 18 else None,
        tag=_text(values, "tag", 40),
        since=_date(values.get("since", "")),
        until=_date(values.get("until", "")),
        sort=values["sort"] if values.get("sort") in SORTS else "date",
        view=values["view"] if values.get("view") in VIEWS else "list",
        **{name: values.get(name) == "1" for name in FLAGS},
    )


def _failed(user: Any) -> QuerySet[TaskRun, Any]:
    """Messages of which the latest run of a kind failed."""
    later = TaskRun.objects.filter(
        email_id=OuterRef("email_id"), kind=OuterRef("kind"), created_at__gt=OuterRef("created_at")
    )
    failed = TaskRun.objects.filter(user_id=user.pk, status="failed", email__isnull=False)
    return failed.filter(~Exists(later)).values("email_id")


def _written(value: Any) -> str:
    return "1" if value is True else str(value)


def _text(values: Mapping[str, str], name: str, longest: int) -> str:
    text = values.get(name, "").replace("\x00", "").strip()[:longest]
    return text.encode("utf-8", "replace").decode()  # a lone surrogate is no text to the database


def _date(text: str) -> dt.date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and dt.date(1970, 1, 2) <= day <= dt.date(9998, 12, 30) else None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
