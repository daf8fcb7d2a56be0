"""No list of the inbox reads many more rows than it shows, whatever else lies in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from emails.inbox.filters import filters_of
from emails.inbox.listing import PAGE, ids_of, page_of
from emails.inbox.matrix import matrix_of
from emails.models import Email
from tests.bench.many_messages import make_mailbox
from tests.factories import make_user

MESSAGES = 3000


@pytest.fixture
def owner(db):
    """With a mailbox in which every filter finds a part; another user has as much."""
    owner = make_user("owner")
    make_mailbox(make_user("other"), MESSAGES)
    make_mailbox(owner, MESSAGES)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE emails_email")
    return owner


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


# Which of the ways that lead to a row is taken, the planner decides by its guess of how much there is: on tables as
# small as these it is free. What matters is that a way is there.
WAYS = ((), ("enable_bitmapscan",), ("enable_sort", "enable_bitmapscan"))


def most_read(queryset) -> int:
    """The most rows that any scan took up, those that a filter threw away included; by the way that takes fewest."""
    return min(read_by(queryset, ("enable_seqscan", *off)) for off in WAYS)


def read_by(queryset, off: tuple[str, ...]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        for setting in off:
            cursor.execute(f"SET LOCAL {setting} = off")
        read = rows_taken_up(queryset)
        transaction.set_rollback(True)  # with what was set
    return read


def rows_taken_up(queryset) -> int:
    (told,) = json.loads(queryset.explain(analyze=True, format="json"))
    scans = [
        node
        for node in nodes(told["Plan"])
        if "Scan" in node["Node Type"] and "Subquery" not in node["Node Type"]
    ]
    dropped = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return max(
        (node["Actual Rows"] + sum(node.get(name, 0) for name in dropped)) * node["Actual Loops"]
        for node in scans
    )


READS = [  # and how many times as many rows as a page has it may take up
    ({}, 1.1),
    ({"sort": "priority"}, 1.1),
    ({"done": "1"}, 1.1),
    ({"urgency": "3", "importance": "2"}, 1.1),
    ({"urgency": "3", "importance": "2", "sort": "priority"}, 1.1),
    ({"category": "info_only"}, 1.1),
    ({"sender": "sender7@example.com"}, 1.1),
    ({"unread": "1"}, 1.1),
    ({"asks": "1"}, 1.1),
    ({"spam": "1"}, 2),
    ({"since": "2020-01-01"}, 1.1),
    ({"q": "nachricht"}, 1.1),
    ({"q": "zwieback"}, 3),
    (
        {"unread": "1", "category": "info_only"},
        20,
    ),  # by either index, as the planner sees fit; the rest is thrown away
]


def test_a_page_reads_about_what_it_shows(owner):
    much = {}
    for values, factor in READS:
        filters, before = filters_of(values), ""
        for number in range(3):
            emails = filters.of(Email.objects.all(), owner)
            read = most_read(ids_of(emails, filters, before))
            if read > factor * (PAGE + 1) + 12:
                much[f"{values}, page {number}"] = read
            before = page_of(emails, filters, before).before

    assert not much


def test_the_matrix_counts_in_one_statement_what_is_there(owner, django_assert_num_queries):
    with django_assert_num_queries(1):
        counts = [cell.count for line in matrix_of(owner, filters_of({})) for cell in line]

    assert sum(counts) == Email.objects.of(owner).filter(done_at=None, rank_score__gte=0).count()
    assert min(counts) > 0
