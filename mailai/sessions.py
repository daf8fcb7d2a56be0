"""Django's sessions in the database, read with a statement that is not composed anew for every request."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connection

READ = f"SELECT session_data FROM {Session._meta.db_table} WHERE session_key = %s AND expire_date > now()"


def is_key(key: str | None) -> bool:
    """Whether this can be a session's key: a cookie can bring what the database does not even take, such as NUL."""
    return key is not None and key.isascii() and key.isalnum()


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        row = None
        if is_key(self.session_key):
            with connection.cursor() as cursor:
                cursor.execute(READ, [self.session_key])
                row = cursor.fetchone()
        if row is None:
            self._session_key = None  # as Django's own does: a new one is made if something is to be kept
            return {}
        return self.decode(row[0])
