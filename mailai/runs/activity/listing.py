"""A user's runs, newest first and a page at a time, and what has changed since a page was shown.

Neither results nor streamed text nor mail is read: a list of runs costs the same whatever the runs brought.
"""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.fields.json import KeyTransform
from django.urls import NoReverseMatch

from mailai.postgres import clock
from mailai.runs.activity.filter import Filter
from mailai.runs.kinds import KINDS
from mailai.runs.models import ACTIVE, Status, TaskRun, TaskRunQuerySet
from mailai.runs.rescue import rescue_one

PAGE = 30
MOST = 60  # rows that one page keeps up to date: their names go into the address of the poll
LATE = dt.timedelta(minutes=1)  # by which a row may become visible after a younger one
LOOKS = 3  # overdue runs that one look sees to; the next look takes the next ones
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Row:
    run: TaskRun

    @property
    def about(self) -> str:
        """A message's subject, or the name of a token, an account or a file; "" where it is gone."""
        run: Any = self.run
        return run.subject or run.account_name or run.token_name or (run.files or [""])[0]

    @property
    def further_files(self) -> int:
        """Of an import, beside the first."""
        return len(self.run.files or [""]) - 1  # type: ignore[attr-defined]

    @property
    def is_mail(self) -> bool:
        return self.run.email_id is not None

    @property
    def page(self) -> str:
        """The address of what the run is about, "" where there is none."""
        try:
            return self.run.definition.page_of(self.run) if self.run.kind in KINDS else ""
        except NoReverseMatch:
            return ""

    @property
    def may_repeat(self) -> bool:
        """Whether to offer another start: not where a later run of this kind has been about the same thing."""
        ended = self.run.status in (Status.FAILED, Status.CANCELLED)
        return ended and not self.was_repeated and self.run.kind in KINDS and self.run.definition.repeats

    @property
    def was_repeated(self) -> bool:
        return self.run.followed  # type: ignore[attr-defined]

    @property
    def version(self) -> str:
        """Changes whenever something that the row shows changes."""
        run = self.run
        return checksum(run.status, run.attempt, run.message, run.progress, run.run_at)

    @property
    def seen(self) -> str:
        """How the page names the row, and what it shows of it, when it asks what has changed."""
        return f"{self.run.pk.hex}.{self.version}"


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    before: str
    """The key of the next page, "" on the last."""
    first: bool

    @property
    def newest(self) -> str:
        """The key that newer runs lie before; only the first page shows them."""
        return (write_key(self.rows[0].run) if self.rows else "0_0") if self.first else ""


@dataclass(frozen=True)
class News:
    changed: list[Row]
    fresh: list[Row]
    active: list[TaskRun]
    """Those that the page now shows as active."""
    newest: str
    crowded: bool
    """There are more new runs than the page takes in: they are only told of."""


def page_of(user: AbstractBaseUser | AnonymousUser, wanted: Filter, before: str = "") -> Page:
    """The runs behind the key `before`, newest first. A key that cannot be read is the first page."""
    key = read_key(before)
    runs = wanted.of(runs_of(user))
    if key is not None:
        created_at, pk = key
        runs = runs.filter(created_at__lte=created_at).exclude(created_at=created_at, pk__gte=pk)
    found = look_after(runs.order_by("-created_at", "-pk")[: PAGE + 1])
    more = len(found) > PAGE
    return Page([Row(run) for run in found[:PAGE]], write_key(found[PAGE - 1]) if more else "", key is None)


def news_of(user: AbstractBaseUser | AnonymousUser, wanted: Filter, seen: list[str], newest: str) -> News:
    """What is new to a page that shows the rows `seen` as active, and whose newest run is `newest`."""
    shown = read_seen(seen)
    runs = runs_of(user)
    named = [Row(run) for run in look_after(runs.filter(pk__in=shown))] if shown else []
    changed = [row for row in named if row.version != shown[row.run.pk]]
    active = [row.run for row in named if row.run.is_active]
    key = read_key(newest)
    if key is None:
        return News(changed, [], active, newest, crowded=False)
    late = Q(created_at__gt=key[0] - LATE, status__in=ACTIVE)
    fresh = wanted.of(runs).filter(Q(created_at__gt=key[0]) | late).exclude(pk__in=shown)
    found = list(fresh.order_by("-created_at", "-pk")[: MOST + 1])
    if len(found) + len(shown) > MOST:
        return News(changed, [], active, newest, crowded=True)
    if found and found[0].created_at > key[0]:
        newest = write_key(found[0])
    active += [run for run in found if run.is_active]
    return News(changed, [Row(run) for run in found], active, newest, crowded=False)


def runs_of(user: AbstractBaseUser | AnonymousUser) -> TaskRunQuerySet:
    """With the names of what they are about, and whether a later run of the kind was about the same."""
    later = TaskRun.objects.filter(kind=OuterRef("kind"), created_at__gt=OuterRef("created_at"))
    of_token = later.filter(email=None, token=OuterRef("token"), account=None)
    of_account = later.filter(email=None, account=OuterRef("account"))
    return (
        TaskRun.objects.of(user)
        .defer("params", "partial", "result")
        .annotate(
            subject=F("email__subject"),
            token_name=F("token__name"),
            token_provider=F("token__provider"),
            account_name=F("account__name"),
            files=Case(When(kind="import", then=KeyTransform("files", "params"))),
            followed=Exists(later.filter(email=OuterRef("email")))
            | Q(Q(email=None), Exists(of_token) | Exists(of_account)),
        )
    )


def look_after(runs: TaskRunQuerySet) -> list[TaskRun]:
    """Runs that nobody else ended in time end now, so that the page does not show them as active for ever."""
    found = list(runs)
    overdue = [run for run in found if run.is_overdue][:LOOKS]
    for run in TaskRun.objects.filter(pk__in=[run.pk for run in overdue]) if overdue else ():
        rescue_one(run)
    return list(runs.all()) if overdue else found


def poll_seconds(runs: Iterable[TaskRun]) -> int:
    """Until the next question: soon while something young is under way."""
    youngest = max((run.created_at for run in runs if run.is_active), default=EPOCH)
    return 2 if clock.now() - youngest < dt.timedelta(minutes=1) else 5


def checksum(*values: object) -> str:
    return f"{zlib.crc32(repr(values).encode()):08x}"


def write_key(run: TaskRun) -> str:
    return f"{(run.created_at - EPOCH) // dt.timedelta(microseconds=1)}_{run.pk.hex}"


def read_key(text: str) -> tuple[dt.datetime, uuid.UUID] | None:
    moment, _separator, pk = text.partition("_")
    try:
        return EPOCH + dt.timedelta(microseconds=int(moment)), uuid.UUID(pk.zfill(32))
    except (ValueError, OverflowError):
        return None


def read_seen(names: list[str]) -> dict[uuid.UUID, str]:
    """The version that the page shows of each row. What cannot be read is passed over."""
    shown = {}
    for name in names[:MOST]:
        pk, _separator, version = name.partition(".")
        try:
            shown[uuid.UUID(pk)] = version
        except ValueError:
            continue
    return shown
