"""What an IntegrityError is about: one constraint that may be hit says nothing about the others."""

from __future__ import annotations

from django.db import IntegrityError
from psycopg import Error
from psycopg.errors import ForeignKeyViolation


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that was violated; of a column that may not be null, ""."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, Error) else ""


def is_dangling(error: IntegrityError) -> bool:
    """Whether the row that another was to refer to is gone: somebody removed it meanwhile."""
    return isinstance(error.__cause__, ForeignKeyViolation)
