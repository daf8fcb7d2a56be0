"""A user goes with all that is theirs: in batches, each a transaction of its own, so that it can go on after any end.

What is theirs is read from the models, so a table that is added later belongs to it without being named here. The
ledger keeps its rows, without the user, their tokens and their runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import CASCADE, Field, Model, QuerySet

from mailai.ai.errors import AIError
from mailai.runs import stopping
from mailai.runs.kinds import Save
from mailai.runs.models import Stage, TaskRun
from mailai.runs.owners import WANTED
from mailai.runs.report import Report
from mailai.runs.rings import remove_left_over
from mailai.runs.transitions import Lost
from mailai.users.leaving import deactivate, end_sessions

BATCH = 100  # rows, some of which are messages with their attachments

Tell = Callable[[int], None]
Fence = Callable[[], None]


class Kept(Exception):
    """This user stays. `code` is "self", "last" (superuser), or "rights" where no superuser asks for it (any more)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def work(run: TaskRun, report: Report) -> Save:
    """The run of a superuser; `params` has the ids of the users. Raises AIError: user_kept, or delete_time where not
    all could be removed in one try."""
    users: list[int] = run.params["users"]
    total = sum(rows.count() for user in users for _field, rows in belongings(user))
    until = time.monotonic() + run.definition.soft_limit
    removed = 0

    def tell(count: int) -> None:
        nonlocal removed
        removed += count
        report.counted(Stage.DELETING, min(removed, total), total)
        another_can = stopping.asked() and run.attempt < run.max_attempts
        if another_can or time.monotonic() >= until:
            raise AIError("delete_time")

    def fence() -> None:
        if not TaskRun.objects.fenced(run).filter(WANTED).select_for_update(no_key=True).exists():
            raise Lost

    for user in users:
        try:
            shut_out(user, run.user_id)
        except Kept as kept:
            raise AIError("user_kept", f"user {user}: {kept.code}") from None
        delete(user, tell, fence)
    return lambda: {"status": "success", "users": users, "rows": removed}


def shut_out(user_id: int, by: int | None = None) -> None:
    """Deactivate who is to be deleted. `by` is the superuser who wants it, None for whoever has the server.

    Raises Kept.     Superusers are looked at one after the other, so that no two of them delete each other.
    """
    with transaction.atomic():
        superusers = User.objects.filter(is_superuser=True, is_active=True).select_for_update().order_by("pk")
        left = {user.pk for user in superusers}
        if user_id == by:
            raise Kept("self")
        if by is not None and by not in left:
            raise Kept("rights")
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            return
        if user.is_superuser and not left - {user_id}:
            raise Kept("last")
        deactivate(user)


def delete(user_id: int, tell: Tell = lambda _count: None, fence: Fence = lambda: None) -> None:
    """Of a user who was shut out. `fence` is asked in the transaction of each batch, `tell` behind it."""
    while remove_left_over():  # nobody who works needs to look at what waited for them
        pass
    for field, rows in belongings(user_id):
        while count := _delete_some(field, rows, fence):
            tell(count)
    end_sessions(user_id)
    with transaction.atomic():
        fence()
        # No row can be added that leads to the user while this lock is held, and none afterwards.
        for user in User.objects.select_for_update().filter(pk=user_id):
            user.delete()
        _rename(user_id)


def belongings(user_id: int) -> Iterator[tuple[Field[Any, Any], QuerySet[Any]]]:
    """What refers to the user itself, with the column that does; what refers to that goes with it."""
    for relation in User._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            field = relation.field  # type: ignore[union-attr]
            yield field, field.model._base_manager.filter(**{field.name: user_id}).order_by()


def _delete_some(field: Field[Any, Any], rows: QuerySet[Any], fence: Fence) -> int:
    with transaction.atomic():
        fence()
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        some = rows.model._base_manager.filter(pk__in=keys)
        if field.remote_field.on_delete is CASCADE:  # type: ignore[union-attr]
            _forget(rows.model, keys)
            some.only("pk").delete()
        else:
            some.update(**{field.name: None})
    return len(keys)


def _forget(model: type[Model], keys: list[Any]) -> None:
    """What operators did with the rows: a log entry names them."""
    about = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=about, object_id__in=[str(key) for key in keys]).delete()


def _rename(user_id: int) -> None:
    """What operators did with the user stays, without the name."""
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=user_id)
    about.update(object_repr=f"user {user_id}", change_message="")
