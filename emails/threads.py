"""A message with its thread, as the letters that a question to a model carries."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from emails.models import Email
from emails.parsing.quoting import new_text
from emails.showing.unseen import without_unseen
from emails.threading.keeping import message_of
from mailai.ai.question import Letter
from mailai.domains import is_private, organisation

MOST_LETTERS = 12
TEXT_LIMIT = 100_000  # characters of one message that are looked at


def letters_of(email: Email) -> tuple[Letter, ...]:
    """The message in question first, then the rest of the user's own thread, newest first, within the budget.

    The message in question keeps its quoted history only when it stands alone: else the thread tells it better. It
    stands alone, too, if its sender has no part in the thread: whoever names a thread's id must not
    have what others wrote there worked into an answer.
    """
    others = list(
        Email.objects.filter(user_id=email.user_id, thread_key=email.thread_key, unreadable=False)
        .exclude(pk=email.pk)
        .defer("raw", "html")
        .order_by("-received_at", "-id")[: MOST_LETTERS - 1]
    )
    if not takes_part(email, others):
        others = []
    first = letter_of(email, whole=not others)
    letters, left = [first], settings.MAILAI_PROMPT_BUDGET - len(first.text)
    for other in others:
        letter = letter_of(other)
        left -= len(letter.text)
        if left < 0:
            break
        letters.append(letter)
    return tuple(letters)


def takes_part(email: Email, others: Sequence[Email]) -> bool:
    """Whether the sender stands in the rest of the thread, or their organisation does, or a correspondent of both."""
    if email.mine or not others:
        return True
    here = message_of(email)
    there = {address for other in others for address in message_of(other).people}
    own = {email.user.email.casefold()} | {other.sender_address.casefold() for other in others if other.mine}
    if here.sender in there or (here.people & there) - own - {""}:
        return True
    domains = {address.rpartition("@")[2] for address in there - own}
    houses = {organisation(domain) for domain in domains if is_private(domain)}
    return organisation(here.sender.rpartition("@")[2]) in houses


def letter_of(email: Email, whole: bool = False) -> Letter:
    text = without_unseen(email.text[:TEXT_LIMIT])
    names = email.attachments.filter(inline=False).values_list("name", flat=True)[:20]
    return Letter(
        sender=without_unseen(email.sender),
        to=tuple(without_unseen(address) for _name, address in email.to),
        subject=without_unseen(email.subject),
        date=email.sent_at or email.received_at,
        text=text if whole else new_text(text),
        headers={name: without_unseen(value) for name, value in email.headers.items()},
        mine=email.mine,
        attachments=tuple(map(without_unseen, names)),
        email_id=email.pk,
    )
