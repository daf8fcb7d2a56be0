"""How many passwords may be tried: from an address, at an account, and from a browser that the account knows.

An attempt is counted before the password is looked at, and given back when the password was right; so no number of
attempts at the same time, at any number of servers, gets past a limit, and good logins do not count.

A name counts whether or not an account has it, so that nothing tells which do. A stranger can use up an account's limit
and not lock its owner out: who has logged in with this browser before is known by a signed cookie and counts there
alone, neither with the account nor with the address.

What is stored is bounded: a count stands under one of BUCKETS keys of each sort, made with SECRET_KEY so that nobody
can aim at another's. Time is the database's clock.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string, salted_hmac

from mailai.limits import read_rate
from mailai.postgres.models import CacheEntry
from mailai.proxies import network_of

BUCKETS = 65_536
COOKIE = "known_browser"
COOKIE_AGE = 365 * 24 * 3600  # seconds
TABLE = CacheEntry._meta.db_table
OVER = "entry.expires_at <= statement_timestamp()"
COUNT = f"""
    INSERT INTO {TABLE} AS entry (key, value, expires_at)
    VALUES (%s, 1, statement_timestamp() + make_interval(secs => %s))
    ON CONFLICT (key) DO UPDATE SET
        value = CASE WHEN {OVER} THEN '1' ELSE (entry.value::bigint + 1)::text END,
        expires_at = CASE WHEN {OVER} THEN excluded.expires_at ELSE entry.expires_at END
    WHERE {OVER} OR entry.value::bigint < %s
    RETURNING value::bigint, expires_at
"""
WAIT = f"SELECT ceil(extract(epoch FROM expires_at - statement_timestamp()))::int FROM {TABLE} WHERE key = %s"
GIVE_BACK = f"UPDATE {TABLE} SET value = (value::bigint - 1)::text WHERE key = %s AND expires_at = %s"


class Counted(NamedTuple):
    key: str
    until: dt.datetime
    last: bool  # nothing is left of this limit until then


class TooMany(Exception):
    """A limit was reached before; an attempt is free again in `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


def begin(request: HttpRequest, name: str) -> list[Counted]:
    """Count an attempt at the account of this name. Raises TooMany, and then the password must not be looked at."""
    browser = _known(request, name)
    if browser:
        return [_count("browser", browser, settings.MAILAI_LOGIN_RATE)]
    address = network_of(request.META.get("REMOTE_ADDR", ""))
    counted = [_count("address", address, settings.MAILAI_LOGIN_RATE)]
    return [*counted, _count("account", _account(name), settings.MAILAI_LOGIN_ACCOUNT_RATE)]


def give_back(attempt: list[Counted]) -> None:
    """The password was right. A count that has begun anew meanwhile stays as it is."""
    with connection.cursor() as cursor:
        for counted in attempt:
            cursor.execute(GIVE_BACK, [counted.key, counted.until])


def remember(request: HttpRequest, answer: HttpResponse, name: str) -> None:
    """From now on this browser is known to the account, as the one that it is already, if it is."""
    browser = _known(request, name) or get_random_string(16)
    answer.set_signed_cookie(
        COOKIE,
        f"{_account(name)}.{browser}",
        salt=COOKIE,
        max_age=COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest, name: str) -> str:
    """The browser's id, if somebody has logged in to this account with it; else ""."""
    value = request.get_signed_cookie(COOKIE, default="", salt=COOKIE, max_age=COOKIE_AGE) or ""
    account, _, browser = value.partition(".")
    return browser if account == _account(name) else ""


def _account(name: str) -> str:
    """The same for all ways to write a name."""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return salted_hmac("mailai.attempts.account", folded, algorithm="sha256").hexdigest()


def _count(sort: str, value: str, rate: str) -> Counted:
    most, seconds = read_rate(rate)
    digest = salted_hmac("mailai.attempts", f"{sort}:{value}", algorithm="sha256").digest()
    key = f"attempts:{sort}:{int.from_bytes(digest[:8]) % BUCKETS}"
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [key, seconds, most])
        if row := cursor.fetchone():
            return Counted(key, row[1], last=row[0] >= most)
        cursor.execute(WAIT, [key])
        left = cursor.fetchone()
    raise TooMany(max(1, left[0]) if left else 1)  # it may have ended between the two
