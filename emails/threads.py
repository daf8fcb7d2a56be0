"""A message with its thread, as the letters that a question to a model carries."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q

from emails.belonging import told_with
from emails.models import Attachment, Email
from emails.parsing.quoting import new_text
from emails.showing.unseen import without_unseen
from mailai.ai.question import Letter

MOST_LETTERS = 12
MOST_FILES = 20  # names of one message's
# Behind the words of a link, which are all that a page shows of it.
LINK = re.compile(r"<(https?://(?:[^\s/@<>]*@)?[^\s/?#<>]+)[/?#][^\s<>]*>", re.I)
TEXT_LIMIT = 100_000  # characters of one message that are looked at


def letters_of(email: Email) -> tuple[Letter, ...]:
    """The message in question first, then what emails.belonging lets be told of its thread, newest first, within the
    budget. It keeps its quoted history only when it stands alone: else the thread tells it better.

    The number of queries does not grow with the thread.
    """
    told = [other.pk for other in told_with(email)[: MOST_LETTERS - 1]]
    has_page = ExpressionWrapper(~Q(html=""), BooleanField())
    others = Email.objects.filter(pk__in=told).defer("raw", "html").annotate(has_page=has_page)
    files = file_names([email.pk, *told])
    first = letter_of(email, bool(email.html), whole=not told, files=files[email.pk])
    letters, left = [first], settings.MAILAI_PROMPT_BUDGET - len(first.text)
    for other in others.order_by("-received_at", "-id"):
        letter = letter_of(other, other.has_page, files=files[other.pk])
        left -= len(letter.text)
        if left < 0:
            break
        letters.append(letter)
    return tuple(letters)


def file_names(email_ids: Collection[int]) -> dict[int, list[str]]:
    """The names of what is attached to each message, in one query."""
    names: dict[int, list[str]] = defaultdict(list)
    files = Attachment.objects.filter(email_id__in=email_ids, inline=False)
    for email_id, name in files.order_by("email_id", "position").values_list("email_id", "name"):
        names[email_id].append(name)
    return names


def letter_of(email: Email, has_page: bool, whole: bool = False, files: Collection[str] = ()) -> Letter:
    """What a model reads of it: the words of its page, if it has one, and of a link there the host that it leads to."""
    text = without_unseen(email.text[:TEXT_LIMIT])
    text = LINK.sub(r"<\1>", text) if has_page else text
    return Letter(
        sender=without_unseen(email.sender),
        to=tuple(without_unseen(address) for _name, address in email.to),
        subject=without_unseen(email.subject),
        date=email.sent_at or email.received_at,
        text=text if whole else new_text(text),
        headers={name: without_unseen(value) for name, value in email.headers.items()},
        mine=email.mine,
        attachments=tuple(map(without_unseen, list(files)[:MOST_FILES])),
        email_id=email.pk,
    )
