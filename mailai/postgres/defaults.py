"""The base of our models: a column with a default in Python has it in the database as well.

While an update is under way, two versions of the code write to one database. The one that does not know a column leaves
it out of its INSERT, which fails where the column is NOT NULL and has its default in Python alone.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import NOT_PROVIDED, Field
from django.db.models.base import ModelBase
from django.db.models.functions import Now
from django.utils import timezone

from mailai.postgres import clock


class WithDefaults(ModelBase):
    """Completes the fields of a class's body before Django makes columns of them, so migrations carry the defaults."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **options: Any) -> Any:
        for value in attrs.values():
            if isinstance(value, Field) and not (value.null or value.primary_key or value.is_relation):
                complete(value)
        return super().__new__(cls, name, bases, attrs, **options)


class Model(models.Model, metaclass=WithDefaults):
    class Meta:
        abstract = True


def complete(field: Field[Any, Any]) -> None:
    """Set the field's `db_default` from its default; what is now for Python is the database's own now."""
    if field.has_db_default():
        return
    stamps = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if stamps or field.default in (timezone.now, clock.now):
        field.db_default = Now()
    elif field.default is not NOT_PROVIDED:
        field.db_default = field.default() if callable(field.default) else field.default
