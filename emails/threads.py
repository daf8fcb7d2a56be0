"""A message with its thread, as the letters that a question to a model carries."""

from __future__ import annotations

from django.conf import settings

from emails.models import Email
from emails.parsing.quoting import new_text
from mailai.ai.question import Letter

MOST_LETTERS = 12
TEXT_LIMIT = 100_000  # characters of one message that are looked at


def letters_of(email: Email) -> tuple[Letter, ...]:
    """The message in question first, then the rest of the user's own thread, newest first, within the budget.

    The message in question keeps its quoted history only when it stands alone: else the thread tells it better.
    """
    others = list(
        Email.objects.filter(user_id=email.user_id, thread_key=email.thread_key, unreadable=False)
        .exclude(pk=email.pk)
        .defer("raw", "html")
        .order_by("-received_at", "-id")[: MOST_LETTERS - 1]
    )
    first = letter_of(email, whole=not others)
    letters, left = [first], settings.MAILAI_PROMPT_BUDGET - len(first.text)
    for other in others:
        letter = letter_of(other)
        left -= len(letter.text)
        if left < 0:
            break
        letters.append(letter)
    return tuple(letters)


def letter_of(email: Email, whole: bool = False) -> Letter:
    text = email.text[:TEXT_LIMIT]
    return Letter(
        sender=email.sender,
        to=tuple(address for _name, address in email.to),
        subject=email.subject,
        date=email.sent_at or email.received_at,
        text=text if whole else new_text(text),
        headers=email.headers,
        mine=email.mine,
        attachments=tuple(email.attachments.filter(inline=False).values_list("name", flat=True)[:20]),
    )
