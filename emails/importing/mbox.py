"""The mbox format (RFC 4155), read in a stream: memory holds one message at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Literal, NamedTuple, Protocol

LINE = 1024 * 1024  # a longer line is read in pieces
OURS = b"From mailai "  # in a file that export_mail wrote, and there alone, nothing has to be guessed
POSTMARK = re.compile(rb"From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\d{1,2}:\d{2}")
ESCAPED = re.compile(rb">+From ")
BEGINNING = re.compile(rb"[!-9;-~]{1,200}[ \t]*:|>From |\r?\n|$")


class File(Protocol):
    """What can be read from its beginning as often as it is wanted: a Path, an upload."""

    @property
    def suffix(self) -> str: ...

    def open(self, mode: Literal["rb"]) -> BinaryIO: ...


class Line(NamedTuple):
    postmark: bool
    begins: bool
    """Whether this is where the line begins, not a further piece of a long one."""
    content: bytes


def messages(file: File, limit: int) -> Iterator[bytes]:
    """Each message without its postmark line, `>From ` unescaped as mboxrd says, cut at `limit` bytes.

    Text before the first postmark is a message too: nothing in the file is passed over. A Content-Length (mboxcl,
    mboxcl2) is not believed: whoever writes a message can name one that swallows the messages behind it.
    """
    message = bytearray()
    begun = ours = False
    for line in lines(file):
        if line.postmark:
            if begun or message.strip():
                yield without_separator(message, ours)
            message, begun, ours = bytearray(), True, line.content.startswith(OURS)
        elif len(message) < limit:
            escaped = line.begins and ESCAPED.match(line.content)
            message += line.content[1:] if escaped else line.content
    if begun or message.strip():
        yield without_separator(message, ours)


def count(file: File) -> int:
    """How many messages `messages` will yield, give or take text before the first postmark."""
    return sum(line.postmark for line in lines(file))


def holds_several(file: File) -> bool:
    """Whether a file begins with a postmark and has another one, or is an export: an mbox, whatever its name."""
    marks = ((number, line.content) for number, line in enumerate(lines(file)) if line.postmark)
    first = next(marks, (-1, b""))
    return first[0] == 0 and (first[1].startswith(OURS) or next(marks, None) is not None)


def lines(file: File) -> Iterator[Line]:
    """Each line, and whether it is a postmark: after an empty line, `From `, and a weekday with a time, followed by
    what a message can begin with.

    Mailboxes whose first postmark has no such date are taken at their word: there `From ` alone counts.
    """
    with file.open("rb") as stream:
        after_empty = begins = True
        pattern: re.Pattern[bytes] | None = None
        line = stream.readline(LINE)
        while line:
            following = stream.readline(LINE)
            postmark = begins and line.startswith(b"From ")
            if postmark and pattern is None and after_empty:
                pattern = re.compile(OURS) if line.startswith(OURS) else POSTMARK
                pattern = pattern if pattern.match(line) else re.compile(b"From ")
            postmark = postmark and pattern is not None and bool(pattern.match(line))
            if postmark and pattern is not None and pattern.pattern != OURS:
                postmark = after_empty and bool(BEGINNING.match(following))
            yield Line(postmark, begins, line)
            after_empty = begins and line in (b"\n", b"\r\n")
            begins = line.endswith(b"\n")
            line = following


def without_separator(message: bytearray, ours: bool) -> bytes:
    """The empty line before the next postmark belongs to the mailbox, not to the message.

    An export adds one line break to every message, also to one that does not end with any.
    """
    if ours:
        return bytes(message.removesuffix(b"\n"))
    for ending in (b"\r\n\r\n", b"\n\n"):
        if message.endswith(ending):
            return bytes(message[: -len(ending) // 2])
    return bytes(message)
