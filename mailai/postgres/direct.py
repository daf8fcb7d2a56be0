"""A connection of one's own, beside Django's."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connections

DJANGOS_OWN = ("cursor_factory", "context")


def connect(alias: str = "default", **options: Any) -> psycopg.Connection[tuple[Any, ...]]:
    """To the database that Django's settings name, in autocommit mode. Raises psycopg.Error."""
    params = connections[alias].get_connection_params()
    for name in DJANGOS_OWN:
        params.pop(name, None)
    return psycopg.connect(**params | {"autocommit": True} | options)
