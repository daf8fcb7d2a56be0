"""What came of the runs that somebody pressed for on a page, as long as they have not seen it."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Case, Count, F, Max, Q, When
from django.db.models.functions import Now
from django.http import HttpRequest

from mailai.postgres import clock
from mailai.runs.activity.listing import Row, checksum, runs_of
from mailai.runs.models import ACTIVE, Status, TaskRun, TaskRunQuerySet

EXPECTS = "expects_news"
RECENT = dt.timedelta(days=1)  # what ended before is in the list of all runs
YOUNG = dt.timedelta(minutes=1)
MOST = 3  # that are shown one by one
MANY = 100  # that are looked at: first what is under way, then the newest


@dataclass(frozen=True)
class Group:
    """A run, or all runs of a batch."""

    batch: int | None
    run: uuid.UUID | None
    active: int
    done: int
    failed: int
    began_at: dt.datetime
    ended_at: dt.datetime | None
    row: Row | None = None

    @property
    def key(self) -> str:
        """Its name on a page: what shows the run, or the batch, has it as `data-run`."""
        return self.run.hex if self.run else f"batch-{self.batch}"


@dataclass(frozen=True)
class Notifications:
    under_way: bool
    seconds: int
    """Until the next question, as long as anything is under way."""
    version: str
    """Changes whenever anything of them does."""
    groups: list[Group]

    def ended(self, user: AbstractBaseUser | AnonymousUser) -> list[Group]:
        """What is to be told, newest first: not a failure that was tried again since."""
        ended = [group for group in self.groups if not group.active]
        keys = [group.run for group in ended if group.run]
        rows = {run.pk: Row(run) for run in runs_of(user).filter(pk__in=keys)} if keys else {}
        told = [replace(group, row=rows.get(group.run) if group.run else None) for group in ended]
        return [group for group in told if group.row is None or not group.row.was_repeated]


def expect(request: HttpRequest) -> None:
    """From now on the pages of this session look for what comes of runs; others do not even ask."""
    if EXPECTS not in request.session:
        request.session[EXPECTS] = True


def notifications_of(user: AbstractBaseUser | AnonymousUser) -> Notifications:
    """One query: a page asks every few seconds."""
    kinds = {"active": ACTIVE, "done": (Status.SUCCEEDED,), "failed": (Status.FAILED,)}
    counts = {name: Count("pk", filter=Q(status__in=statuses)) for name, statuses in kinds.items()}
    found: Any = (
        awaited_by(user)
        .annotate(run=Case(When(batch=None, then=F("pk"))))
        .values("run", "batch")
        .annotate(began_at=Max("created_at"), ended_at=Max("finished_at"), **counts)
        .order_by("-ended_at", "-began_at")
    )
    groups = [Group(**values) for values in found[:MANY]]
    youngest = max((group.began_at for group in groups if group.active), default=None)
    seconds = 3 if youngest and clock.now() - youngest < YOUNG else 10
    said = [(group.key, not group.active and (group.done, group.failed)) for group in groups]
    return Notifications(youngest is not None, seconds, checksum(seconds, said), groups)


def seen(user: AbstractBaseUser | AnonymousUser, runs: list[uuid.UUID], batches: list[int]) -> None:
    """They are told of no more."""
    awaited_by(user).filter(Q(pk__in=runs) | Q(batch__in=batches)).update(awaited=False)


def awaited_by(user: AbstractBaseUser | AnonymousUser) -> TaskRunQuerySet:
    recent = Now() - RECENT
    return (
        TaskRun.objects.of(user).filter(awaited=True, created_at__gt=recent).exclude(status=Status.CANCELLED)
    )


def expected_by(request: HttpRequest) -> dict[str, Any]:
    """For their partial on a page, which asks for nothing where nobody pressed, or all has been seen."""
    if EXPECTS not in request.session:
        return {}
    news = notifications_of(request.user)
    if not news.groups:
        del request.session[EXPECTS]
    return context_of(request, news)


def context_of(request: HttpRequest, news: Notifications | None = None) -> dict[str, Any]:
    """For their partial."""
    news = news or notifications_of(request.user)
    ended = news.ended(request.user)
    return {"news": news, "ended": ended[:MOST], "rest": ended[MOST:]}
