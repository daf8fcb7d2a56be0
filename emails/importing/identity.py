"""What makes two messages the same, and which messages make a thread."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from emails.models import Email
from emails.parsing import Parsed

FOLDED = re.compile(rb"\n(?=[ \t])")
WRITTEN = re.compile(
    rb"(?:from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references"
    rb"|mime-version|content-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)


def content_hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def dedupe_key(parsed: Parsed, raw: bytes) -> str:
    """SHA-256, hex. One message that came on two ways has one key, whatever was added to it or its line endings.

    Of the header only what the writer set counts, not what servers and mail programs add on the way. The id alone is
    not enough: whoever knows one could swallow another message by claiming it. The key is made of the raw
    message, not of what was read from it, so that a better parser does not make everything new. What has no
    id, or cannot be read, is the same only if every byte is.
    """
    content = one_line_ending(raw)
    if parsed.unreadable or not parsed.message_id:
        return digest([b"raw", content])
    header, _blank, body = content.partition(b"\n\n")
    lines = FOLDED.sub(b" ", header).split(b"\n")
    return digest([*sorted(b" ".join(line.split()) for line in lines if WRITTEN.match(line)), body])


def thread_key(user: Any, parsed: Parsed, key: str) -> str:
    """The thread of the nearest message that this one answers and that the user has, else that of its first id."""
    answered = list(dict.fromkeys([parsed.in_reply_to, *reversed(parsed.references)]))
    answered = [message_id for message_id in answered if message_id]
    if answered:
        # Newest first, so that of several with one id the one that was there first counts.
        known = Email.objects.of(user).filter(message_id__in=answered).order_by("-id")
        threads = dict(known.values_list("message_id", "thread_key"))
        for message_id in answered:
            if message_id in threads:
                return threads[message_id]
    root = next(iter(parsed.references), "") or parsed.in_reply_to or parsed.message_id
    return thread_of(root) if root else key


def thread_of(message_id: str) -> str:
    """The key of the thread that begins with this message."""
    return hashlib.sha256(message_id.encode()).hexdigest()


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over each part with its length, so that no two lists of parts run together."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big") + part)
    return total.hexdigest()


def one_line_ending(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
