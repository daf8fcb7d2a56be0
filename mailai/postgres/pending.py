"""The migrations that this code has and its database has not had.

A database that is ahead of the code is well: while an update is under way, hosts of the version before go on.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import psycopg
from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.db.migrations.loader import MigrationLoader

from mailai.postgres import direct

TAG = "migrations"  # of the check, which `migrate` leaves out
ADVICE = "Run manage.py migrate first."
NAMED = 5
IS_NEW = "SELECT to_regclass('django_migrations') IS NULL"
APPLIED = "SELECT app, name FROM django_migrations"

Key = tuple[str, str]


def pending(link: psycopg.Connection[Any]) -> list[str]:
    """As app.name, sorted. Raises psycopg.Error."""
    row = link.execute(IS_NEW).fetchone()
    applied = set() if row and row[0] else {(app, name) for app, name in link.execute(APPLIED).fetchall()}
    return sorted(".".join(key) for key in on_disk() - applied if not _is_replaced(key, applied))


@cache
def on_disk() -> frozenset[Key]:
    """By the names of their files: a worker asks, and to load them all takes memory."""
    return frozenset(
        (config.label, name) for config in apps.get_app_configs() for name in _names(config.label)
    )


def check_pending(app_configs: Any = None, databases: Any = None, **_options: Any) -> list[CheckMessage]:
    """For `check --database default`."""
    if not databases:
        return []
    try:
        with direct.connect() as link:
            missing = pending(link)
    except psycopg.Error as error:
        return [Warning(f"The database could not be asked for its migrations: {error}", id="mailai.W020")]
    if not missing:
        return []
    named = ", ".join(missing[:NAMED]) + (f" and {len(missing) - NAMED} more" if len(missing) > NAMED else "")
    return [Warning(f"The database has not had {named}.", hint=ADVICE, id="mailai.W021")]


def _names(label: str) -> list[str]:
    package = _package(label)
    spec = find_spec(package) if package else None
    places = (spec.submodule_search_locations if spec else None) or []
    return [module.name for module in pkgutil.iter_modules(places) if module.name[0] not in "_~"]


def _package(label: str) -> str:
    return str(MigrationLoader.migrations_module(label)[0] or "")


def _is_replaced(key: Key, applied: set[Key]) -> bool:
    """Whether it stands for others that were applied one by one."""
    label, name = key
    replaces = import_module(f"{_package(label)}.{name}").Migration.replaces
    return bool(replaces) and applied.issuperset(tuple(each) for each in replaces)
