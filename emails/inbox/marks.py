"""Done, seen and tagged: what a user marks, on one message or on many at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Func, QuerySet, Value

from emails.models import Email
from mailai.postgres import clock

MOST_TAGS = 20


def put_away(emails: QuerySet[Email]) -> dt.datetime:
    """Mark as done. Returns the moment, by which exactly these are found again to undo it."""
    moment = clock.now()
    emails.filter(done_at=None).update(done_at=moment)
    return moment


def bring_back(emails: QuerySet[Email]) -> int:
    return emails.filter(done_at__isnull=False).update(done_at=None)


def put_away_at(user: Any, moment: dt.datetime) -> QuerySet[Email]:
    return Email.objects.of(user).filter(done_at=moment)


def see(emails: QuerySet[Email]) -> int:
    return emails.filter(seen_at=None).update(seen_at=clock.now())


def unsee(emails: QuerySet[Email]) -> int:
    return emails.filter(seen_at__isnull=False).update(seen_at=None)


def tag(emails: QuerySet[Email], name: str) -> int:
    """No message gets more than MOST_TAGS, and none twice."""
    room = emails.exclude(user_tags__contains=[name]).filter(user_tags__len__lt=MOST_TAGS)
    fresh = emails.filter(user_tags=[]).update(user_tags=[name])
    return fresh + room.exclude(user_tags=[]).update(
        user_tags=Func(F("user_tags"), Value(name), function="array_append", template=CAST)
    )


def untag(emails: QuerySet[Email], name: str) -> int:
    return emails.filter(user_tags__contains=[name]).update(
        user_tags=Func(F("user_tags"), Value(name), function="array_remove", template=CAST)
    )


CAST = "%(function)s(%(expressions)s::varchar)"
