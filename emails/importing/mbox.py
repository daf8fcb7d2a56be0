"""The mbox format (RFC 4155), read in a stream: memory holds one message at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

LINE = 1024 * 1024  # a longer line is read in pieces
POSTMARK = re.compile(rb"From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\d{1,2}:\d{2}")
ESCAPED = re.compile(rb">+From ")


def messages(path: Path, limit: int) -> Iterator[bytes]:
    """Each message without its postmark line, `>From ` unescaped as mboxrd says, cut at `limit` bytes.

    Text before the first postmark is a message too: nothing in the file is passed over.
    """
    message = bytearray()
    begun = False
    for postmark, line in lines(path):
        if postmark:
            if begun or message.strip():
                yield without_separator(message)
            message, begun = bytearray(), True
        elif len(message) < limit:
            message += line[1:] if ESCAPED.match(line) else line
    if begun or message.strip():
        yield without_separator(message)


def count(path: Path) -> int:
    """How many messages `messages` will yield, give or take text before the first postmark."""
    return sum(postmark for postmark, _ in lines(path))


def holds_several(path: Path) -> bool:
    """Whether a file begins with a postmark and has another one: then it is an mbox, whatever its name."""
    marks = (number for number, (postmark, _) in enumerate(lines(path)) if postmark)
    return next(marks, -1) == 0 and next(marks, None) is not None


def lines(path: Path) -> Iterator[tuple[bool, bytes]]:
    """Each line, and whether it is a postmark: after an empty line, `From `, and a weekday with a time.

    Mailboxes whose first postmark has no such date are taken at their word: there `From ` alone counts.
    """
    with path.open("rb") as stream:
        after_empty = whole = True
        pattern: re.Pattern[bytes] | None = None
        while line := stream.readline(LINE):
            postmark = whole and after_empty and line.startswith(b"From ")
            if postmark and pattern is None:
                pattern = POSTMARK if POSTMARK.match(line) else re.compile(b"From ")
            yield postmark and pattern is not None and bool(pattern.match(line)), line
            after_empty = whole and line in (b"\n", b"\r\n")
            whole = line.endswith(b"\n")


def without_separator(message: bytearray) -> bytes:
    """The empty line before the next postmark belongs to the mailbox, not to the message."""
    for ending in (b"\r\n\r\n", b"\n\n"):
        if message.endswith(ending):
            return bytes(message[: -len(ending) // 2])
    return bytes(message)
