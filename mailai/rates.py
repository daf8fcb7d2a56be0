"""Where django-ratelimit counts: our cache, in one statement where it asks any cache twice.

It calls `add` to begin a count and, where one has begun, `incr` to count on or `get` to look at it. Here `add` counts
or looks by itself, and the second question is told what it found. Looking stores nothing.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import connection

from mailai.cache import TABLE, PostgresCache

OVER = "entry.expires_at <= statement_timestamp()"
COUNT = f"""
    INSERT INTO {TABLE} AS entry (key, value, expires_at)
    VALUES (%s, 1, statement_timestamp() + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE SET
        value = CASE WHEN {OVER} THEN '1' ELSE (entry.value::bigint + 1)::text END,
        expires_at = CASE WHEN {OVER} THEN excluded.expires_at ELSE entry.expires_at END
    RETURNING value
"""


class RateCache(PostgresCache):
    """An instance is one thread's, as Django's caches are."""

    _found = ("", 0)  # the key of the last `add`, and its count

    def add(self, key: str, value: int, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Whether the count begins with this: 1 to count, 0 to look."""
        count = self._count(key, timeout, version) if value else super().get(key, 0, version)
        self._found = key, count
        return bool(count == value)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._told(key)

    def get(self, key: str, default: Any = None, version: int | None = None) -> int:
        return self._told(key)

    def _count(self, key: str, timeout: Any, version: int | None) -> int:
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [self.make_and_validate_key(key, version), self._seconds(timeout)])
            return int(cursor.fetchone()[0])

    def _told(self, key: str) -> int:
        found, count = self._found
        if found != key:
            raise ValueError("A count is looked at or counted on right after `add` of the same key.")
        return count
