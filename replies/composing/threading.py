"""What ties a reply to its thread: the subject's prefix, In-Reply-To and References (RFC 5322 3.6.4, 3.6.5)."""

from __future__ import annotations

import re
import uuid

from emails.parsing.headers import one_line
from mailai.ai.subjects import without_marks
from replies.composing.mailbox import exact
from replies.composing.original import Original

LONGEST_SUBJECT = 900
MOST_REFERENCES = 50
ID = re.compile(r"[!-;=?-~]{1,900}")


def reply_subject(subject: str) -> str:
    """The subject on one line with exactly one Re:, also where others stacked theirs behind a mailing list's mark."""
    return f"Re: {without_marks(one_line(subject, LONGEST_SUBJECT))[0]}".strip()


def references(original: Original) -> list[str]:
    """The parent's references and its id, without < >; of too many, the thread's root and the latest."""
    before = original.references or ((original.in_reply_to,) if original.in_reply_to else ())
    ids = [each for each in dict.fromkeys([*before, original.message_id]) if ID.fullmatch(each)]
    if original.message_id in ids:  # it may have claimed its own id among its references
        ids = [each for each in ids if each != original.message_id] + [original.message_id]
    return ids if len(ids) <= MOST_REFERENCES else ids[:1] + ids[1 - MOST_REFERENCES :]


def parent(original: Original) -> str:
    """The id for In-Reply-To, without < >; empty if the message has none that can be written."""
    return original.message_id if ID.fullmatch(original.message_id) else ""


def new_message_id(address: str) -> str:
    """An id of our own under the account's domain, without < >."""
    return f"{uuid.uuid4().hex}@{exact(address).rpartition('@')[2]}"
