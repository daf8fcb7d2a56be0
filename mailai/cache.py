"""A cache in Postgres whose counters are atomic; rates.py makes of it what django-ratelimit counts in.

It uses the database `default` and deliberately joins the caller's transaction: a press is counted in the
transaction that inserts its run, so a refused press is rolled back together with its count. Until that ends,
the counter's row is locked and other presses on the same counter wait. Whoever wants a count to survive a
rollback calls outside a transaction.

Values are what JSON holds; a whole number is a counter. Time is the database's clock. Nothing is evicted:
`prune` removes what has expired.
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache, InvalidCacheKey, memcache_key_warnings
from django.db import connection
from django.db.models.functions import Now

from mailai.postgres.models import CacheEntry

TABLE = CacheEntry._meta.db_table
SET = f"""
    INSERT INTO {TABLE} AS entry (key, value, expires_at)
    VALUES (%s, %s, statement_timestamp() + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""
ADD = f"{SET} WHERE entry.expires_at <= statement_timestamp()"
INCR = f"""
    UPDATE {TABLE} SET value = (value::numeric + %s)::text
    WHERE key = %s AND value ~ '^-?[0-9]+$' AND (expires_at IS NULL OR expires_at > statement_timestamp())
    RETURNING value
"""


def prune() -> int:
    """Deletes expired entries and returns how many. Live ones are never touched."""
    return CacheEntry.objects.expired().delete()[0]


class PostgresCache(BaseCache):
    """Django's cache interface. Raises TypeError for a value that JSON would not give back as it was."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self._store(ADD, key, value, timeout, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._store(SET, key, value, timeout, version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Keeps the expiry. Raises ValueError if the key is missing, expired or not a whole number."""
        with connection.cursor() as cursor:
            cursor.execute(INCR, [int(delta), self.make_and_validate_key(key, version)])
            row = cursor.fetchone()
        if row is None:
            raise ValueError(
                f"No counter under the key {key!r}: it is missing, expired or not a whole number."
            )
        return int(row[0])

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        asked = {self.make_and_validate_key(key, version): key for key in keys}
        found = CacheEntry.objects.live().filter(key__in=asked).values_list("key", "value")
        return {asked[key]: json.loads(value) for key, value in found}

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        seconds = self._seconds(timeout)
        expires_at = None if seconds is None else Now() + timedelta(seconds=seconds)
        return self._live(key, version).update(expires_at=expires_at) > 0

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._live(key, version).delete()[0] > 0

    def clear(self) -> None:
        CacheEntry.objects.all().delete()

    def validate_key(self, key: str) -> None:
        """Refuses what other backends warn of: a failed statement would break the caller's transaction."""
        for warning in memcache_key_warnings(key):
            raise InvalidCacheKey(warning)

    def _store(self, statement: str, key: str, value: Any, timeout: Any, version: int | None) -> bool:
        with connection.cursor() as cursor:
            key = self.make_and_validate_key(key, version)
            cursor.execute(statement, [key, _encode(value), self._seconds(timeout)])
            return cursor.rowcount == 1

    def _seconds(self, timeout: Any) -> float | None:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def _live(self, key: str, version: int | None) -> Any:
        return CacheEntry.objects.live().filter(key=self.make_and_validate_key(key, version))


def _encode(value: Any) -> str:
    try:
        text = json.dumps(value, allow_nan=False)
        faithful = (
            json.loads(text) == value
        )  # a tuple or a key that is a number would come back as something else
    except (TypeError, ValueError):
        faithful = False
    if not faithful:
        raise TypeError(
            f"The cache holds only what JSON gives back unchanged, not this {type(value).__name__}."
        )
    return text
