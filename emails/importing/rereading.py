"""Stored mail read again by the parser of today: what was read changes, nothing else does."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from emails.importing.arrival import batches
from emails.importing.copying import copy
from emails.importing.rows import attachments, columns
from emails.importing.storing import BATCH, BATCH_BYTES, limits
from emails.models import Email
from emails.own import own_addresses, same
from emails.parsing import PARSER_VERSION, Parsed, Trouble
from emails.parsing.contained import Job, read_all
from emails.threading.keeping import assign, describe

log = logging.getLogger(__name__)

PAGE = 500  # messages whose sizes are looked at together
THREADING = ("message_id", "in_reply_to", "references", "subject")
# A reader's end is no news about a message that could be read before.
NO_NEWS = (Trouble.TIMEOUT, Trouble.MEMORY, Trouble.CRASH)
# How the text began that such a message was given before there was a code for it.
ONCE_NOTED = "This message has "


class Reread(StrEnum):
    CHANGED = "changed"
    SAME = "the same"
    KEPT = "kept as they were"  # read well before, and not now


@dataclass
class Rereading(Job):
    email: Email | None = None


def reread(emails: QuerySet[Email], after: int = 0) -> Iterator[tuple[int, Reread]]:
    """Read each of `emails` again, in the order of their ids from behind `after`: ids with what became of them.

    Each batch is one transaction, and what was yielded is stored: to go on later, begin after the last id. Never
    touched are raw, dedupe_key, received_at, analyses, corrections and drafts.
    """
    read = read_all(_stored(emails, after), limits(), min(4, os.cpu_count() or 1))
    for batch in batches(read, BATCH, BATCH_BYTES):
        done: dict[int, Reread] = {}
        by_user = sorted(batch, key=lambda job: job.email.user_id if job.email else 0)
        for user_id, jobs in groupby(by_user, key=lambda job: job.email.user_id if job.email else 0):
            done |= _update(user_id, [(job.email, job.parsed) for job in jobs if job.email and job.parsed])
        yield from sorted(done.items())


def _stored(emails: QuerySet[Email], after: int) -> Iterator[Rereading]:
    """The messages, a few at a time: so many that memory stays flat whatever their size."""
    while page := list(emails.filter(pk__gt=after).order_by("pk").values_list("pk", "size")[:PAGE]):
        few: list[int] = []
        left = BATCH_BYTES
        for pk, size in page:
            few.append(pk)
            left -= size
            if left <= 0 or pk == page[-1][0]:
                for email in Email.objects.filter(pk__in=few).order_by("pk"):
                    yield Rereading(bytes(email.raw), email=email)
                few, left = [], BATCH_BYTES
        after = page[-1][0]


@transaction.atomic(durable=True)  # nothing is read inside of it
def _update(user_id: int, read: list[tuple[Email, Parsed]]) -> dict[int, Reread]:
    user = get_user_model().objects.select_for_update(no_key=True).get(pk=user_id)
    own = own_addresses(user)
    done: dict[int, Reread] = {}
    moved: list[Email] = []
    for email, parsed in read:
        if parsed.trouble in NO_NEWS and not email.unreadable:
            done[email.pk] = Reread.KEPT
            continue
        try:
            with transaction.atomic():
                done[email.pk] = _change(email, parsed, own, moved)
        except (DatabaseError, ValueError):
            log.exception("What was read again of message %d was refused", email.pk)
            done[email.pk] = Reread.KEPT
    assign(user, moved)
    Email.objects.bulk_update(moved, ["thread_key"])
    same = [pk for pk, what in done.items() if what is Reread.SAME]
    Email.objects.filter(pk__in=same).exclude(parser_version=PARSER_VERSION).update(
        parser_version=PARSER_VERSION
    )
    return done


def _change(email: Email, parsed: Parsed, own: frozenset[str], moved: list[Email]) -> Reread:
    if _was_cut(email):
        parsed = replace(parsed, trouble=Trouble.CUT, text="" if parsed.trouble else parsed.text)
    values = columns(parsed)
    values["mine"] = email.mine or same(parsed.sender_address) in own
    changed = [name for name, value in values.items() if getattr(email, name) != value]
    files_changed = _replace_files(email, parsed)
    if not files_changed and not set(changed) - {"parser_version"}:
        return Reread.SAME
    for name in changed:
        setattr(email, name, values[name])
    if set(changed) & set(THREADING):
        describe(email)
        changed += ["subject_key", "answers_by_subject"]
        moved.append(email)
    email.save(update_fields=changed)
    return Reread.CHANGED


def _was_cut(email: Email) -> bool:
    """Whether only its beginning was fetched, which is so whatever the parser makes of that; once a text said it."""
    noted = email.trouble == Trouble.TOO_LARGE and email.account_id and email.text.startswith(ONCE_NOTED)
    return email.trouble == Trouble.CUT or bool(noted)


def _replace_files(email: Email, parsed: Parsed) -> bool:
    """Whether the attachments had to be written anew."""
    columns_of = attrgetter("position", "name", "content_type", "content_id", "inline", "size")
    before = [(columns_of(one), bytes(one.content)) for one in email.attachments.all()]
    if before == [(columns_of(one), one.content) for one in parsed.attachments]:
        return False
    email.attachments.all().delete()
    copy(attachments(email, parsed))
    return True
