"""ENGINE "mailai.postgres": Django's PostgreSQL, with EMBEDDED_DATA on the embedded server in that folder."""

from __future__ import annotations

import select
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client, schema
from psycopg.errors import DuplicateDatabase, UniqueViolation
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

from mailai.postgres import clock
from mailai.postgres.account import BIN
from mailai.postgres.direct import DJANGOS_OWN
from mailai.postgres.initdb import SUPERUSER
from mailai.postgres.outage import PATIENCE, outage
from mailai.postgres.pidfile import Server
from mailai.postgres.server import ensure_running

EMBEDDED = "EMBEDDED_DATA"

_known: set[tuple[Server, str]] = set()


class DatabaseClient(client.DatabaseClient):
    def runshell(self, parameters: Any) -> None:
        if EMBEDDED in self.connection.settings_dict:
            self.executable_name = str(BIN / "psql")
            self.connection.get_connection_params()
        super().runshell(parameters)


class SchemaEditor(schema.DatabaseSchemaEditor):
    """In a transaction, it waits for a lock less long than Postgres does before it looks for a deadlock.

    Of two in each other's way Postgres ends one, which must not be somebody's press; `migrate` tries again.
    """

    def __enter__(self) -> SchemaEditor:
        super().__enter__()
        if self.atomic_migration:
            self.execute("SET LOCAL lock_timeout = '900ms'")
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient
    SchemaEditorClass = SchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        """Called before every new connection, with a pool too: the place to see that the embedded server is up."""
        if EMBEDDED in self.settings_dict:
            self._join(ensure_running(Path(self.settings_dict[EMBEDDED])))
        return super().get_connection_params()

    def _join(self, server: Server) -> None:
        self.settings_dict.update(HOST=server.host, PORT=server.port, USER=SUPERUSER)
        name = self.settings_dict["NAME"]
        if name and (server, name) not in _known:  # no name: Django wants the database `postgres`
            _ensure_database(server, name)
            _known.add((server, name))

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        link: psycopg.Connection[Any] = (
            self._from_pool(conn_params) if self.pool else super().get_new_connection(conn_params)
        )
        if clock.is_due():
            clock.measure(link)
        return link

    def _from_pool(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """None that the server has closed, and none while the server is away."""
        outage.pass_or_raise(self._ask_server)
        link: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while not is_alive(link):
            link.close()
            self.pool.putconn(link)  # which opens another instead
            self._ask_server()  # sooner than the pool would find out that it cannot
            link = super().get_new_connection(self.get_connection_params())
        return link

    def _ask_server(self) -> None:
        """Raises psycopg.Error if the server is away."""
        params = {
            name: value for name, value in self.get_connection_params().items() if name not in DJANGOS_OWN
        }
        try:
            psycopg.connect(**params | {"connect_timeout": PATIENCE}).close()
        except psycopg.Error as error:
            outage.begin(error)
            raise


def is_alive(idle: psycopg.Connection[Any]) -> bool:
    """A server that ends a connection says so at once, so only one where something came in need be asked.

    Asking each of them, as the pool would, makes every request wait for the server once more than it has to.
    """
    arrived = select.poll()
    try:
        arrived.register(idle.fileno(), select.POLLIN)
        if arrived.poll(0):
            ConnectionPool.check_connection(idle)
    except psycopg.Error:
        return False
    return True


def _ensure_database(server: Server, name: str) -> None:
    with psycopg.connect(
        host=server.host, port=server.port, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            with suppress(DuplicateDatabase, UniqueViolation):  # another process was first
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
