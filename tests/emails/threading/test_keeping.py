"""Threads in the database: the same whatever the order and the size of the batches, for one user at a time."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emails.models import Email
from emails.threading.jwz import partition
from emails.threading.keeping import assign, message_of, ordered, rebuild
from tests.factories import make_user

START = dt.datetime(2031, 3, 1, tzinfo=dt.UTC)


def letter(user: User, name: str, *references: str, day: float = 0, **fields: Any) -> Email:
    """Not saved yet: from Ada to Alex, under its name as its id."""
    mark = hashlib.sha256(name.encode()).hexdigest()
    values = {
        "raw": b"",
        "content_hash": mark,
        "dedupe_key": mark,
        "message_id": name,
        "references": list(references),
        "subject": name,
        "sender_address": "ada@example.com",
        "to": [["Alex", "alex@example.org"]],
        "received_at": START + dt.timedelta(days=day),
    }
    return Email(user=user, **(values | fields))


def keep(user: User, *emails: Email) -> None:
    assign(user, emails)
    Email.objects.bulk_create(emails)


def threads(user: User) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for email in Email.objects.of(user):
        found.setdefault(email.thread_key, []).append(email.subject)
    return sorted(map(sorted, found.values()))


def test_it_takes_along_what_came_before_what_it_answers(user: User) -> None:
    keep(user, letter(user, "c", "a", "b", day=2))
    keep(user, letter(user, "d", "b", day=3), letter(user, "other"))
    keep(user, letter(user, "a"))
    assert threads(user) == [["a", "c", "d"], ["other"]]


def test_a_message_that_joins_two_threads_makes_them_one(user: User) -> None:
    keep(user, letter(user, "a"), letter(user, "b", "a"), letter(user, "x"))
    assert len(threads(user)) == 2
    before = Email.objects.get(subject="a").thread_key
    keep(user, letter(user, "z", "x", "b"))
    assert threads(user) == [["a", "b", "x", "z"]]
    assert Email.objects.get(subject="x").thread_key == before  # the larger one kept its key


def test_an_earlier_owner_of_an_id_parts_who_claimed_it_from_its_answers(user: User) -> None:
    keep(user, letter(user, "forged", message_id="a", day=1, sender_address="eve@example.net"))
    keep(user, letter(user, "b", "a", day=2))
    assert threads(user) == [["b", "forged"]]
    keep(user, letter(user, "a"))
    assert threads(user) == [["a", "b"], ["forged"]]


def test_the_subject_finds_the_latest_that_came_in_whenever(user: User) -> None:
    asked = {"subject": "Rent", "sender_address": "alex@example.org", "to": [["", "Ada@example.com"]]}
    keep(user, letter(user, "a", **asked))
    keep(user, letter(user, "r", subject="AW: Rent", day=9))
    assert threads(user) == [["AW: Rent", "Rent"]]
    keep(user, letter(user, "b", day=5, **asked))
    groups = {email.message_id: email.thread_key for email in Email.objects.all()}
    assert groups["r"] == groups["b"] != groups["a"]


def test_users_never_meet(user: User, stranger: User) -> None:
    keep(stranger, letter(stranger, "a"))
    keep(user, letter(user, "b", "a"))
    keep(stranger, letter(stranger, "c", "b"))
    assert threads(user) == [["b"]]
    assert threads(stranger) == [["a"], ["c"]]


def test_a_batch_takes_few_queries(user: User) -> None:
    keep(user, letter(user, "one"), letter(user, "two"), letter(user, "r", subject="Re: one", day=1))
    batch = [letter(user, f"n{n}", "one", "two", f"gone{n}", day=n / 100) for n in range(200)]
    batch += [letter(user, f"s{n}", subject=f"Re: n{n}", day=5) for n in range(50)]
    with CaptureQueriesContext(connection) as captured:
        assign(user, batch)
    assert len(captured) <= 6, [query["sql"][:200] for query in captured]
    assert not [query for query in captured if '"raw"' in query["sql"] or '"text"' in query["sql"]]


def test_it_reads_as_its_tree(user: User) -> None:
    keep(
        user,
        letter(user, "c", "a", day=1),
        letter(user, "a", day=5),
        letter(user, "d", "c", day=2),
        letter(user, "b", "a", day=3),
    )
    assert [email.subject for email in ordered(Email.objects.all())] == ["a", "c", "d", "b"]


IDS = st.sampled_from(["a", "b", "c", "d", "e"])
LETTERS = st.lists(
    st.tuples(
        st.one_of(st.just(""), IDS),
        st.lists(IDS, max_size=3),
        st.one_of(st.just(""), IDS),
        st.sampled_from(["ada@example.com", "eve@example.net", "alex@example.org"]),
        st.sampled_from(["Rent", "Re: Rent", "AW: Hall", "Hall", ""]),
        st.integers(0, 120),
    ),
    max_size=8,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LETTERS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_arrival_changes_nothing(
    user: User, drawn: list[tuple[Any, ...]], chance: Any, size: int
) -> None:
    people = ["ada@example.com", "alex@example.org"]

    def made() -> list[Email]:
        return [
            letter(
                user,
                f"{number} of {drawn}",
                *references,
                message_id=message_id,
                in_reply_to=reply,
                sender_address=sender,
                to=[["", one] for one in people if one != sender],
                subject=subject,
                day=day,
            )
            for number, (message_id, references, reply, sender, subject, day) in enumerate(drawn)
        ]

    Email.objects.all().delete()
    arriving = made()
    chance.shuffle(arriving)
    for at in range(0, len(arriving), size):
        keep(user, *arriving[at : at + size])
    assert grouped(Email.objects.all()) == sorted(
        sorted(one.key for one in thread) for thread in partition(map(message_of, arriving))
    )
    assert rebuild(user) == 0


def grouped(emails: Iterable[Email]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for email in emails:
        found.setdefault(email.thread_key, []).append(email.dedupe_key)
    return sorted(map(sorted, found.values()))


class TestRethread:
    def test_it_threads_stored_mail_anew(self, user: User, stranger: User) -> None:
        keep(user, letter(user, "a"), letter(user, "b", "a"), letter(user, "r", subject="Re: a", day=1))
        keep(stranger, letter(stranger, "a"), letter(stranger, "b", "a"))
        for number, email in enumerate(Email.objects.all()):
            Email.objects.filter(pk=email.pk).update(
                thread_key=str(number), subject_key="", answers_by_subject=False
            )
        call_command("rethread", user=user.username, stdout=(out := StringIO()))
        assert out.getvalue() == "2 messages changed their thread\n"
        assert threads(user) == [["Re: a", "a", "b"]]
        assert len(threads(stranger)) == 2
        call_command("rethread", stdout=StringIO())
        assert len(threads(stranger)) == 1

    def test_it_knows_no_one_else(self, db: None) -> None:
        make_user("alex")
        with pytest.raises(CommandError, match="nobody"):
            call_command("rethread", user="nobody")
