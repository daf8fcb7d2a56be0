"""ENGINE "mailai.postgres": Django's PostgreSQL on the embedded server in the folder EMBEDDED_DATA."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base, client
from psycopg.errors import DuplicateDatabase, UniqueViolation
from psycopg.sql import SQL, Identifier

from mailai.postgres.account import BIN
from mailai.postgres.initdb import SUPERUSER
from mailai.postgres.pidfile import Server
from mailai.postgres.server import ensure_running

_known: set[tuple[Server, str]] = set()


class DatabaseClient(client.DatabaseClient):
    executable_name = str(BIN / "psql")

    def runshell(self, parameters: Any) -> None:
        self.connection.get_connection_params()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Called before every new connection, with a pool too: the place to see that the server is up."""
        server = ensure_running(Path(self.settings_dict["EMBEDDED_DATA"]))
        self.settings_dict.update(HOST=server.host, PORT=server.port, USER=SUPERUSER)
        name = self.settings_dict["NAME"]
        if name and (server, name) not in _known:  # no name: Django wants the database `postgres`
            _ensure_database(server, name)
            _known.add((server, name))
        return super().get_connection_params()


def _ensure_database(server: Server, name: str) -> None:
    with psycopg.connect(
        host=server.host, port=server.port, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            with suppress(DuplicateDatabase, UniqueViolation):  # another process was first
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
