"""Many rows in one COPY: large values go as they are, instead of as literals of twice the size in a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, JSONField, Model


def copy(rows: Sequence[Model]) -> None:
    """Insert new rows of one model and set their ids, as `bulk_create` does. Raises what the database says."""
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        cursor.execute(sequence, [model._meta.db_table, len(rows)])
        for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = number
        with (
            connection.wrap_database_errors,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as stream,
        ):
            stream.set_types([_type(field) for field in fields])
            for row in rows:
                stream.write_row([_value(field, row) for field in fields])
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _type(field: Field[Any, Any]) -> str:
    """Its name in PostgreSQL without a length: `varchar(998)[]` is `varchar[]`."""
    name = field.rel_db_type(connection) if field.is_relation else field.db_type(connection)
    head, bracket, rest = (name or "").partition("(")
    return head + (rest.partition(")")[2] if bracket else "")


def _value(field: Field[Any, Any], row: Model) -> Any:
    """As psycopg takes it: Django would make of most values what they are already."""
    value = field.pre_save(row, add=True)
    return field.get_db_prep_save(value, connection) if isinstance(field, ArrayField | JSONField) else value
