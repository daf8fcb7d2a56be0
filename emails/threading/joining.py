"""New messages into the threads that are there, by work that does not grow with these.

All who name an id are in one thread already, so one stored message tells where an id belongs, and a thread of thousands
is one node. Only what takes a thread apart needs all of it; see `parts`.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from emails.models import Email
from emails.parsing.addresses import Address
from emails.threading.jwz import SEEN, WINDOW, Joined, Message, correspond, holds

SOME = (
    50  # rows that are looked at first: those in which ids are sought, and those of a thread that are counted
)

# Who holds an id is whose message came first with it; its answers name it, as a rule, in In-Reply-To.
BY_ID = """
    SELECT named.id, held.thread_key, held.sender_address, held.received_at, held.dedupe_key, answer.thread_key
    FROM unnest(%(ids)s::text[]) AS named (id)
    LEFT JOIN LATERAL (
        SELECT thread_key, sender_address, received_at, dedupe_key FROM emails_email
        WHERE user_id = %(user)s AND message_id = named.id
        ORDER BY received_at, dedupe_key LIMIT 1
    ) AS held ON true
    LEFT JOIN LATERAL (
        SELECT thread_key FROM emails_email
        WHERE user_id = %(user)s AND in_reply_to = named.id AND in_reply_to <> '' AND message_id <> named.id
        LIMIT 1
    ) AS answer ON true
    WHERE held.thread_key IS NOT NULL OR answer.thread_key IS NOT NULL"""
# The ids stand in a subquery so that nothing is known of how common they are: else LIMIT tempts the planner to read the
# whole table until it meets some.
BY_REFERENCES = """
    SELECT thread_key, "references" FROM emails_email
    WHERE user_id = %(user)s AND "references" && (SELECT %(ids)s::varchar[])
    LIMIT %(some)s"""
BY_SUBJECT = """
    SELECT answer.key, earlier.*
    FROM unnest(%(keys)s::text[], %(subjects)s::text[], %(dates)s::timestamptz[]) AS answer (key, subject, date)
    CROSS JOIN LATERAL (
        SELECT dedupe_key, thread_key, sender_address, "to", cc, received_at FROM emails_email
        WHERE user_id = %(user)s AND subject_key = answer.subject
            AND received_at BETWEEN answer.date - %(window)s AND answer.date
            AND (received_at, dedupe_key) < (answer.date, answer.key)
        ORDER BY received_at DESC, dedupe_key DESC LIMIT %(seen)s
    ) AS earlier"""
SIZES = """
    SELECT thread.key, (
        SELECT count(*) FROM (
            SELECT 1 FROM emails_email WHERE user_id = %(user)s AND thread_key = thread.key LIMIT %(limit)s
        ) AS counted
    )
    FROM unnest(%(keys)s::text[]) AS thread (key)"""
RENAME = """
    UPDATE emails_email SET thread_key = (%(to)s::text[])[array_position(%(keys)s::text[], thread_key::text)]
    WHERE user_id = %(user)s AND thread_key = ANY(%(keys)s::text[])"""


@dataclass
class Stored:
    """What is stored of the ids that new messages name or bear."""

    threads: dict[str, str] = field(default_factory=dict)
    """Key of the thread that an id belongs to."""
    holders: dict[str, tuple[tuple[dt.datetime, str], str]] = field(default_factory=dict)
    """Place and sender of who holds an id."""


def look_up(user: Any, messages: Iterable[Message]) -> Stored:
    """Two queries, or a few where ids stand in References alone."""
    ids = {one for message in messages for one in (message.message_id, *message.chain) if one}
    stored = Stored()
    if not ids:
        return stored
    for one, held, sender, date, key, answered in _rows(BY_ID, user=user.pk, ids=list(ids)):
        stored.threads[one] = held or answered
        if held:
            stored.holders[one] = (date, key), sender.casefold()
    left = ids - stored.threads.keys()  # nobody holds them, so nobody names one as their own
    while left:
        rows = _rows(BY_REFERENCES, user=user.pk, ids=list(left), some=SOME)
        if not rows:
            break
        for thread, references in rows:
            stored.threads |= dict.fromkeys(left.intersection(references), thread)
        left -= stored.threads.keys()
    return stored


def parts(user: Any, messages: Iterable[Message], stored: Stored) -> bool:
    """Whether one of them may take a stored thread apart: it had an id of others first, or is what an answer waited for
    that is known by its subject alone."""
    waited = Q()
    for one in messages:
        if one.message_id in stored.holders:
            place, sender = stored.holders[one.message_id]
            if one.place < place and one.sender != sender:
                return True
        if one.subject:
            waited |= Q(subject_key=one.subject, received_at__range=(one.date, one.date + WINDOW))
    return bool(waited) and Email.objects.of(user).filter(waited, answers_by_subject=True).exists()


def join(user: Any, new: Sequence[Email], messages: Sequence[Message], stored: Stored) -> None:
    """Set the key of each of `new`, which `messages` are made of, and give the threads that they join one key."""
    joined = Joined()
    ordered = sorted(messages, key=lambda one: one.place)
    holders: dict[str, str] = {}
    for one in ordered:
        place, sender = stored.holders.get(one.message_id, (one.place, one.sender))
        holders.setdefault(one.message_id, sender if place < one.place else one.sender)
    for one in ordered:
        named = [one.message_id, *one.chain] if holds(one, holders) else one.chain
        for each in named:
            joined.join(f"message {one.key}", f"id {each}")
    for each, thread in stored.threads.items():
        joined.join(f"id {each}", f"thread {thread}")
    threads = set(stored.threads.values())
    for key, other, thread in _by_subject(user, ordered):
        joined.join(f"message {key}", f"thread {thread}" if thread else f"message {other}")
        threads |= {thread} - {""}
    groups: dict[str, set[str]] = defaultdict(set)
    for thread in threads:
        groups[joined.root(f"thread {thread}")].add(thread)
    keys = _merged(user, groups)
    for email in new:
        root = joined.root(f"message {email.dedupe_key}")
        email.thread_key = keys.setdefault(root, secrets.token_hex(32))


def _by_subject(user: Any, ordered: Sequence[Message]) -> Iterator[tuple[str, str, str]]:
    """The key of each new message that answers by its subject alone, with the key of the one that it answers and of the
    thread that this one stands in, empty for a new one."""
    answers = [one for one in ordered if one.subject and one.answers_by_subject]
    earlier: dict[str, list[tuple[Message, str]]] = defaultdict(list)
    if answers:
        keys, dates = [one.key for one in answers], [one.date for one in answers]
        values = {"user": user.pk, "window": WINDOW, "seen": SEEN, "keys": keys, "dates": dates}
        rows = _rows(BY_SUBJECT, subjects=[one.subject for one in answers], **values)
        for answer, key, thread, sender, to, cc, date in rows:
            people = people_of(sender, json.loads(to), json.loads(cc))
            other = Message(key, "", (), "", "", False, sender.casefold(), people, date)
            earlier[answer].append((other, thread))
    for one in answers:
        beside = [
            (other, "") for other in ordered if other.subject == one.subject and other.place < one.place
        ]
        latest = sorted(earlier[one.key] + beside, key=lambda pair: pair[0].place, reverse=True)[:SEEN]
        found = next((pair for pair in latest if correspond(one, pair[0])), None)
        if found and one.date - found[0].date <= WINDOW:
            yield one.key, found[0].key, found[1]


def _merged(user: Any, groups: dict[str, set[str]]) -> dict[str, str]:
    """The key that each group of threads goes by from now on: that of the largest. The others are what is moved."""
    several = [threads for threads in groups.values() if len(threads) > 1]
    sizes = _sizes(user, several)
    keys = {root: max(sorted(threads), key=lambda key: sizes.get(key, 0)) for root, threads in groups.items()}
    moved = {key: keys[root] for root, threads in groups.items() for key in threads if key != keys[root]}
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(RENAME, {"user": user.pk, "keys": list(moved), "to": list(moved.values())})
    return keys


def _sizes(user: Any, groups: Sequence[Iterable[str]]) -> dict[str, int]:
    """How many messages are in each thread, counted no further than it takes to tell the largest of each group."""
    keys = [key for group in groups for key in group]
    limit = SOME
    while keys:
        sizes = dict(_rows(SIZES, user=user.pk, keys=keys, limit=limit))
        if all(sum(sizes[key] >= limit for key in group) <= 1 for group in groups):
            return sizes
        limit *= 4
    return {}


def message_of(email: Email) -> Message:
    return Message(
        key=email.dedupe_key,
        message_id=email.message_id,
        references=tuple(email.references),
        in_reply_to=email.in_reply_to,
        subject=email.subject_key,
        answers_by_subject=email.answers_by_subject,
        sender=email.sender_address.casefold(),
        people=people_of(email.sender_address, email.to, email.cc),
        date=email.received_at,
    )


def people_of(sender: str, to: Iterable[Address], cc: Iterable[Address]) -> frozenset[str]:
    everybody = [sender, *(address for _name, address in (*to, *cc))]
    return frozenset(address.casefold() for address in everybody if address)


def _rows(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
