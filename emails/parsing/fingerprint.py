"""What makes two messages the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from emails.parsing.parsed import Parsed

FOLDED = re.compile(rb"\n(?=[ \t])")
WRITTEN = re.compile(
    rb"(?:from|sender|reply-to|to|cc|subject|date|message-id|in-reply-to|references"
    rb"|mime-version|content-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)


def content_hash(raw: bytes) -> str:
    """SHA-256 of the bytes, hex."""
    return hashlib.sha256(raw).hexdigest()


def dedupe_key(parsed: Parsed, raw: bytes) -> str:
    """SHA-256, hex. One message that came on two ways has one key, whatever was added to it or its line endings.

    Of the header only what the writer set counts, not what servers and mail programs add on the way. The id alone is
    not enough: whoever knows one could swallow another message by claiming it. The key is made of the raw
    message, not of what was read from it, so that a better parser does not make everything new. What has no
    id, or cannot be read, is the same only if every byte is.
    """
    if parsed.unreadable or not parsed.message_id:
        return raw_key(raw)
    header, _blank, body = one_line_ending(raw).partition(b"\n\n")
    lines = FOLDED.sub(b" ", header).split(b"\n")
    return digest([*sorted(b" ".join(line.split()) for line in lines if WRITTEN.match(line)), body])


def raw_key(raw: bytes) -> str:
    """The key of a message of which nothing is known but its bytes."""
    return digest([b"raw", one_line_ending(raw)])


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over each part with its length, so that no two lists of parts run together."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def one_line_ending(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
