"""Columns of ciphertext: which there are, what goes in and comes out, and whether the key ring opens them.

A secret is bound to its table, column, row and owner, so the row's id must be known before it is first saved: it is
taken from the table's sequence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db import connection, models
from psycopg import sql

from mailai.ai import keyring
from mailai.postgres import direct

logger = logging.getLogger(__name__)

NEXT = "SELECT nextval(pg_get_serial_sequence(%s, 'id'))"
STORED = "SELECT id, user_id, {column} FROM {table} WHERE {column} <> ''"
ADVICE = "put the former key back behind the new one, or have them entered anew"


class Ciphertext(models.TextField):
    """A column of a model with an `id` and a `user`. To the database, and to migrations, it is text."""

    def deconstruct(self) -> Any:
        name, _path, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options


def seal(row: Any, column: str, secret: str) -> None:
    """Put a secret into the row, which is not saved by this, but has its id and its owner from now on."""
    if row.user_id is None:
        raise ValueError("a secret belongs to its owner: set the user first")
    if row.pk is None:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [row._meta.db_table])
            row.pk = cursor.fetchone()[0]
    table = row._meta.db_table
    setattr(row, column, keyring.encrypt(secret, place(table, column, row.pk, row.user_id)) if secret else "")


def unseal(row: Any, column: str) -> str:
    """In the clear. Raises keyring.Undecryptable, or Misplaced, which is logged: nobody moves secrets by mistake."""
    encrypted = getattr(row, column)
    table = row._meta.db_table
    try:
        return keyring.decrypt(encrypted, place(table, column, row.pk, row.user_id)) if encrypted else ""
    except keyring.Misplaced:
        logger.error(
            "%s.%s of row %s is no secret of this row: it was moved or changed", table, column, row.pk
        )
        raise


def place(table: str, column: str, key: int, owner: int) -> str:
    return f"{table}.{column}.{key}.{owner}"


def rotate() -> tuple[int, list[str]]:
    """Encrypt every secret under the newest key of the ring. Returns how many, and what does not open."""
    rotated, lost = 0, []
    for model, column in columns():
        stored = model._base_manager.exclude(**{column: ""}).order_by("pk")
        for key, owner, encrypted in stored.values_list("pk", "user_id", column):
            try:
                fresh = keyring.rotate(encrypted, place(model._meta.db_table, column, key, owner))
            except keyring.Undecryptable:
                lost.append(f"{model._meta.db_table} {key} ({column})")
            else:
                # Only while the old one still stands: a key was erased, or a password entered, meanwhile.
                current = model._base_manager.filter(pk=key, **{column: encrypted})
                rotated += current.update(**{column: fresh})
    return rotated, lost


def columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, Ciphertext):
                yield model, field.name


def census(link: psycopg.Connection[Any]) -> tuple[int, int, int]:
    """How many secrets are stored, how many of them do not open, and how many are bound to no place."""
    total = lost = unbound = 0
    for model, column in columns():
        names = {"table": sql.Identifier(model._meta.db_table), "column": sql.Identifier(column)}
        for key, owner, encrypted in link.execute(sql.SQL(STORED).format(**names)):
            total, unbound = total + 1, unbound + (not keyring.is_bound(encrypted))
            try:
                keyring.decrypt(encrypted, place(model._meta.db_table, column, key, owner))
            except keyring.Undecryptable:
                lost += 1
    return total, lost, unbound


def problem(link: psycopg.Connection[Any]) -> str:
    """What is wrong with the ring, in words for operators; "" where nothing is. Raises psycopg.Error."""
    total, lost, _unbound = census(link)
    if not lost:
        return ""
    return f"MAILAI_TOKEN_KEYS does not open {lost} of {total} keys and passwords stored in this database: {ADVICE}"


def is_wrong(link: psycopg.Connection[Any]) -> bool:
    """Whether it is another database's ring: a few lost keys are their owners' trouble, most are this host's."""
    total, lost, _unbound = census(link)
    return 2 * lost > total


def tell() -> None:
    """Log it, once at the start of a process. A database that is away is told of elsewhere."""
    with suppress(psycopg.Error), direct.connect() as link:
        if wrong := problem(link):
            logger.error("%s", wrong)


def check(app_configs: Any = None, databases: Any = None, **_options: Any) -> list[CheckMessage]:
    """For `check --database default`."""
    found: list[CheckMessage] = []
    with suppress(psycopg.Error):  # away, or not migrated yet: other checks tell
        if databases:
            with direct.connect() as link:
                wrong, unbound = problem(link), census(link)[2]
            if wrong:
                found.append(Warning(f"{wrong}.", id="mailai.W022"))
            if unbound:
                text = f"{unbound} keys and passwords are stored as an earlier version left them, bound to no row."
                found.append(Warning(text, hint="Run manage.py token rotate.", id="mailai.W023"))
    return found
