"""Reads the settings' variables: an empty one counts as not set, and no error tells a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, validate

LOOKS = "It looks like postgres://user:password@host:5432/name."
ENCODE = (
    "If its password holds one of @ : / ? # [ ] %, each must be percent-encoded there: @ as %40, : as %3A, / as %2F, "
    "? as %3F, # as %23, [ as %5B, ] as %5D, % as %25."
)
# Seconds, and milliseconds, after which a server that went without a word is noticed; a unix socket needs none.
GONE = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "tcp_user_timeout": 10_000}


class Environment(Env):
    def _get_value(self, env_key: str, default: Any) -> Any:
        """A line of .env.example that is left as it is means the default."""
        value = super()._get_value(env_key, default)
        return default if isinstance(value, str) and not value.strip() else value

    def database(self, embedded: Path, pooled: bool) -> dict[str, Any]:
        """The database of DATABASE_URL, or else the embedded one in that folder, as Django wants it."""
        database = self.named_database() or {"NAME": "mailai", "EMBEDDED_DATA": str(embedded)}
        database["ENGINE"] = "mailai.postgres"
        options: dict[str, Any] = database.setdefault("OPTIONS", {})
        # Planning a short statement takes Postgres several times as long as running it: it keeps the plans.
        options.update(server_side_binding=True, prepare_threshold=5)
        database["OPTIONS"] = GONE | options
        if pooled:
            # Who waits longer for a connection is refused, as while the database is away (mailai/postgres/outage.py).
            size = {"min_size": 1, "max_size": self.int("MAILAI_DB_POOL", 8)}
            database["OPTIONS"]["pool"] = size | {"timeout": 5, "reconnect_timeout": 1}
        else:
            database["CONN_MAX_AGE"] = None  # a worker keeps its connection between tasks
            database["CONN_HEALTH_CHECKS"] = True
        return database

    def named_database(self) -> dict[str, Any] | None:
        """DATABASE_URL, None without one. Raises ImproperlyConfigured that quotes none of it."""
        address = self.str("DATABASE_URL", "").strip()
        if not address:
            return None
        if "@" in after_authority(address):  # it would be read, as another address
            raise ImproperlyConfigured(f"DATABASE_URL is not a database address. {ENCODE}")
        try:
            database: dict[str, Any] = self.dj_db_url("DATABASE_URL")
        except (EnvError, ValueError, TypeError):
            # None of what was raised: it quotes what it could not read, and that is often a piece of the password.
            raise ImproperlyConfigured(f"DATABASE_URL is not a database address. {LOOKS} {ENCODE}") from None
        if database["ENGINE"] != "django.db.backends.postgresql":
            raise ImproperlyConfigured(
                f"DATABASE_URL must be a postgres:// address: mailai runs on Postgres alone. {LOOKS}"
            )
        if not database["NAME"]:
            raise ImproperlyConfigured(f"DATABASE_URL names no database. {LOOKS}")
        return database

    def trusted_proxies(self) -> int | None:
        """MAILAI_TRUSTED_PROXIES, None if it is not said.

        Raises ImproperlyConfigured where only a variable of before it is set.
        """
        hops = self.int("MAILAI_TRUSTED_PROXIES", None, validate=validate.Range(min=0, max=10))
        if hops is not None:
            return int(hops)
        if self.bool("MAILAI_BEHIND_PROXY", False):
            raise ImproperlyConfigured(
                "MAILAI_BEHIND_PROXY is replaced: set MAILAI_TRUSTED_PROXIES to the number of proxies before this "
                "server, mostly 1. They must set X-Forwarded-For and X-Forwarded-Proto."
            )
        if self.str("MAILAI_IP_META_KEY", "REMOTE_ADDR") != "REMOTE_ADDR":
            raise ImproperlyConfigured(
                "MAILAI_IP_META_KEY is replaced: set MAILAI_TRUSTED_PROXIES to the number of proxies before this "
                "server, mostly 1. The client's address is then taken from X-Forwarded-For."
            )
        return None


def after_authority(address: str) -> str:
    """What follows user, password, host and port, as a reader of the address takes it."""
    _authority, *rest = re.split("[/?#]", address.partition("://")[2], maxsplit=1)
    return "".join(rest)
