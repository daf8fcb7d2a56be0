"""Everything the rules see in one letter, read once."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from mailai.ai.language import detect
from mailai.ai.local.addresses import Sender, read_sender
from mailai.ai.local.asks import find_questions, find_requests
from mailai.ai.local.cleaning import NEW_LIMIT, clean, one_line
from mailai.ai.local.deadlines import Due, find_appointments, find_deadlines
from mailai.ai.local.header_signs import header_signs
from mailai.ai.local.injection import without_orders
from mailai.ai.local.new_text import new_text
from mailai.ai.local.sentences import sentences
from mailai.ai.local.signs import Sign
from mailai.ai.local.spam import is_phishing, is_spam, spam_signs
from mailai.ai.question import Letter
from mailai.ai.subjects import bare

AMOUNT = re.compile(
    r"(?:(?:€|\$|£|chf|eur|usd|gbp)\s?(\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d{2})?"
    r"|\d{1,9}(?:[.,]\d{2})?)(?![\d.,]*\d)"
    r"|(?<![\d.,])(\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d{2})?|\d{1,9}(?:[.,]\d{2})?)(?:,-|,–)?\s?(?:€"
    r"|euro\b|eur\b|chf\b|usd\b|dollars?\b|gbp\b|pounds?\b|£|\$))",
    re.I,
)


@dataclass(frozen=True)
class Reading:
    """One letter as the rules see it. `text` is the new text only, `day` is that of writing."""

    letter: Letter
    sender: Sender
    subject: str
    text: str
    day: dt.date
    language: str
    sentences: tuple[str, ...]
    questions: tuple[str, ...]
    requests: tuple[str, ...]
    deadlines: tuple[Due, ...]
    appointments: tuple[Due, ...]
    amounts: tuple[str, ...]
    headers: tuple[Sign, ...]
    spam: tuple[Sign, ...]
    is_spam: bool
    is_phishing: bool
    is_reply_to_me: bool
    """The newest earlier message of the thread is the user's."""
    has_orders: bool
    """It tries to give orders to a machine."""

    def has(self, *names: str) -> bool:
        """True if one of these header signs is there."""
        return any(sign.name in names for sign in self.headers)


def read(letter: Letter, today: dt.date, thread: tuple[Letter, ...] = ()) -> Reading:
    """Read a letter; `today` stands in for a missing date, `thread` is the rest of its conversation, newest
    first.
    """
    known = any(other.mine for other in thread)
    whole, subject, sender = (
        clean(letter.text),
        bare(one_line(letter.subject, 300)),
        read_sender(letter.sender),
    )
    found, has_orders = without_orders(sentences(new_text(letter.text)))
    titles, orders_in_subject = without_orders([subject] if subject else [])
    subject = titles[0] if titles else ""
    text = "\n".join(found)
    day = letter.date.date() if letter.date else today
    headers = header_signs(letter.headers, one_line(letter.subject, 300), subject, sender, whole)
    for_nobody = any(sign.name in {"bulk", "auto_reply"} for sign in headers)
    visible = "\n".join(without_orders(whole[:NEW_LIMIT].split("\n"))[0])
    bulk = any(sign.name == "bulk" for sign in headers)
    spam = spam_signs(letter, sender, subject, visible, known, bulk)
    quiet = letter.mine or for_nobody or is_spam(spam)
    return Reading(
        letter=letter,
        sender=sender,
        subject=subject,
        text=text,
        day=day,
        language=detect(f"{subject}\n{text}"),
        sentences=tuple(found),
        questions=() if quiet else tuple(find_questions(found)),
        requests=() if quiet else tuple(find_requests(found)),
        deadlines=() if quiet else tuple(find_deadlines([subject, *found], day)),
        appointments=() if quiet else tuple(find_appointments([subject, *found], day)),
        amounts=tuple(
            dict.fromkeys(one_line(match.group(), 40) for match in list(AMOUNT.finditer(text))[:10])
        ),
        headers=tuple(headers),
        spam=tuple(spam),
        is_spam=is_spam(spam) and not letter.mine,
        is_phishing=is_phishing(spam) and not letter.mine,
        is_reply_to_me=_is_reply_to_me(letter, thread),
        has_orders=has_orders or orders_in_subject,
    )


def moment(letter: Letter) -> float:
    """Seconds since the epoch for sorting; a naive date counts as UTC, a missing one as the beginning."""
    date = letter.date
    if date is None:
        return 0.0
    return (
        date.replace(tzinfo=None) - (date.utcoffset() or dt.timedelta()) - dt.datetime(1970, 1, 1)
    ).total_seconds()


def _is_reply_to_me(letter: Letter, thread: tuple[Letter, ...]) -> bool:
    earlier = [other for other in thread if moment(other) < moment(letter)]
    return bool(earlier) and max(earlier, key=moment).mine
