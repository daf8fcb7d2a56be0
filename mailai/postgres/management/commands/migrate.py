"""Django's migrate, safe beside a site that is being used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.checks.registry import registry
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import DeadlockDetected, LockNotAvailable

from mailai.postgres import direct
from mailai.postgres.pending import TAG

LOCK_TIMEOUT = "3s"  # less in a transaction, see mailai/postgres/base.py
TRIES = 100
PAUSE = 1.0  # seconds
TURN = 4712  # the advisory lock of whoever migrates
# Left behind by a CREATE INDEX CONCURRENTLY that was broken off; nobody else makes indexes while we have the turn.
BROKEN = """
    SELECT format('%I.%I', space.nspname, class.relname)
    FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid
        JOIN pg_namespace AS space ON space.oid = class.relnamespace
    WHERE NOT index.indisvalid AND space.nspname = current_schema()"""


class Command(migrate.Command):
    """A change of a table waits for whoever uses it, and everybody else waits behind it: so it waits for seconds only
    and then lets them pass, again and again. Where two hosts migrate at a time, the second waits for the first.
    """

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Without the check that says that this command is due."""
        return super().get_check_kwargs(options) | {"tags": registry.tags_available() - {TAG}}

    def handle(self, *args: Any, **options: Any) -> None:
        with self.turn(options["database"]):
            for _try in range(TRIES):
                try:
                    self.once(*args, **options)
                except OperationalError as error:
                    if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                        raise
                else:
                    return
                self.stderr.write("A table is in use. Letting others pass, then trying again.")
                time.sleep(PAUSE)  # noqa: TID251 - those who wait behind us get their turn
        raise CommandError(
            "A table was in use all the time, so nothing more was changed. What was applied stays. Look for long "
            "transactions (pg_stat_activity), then run this command again."
        )

    def once(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
            cursor.execute(BROKEN)
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
        try:
            super().handle(*args, **options)
        finally:
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")

    @contextmanager
    def turn(self, alias: str) -> Iterator[None]:
        """Asked for again and again: a session that waits in a statement would hold up an index that is being made."""
        told = False
        with direct.connect(alias) as link:
            while not _row(link, "SELECT pg_try_advisory_lock(%s)", TURN):
                if not told:
                    self.stderr.write("Another host is migrating. Waiting for it.")
                told = True
                time.sleep(PAUSE)  # noqa: TID251 - see above
            yield


def _row(link: Any, query: str, *values: Any) -> Any:
    return link.execute(query, values).fetchone()[0]
