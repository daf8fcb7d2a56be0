"""Threads in the database: `thread_key` is kept right as messages come in, in any order and many at a time."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from emails.models import Email
from emails.threading.joining import join, look_up, message_of, parts
from emails.threading.jwz import WINDOW, in_order, partition
from emails.threading.subjects import base_subject, subject_key

READ = (
    "user_id",
    "dedupe_key",
    "thread_key",
    "message_id",
    "in_reply_to",
    "references",
    "subject_key",
    "answers_by_subject",
    "sender_address",
    "to",
    "cc",
    "received_at",
)
ROWS = 1000  # in one UPDATE


def assign(user: Any, new: Sequence[Email]) -> None:
    """Put messages that are about to be saved into their threads, and join or part the stored threads that they touch.

    Call it inside the transaction that saves `new`, while the user's mailbox is locked. It takes a few queries, however
    many are new, and as a rule the same work whatever is there. Whole threads are read only where some of `new` may
    part what they show not to belong together, or are stored already and named others before.
    """
    for email in new:
        describe(email)
    messages = list(map(message_of, new))
    known = look_up(user, messages)
    if all(email.pk is None for email in new) and not parts(user, messages, known):
        join(user, new, messages, known)
        return
    keys = touched(user, new)
    stored = list(Email.objects.of(user).filter(thread_key__in=keys).only(*READ)) if keys else []
    regroup(stored, new)


def rebuild(user: Any) -> int:
    """Thread all of a user's mail anew, and say how many messages changed. The caller locks the mailbox."""
    stored = list(Email.objects.of(user).only(*READ, "subject"))
    changed = []
    for email in stored:
        before = email.subject_key, email.answers_by_subject
        describe(email)
        if before != (email.subject_key, email.answers_by_subject):
            changed.append(email)
    Email.objects.bulk_update(changed, ["subject_key", "answers_by_subject"], batch_size=ROWS)
    return regroup(stored, [])


def ordered(emails: Iterable[Email]) -> list[Email]:
    """One thread's messages as its tree reads; they need the columns of READ."""
    by_key = {email.dedupe_key: email for email in emails}
    return [by_key[one.key] for one in in_order(map(message_of, by_key.values()))]


def describe(email: Email) -> None:
    """What the columns for the last resort say: the subject that counts, and whether it is all there is to go by."""
    named = bool(email.references or email.in_reply_to)
    email.subject_key = subject_key(email.subject)
    email.answers_by_subject = bool(email.subject_key) and not named and base_subject(email.subject)[1]


def touched(user: Any, new: Sequence[Email]) -> list[str]:
    """The threads that have to do with the new messages: by an id that both name, or by the subject."""
    mine = Email.objects.of(user).order_by().values_list("thread_key", flat=True)
    found: list[QuerySet[Email, str]] = []
    ids = {one for email in new for one in (email.message_id, email.in_reply_to, *email.references) if one}
    if ids:
        found += [
            mine.filter(message_id__in=ids),
            mine.filter(in_reply_to__in=ids).exclude(in_reply_to=""),
            mine.filter(references__overlap=list(ids)),
        ]
    titled = [email for email in new if email.subject_key]
    if titled:
        # Answers that came before what they answer.
        first, last = min(email.received_at for email in titled), max(email.received_at for email in titled)
        subjects = {email.subject_key for email in titled}
        waiting = mine.filter(answers_by_subject=True, subject_key__in=subjects)
        found.append(waiting.filter(received_at__range=(first, last + WINDOW)))
    answers = [email for email in titled if email.answers_by_subject]
    if answers:
        first, last = min(email.received_at for email in answers), max(email.received_at for email in answers)
        earlier = mine.filter(subject_key__in={email.subject_key for email in answers})
        found.append(earlier.filter(received_at__range=(first - WINDOW, last)))
    return list(found[0].union(*found[1:])) if found else []


def regroup(stored: list[Email], new: Sequence[Email]) -> int:
    """Give every thread among these messages one key; of the keys that were there, most keep theirs."""
    by_key = {email.dedupe_key: email for email in (*stored, *new)}
    was = {email.dedupe_key: email.thread_key for email in stored}
    threads = partition(map(message_of, by_key.values()))
    wishes = [
        (count, number, key)
        for number, thread in enumerate(threads)
        for key, count in Counter(was[one.key] for one in thread if one.key in was).items()
    ]
    chosen: dict[int, str] = {}
    taken: set[str] = set()
    for _count, number, key in sorted(wishes, key=lambda wish: (-wish[0], wish[1])):
        if number not in chosen and key not in taken:
            chosen[number] = key
            taken.add(key)
    changed = []
    for number, thread in enumerate(threads):
        key = chosen.get(number) or secrets.token_hex(32)
        for one in thread:
            email = by_key[one.key]
            if email.thread_key != key:
                email.thread_key = key
                if one.key in was:
                    changed.append(email)
    Email.objects.bulk_update(changed, ["thread_key"], batch_size=ROWS)
    return len(changed)
