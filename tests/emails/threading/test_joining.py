"""A new message costs the same whatever thread it comes into: counted in rows that the database touched."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emails.models import Email
from emails.threading import jwz
from tests.emails.threading.test_keeping import keep, letter, threads

FEW, MANY = 20, 600
SLACK = 200  # rows: ids are sought, and threads counted, a few dozen rows at a time
TOUCHED = """
    SELECT coalesce(sum(seq_tup_read + idx_tup_fetch + n_tup_upd), 0)
    FROM pg_stat_xact_user_tables WHERE relname = 'emails_email'"""


def rows_touched() -> int:
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED)
        return int(cursor.fetchone()[0])


def thread_of(user: User, size: int, answering: bool) -> None:
    """Among others, a thread of `size` messages that name an id which nobody holds; `answering`: and each its own."""
    keep(user, *(letter(user, f"other{n}") for n in range(100)))
    parents = [f"gone{n}" if answering else "" for n in range(size)]
    emails = [letter(user, f"m{n}", "root", day=n / 100, in_reply_to=parents[n]) for n in range(size)]
    keep(user, *emails)


def cost(user: User, *new: Email) -> tuple[int, int]:
    """Queries that it takes to keep them, and rows that these touch."""
    with connection.cursor() as cursor:
        # A table of a test is new and small: without this it is read from its beginning, which costs nothing there.
        cursor.execute("ANALYZE emails_email; SET LOCAL enable_seqscan = off")
    before = rows_touched()
    with CaptureQueriesContext(connection) as captured:
        keep(user, *new)
    return len(captured), rows_touched() - before


NEW = {
    "an answer to an id that nobody holds": {"references": ["root"]},
    "an answer that names it in In-Reply-To": {"references": [], "in_reply_to": "root"},
    "an answer to the latest": {"references": ["root", "m19"]},
    "an answer to many": {"references": ["root", *(f"m{n}" for n in range(20))]},
    "the root itself, last of all": {"message_id": "root", "references": []},
    "a copy of another's id": {"message_id": "m3", "sender_address": "eve@evil.test", "references": ["root"]},
    "one that ties another thread to it": {"references": ["root", "lonely"]},
    "an answer by its subject": {"references": [], "subject": "Re: m3", "sender_address": "alex@example.org"},
}


@pytest.mark.parametrize("fields", NEW.values(), ids=NEW)
@pytest.mark.parametrize("answering", [False, True], ids=["one parent", "parents that are gone"])
def test_a_long_thread_costs_what_a_short_one_costs(
    user: User, stranger: User, fields: dict[str, Any], answering: bool
) -> None:
    costs = []
    for owner, size in ((user, FEW), (stranger, MANY)):
        keep(owner, letter(owner, "lonely"))
        thread_of(owner, size, answering)
        sent = {"to": [["", "ada@example.com"]]} if fields.get("subject") else {}
        costs.append(cost(owner, letter(owner, "new", day=30, **(fields | sent))))
        assert max(map(len, threads(owner))) >= size + 1

    (few_queries, few_rows), (many_queries, many_rows) = costs
    assert many_queries == few_queries <= 8
    assert many_rows <= few_rows + SLACK


def test_of_one_subject_the_latest_are_looked_at(user: User) -> None:
    asked = {"subject": "Report", "sender_address": "alex@example.org", "to": [["", "ada@example.com"]]}
    others = [
        letter(user, f"o{n}", subject="Report", to=[["", "bob@example.net"]], day=n / 1000)
        for n in range(jwz.SEEN)
    ]
    keep(user, letter(user, "asked", day=-1, **asked), *others)

    _queries, rows = cost(user, letter(user, "answer", subject="Re: Report", day=1))

    assert rows <= jwz.SEEN + 10
    assert ["asked"] in [
        [each.message_id for each in Email.objects.filter(thread_key=key)] for key in keys_of("asked")
    ]


def keys_of(message_id: str) -> list[str]:
    return list(Email.objects.filter(message_id=message_id).values_list("thread_key", flat=True))
