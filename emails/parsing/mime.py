"""The MIME structure of a message (RFC 2045, 2046) as a flat list of leaves, by offsets into the raw bytes.

The standard library's parser recurses per level and asks every open boundary on every line; this one searches
each level once, to a fixed depth, so that hostile nesting costs no more than its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from emails.parsing.headers import Headers, read
from emails.parsing.transfer import decoded

MAX_DEPTH = 40
MAX_PARTS = 500
MAX_HEADER_BYTES = 512 * 1024
BLANK = re.compile(rb"\n\r?\n")
POSTMARK = re.compile(rb">?From (?![ \t]*:)[^\n]*(?:\n|$)")
NEWLINE = re.compile(rb"\r?\n")
FIRST_DELIMITER = re.compile(rb"^--(\S{1,70})[ \t]*\r?$", re.M)


@dataclass
class Part:
    headers: Headers
    kind: str
    """Content type, `main/sub`."""
    body: bytes = field(repr=False)
    """Still in its transfer encoding; empty for a multipart that was split."""
    children: list[Part] = field(default_factory=list)

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return decoded(self.body, self.headers, self.kind.startswith("text/"))


def split(raw: bytes) -> Part:
    """The tree of `raw`. What lies beyond MAX_DEPTH is one text leaf; parts beyond MAX_PARTS are left out."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return build(raw, start_of_message(raw), len(raw), 0, iter(range(MAX_PARTS)), "text/plain")


def start_of_message(raw: bytes) -> int:
    """After a byte order mark, blank lines and a "From " line, which some put before a single message."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    postmark = POSTMARK.match(raw, start)
    return postmark.end() if postmark else start


def build(raw: bytes, start: int, end: int, depth: int, budget: Iterator[int], default: str) -> Part:
    headers, body = header_block(raw, start, end)
    kind = headers.content_type(default)
    if kind.startswith("multipart/") and depth < MAX_DEPTH:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children = []
        raw, body, end = unwrapped(raw, body, end, headers)
        for first, last in parts(raw, body, end, headers):
            if next(budget, None) is None:
                break
            children.append(build(raw, first, last, depth + 1, budget, inner))
        if children:
            return Part(headers, kind, b"", children)
    if kind.startswith("multipart/"):
        kind = "text/plain"  # a multipart without parts is whatever a reader can see in it
    return Part(headers, kind, raw[body:end])


def header_block(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The headers at `start`, and the offset at which the body begins (`start` if there are no headers)."""
    newline = NEWLINE.match(raw, start, end)
    if newline:
        return Headers([]), newline.end()
    blank = BLANK.search(raw, start, min(end, start + MAX_HEADER_BYTES))
    stop = blank.start() + 1 if blank else min(end, start + MAX_HEADER_BYTES)
    headers, size = read(raw[start:stop])
    if blank and size == stop - start:
        return headers, blank.end()
    return headers, start + size  # lines after the last field are text: the blank line is missing


def unwrapped(raw: bytes, start: int, end: int, headers: Headers) -> tuple[bytes, int, int]:
    """The body of a multipart, and where it lies: out of its encoding, where a gateway has encoded it as a whole.

    RFC 2045 6.4 forbids that, and programs do it.
    """
    delimiter = b"--" + headers.parameter("content-type", "boundary").encode("utf-8", "replace")
    if headers.raw("content-transfer-encoding") and raw.find(delimiter, start, end) < 0:
        body = decoded(raw[start:end], headers, text=True)
        if delimiter in body:
            return body, 0, len(body)
    return raw, start, end


def parts(raw: bytes, start: int, end: int, headers: Headers) -> Iterator[tuple[int, int]]:
    """Offsets of the parts; if the declared boundary never occurs, by the first line that looks like one."""
    declared = headers.parameter("content-type", "boundary").encode("utf-8", "replace")
    found = sections(raw, start, end, declared)
    first = next(found, None)
    if first:
        yield first
        yield from found
    elif guess := FIRST_DELIMITER.search(raw, start, min(end, start + MAX_HEADER_BYTES)):
        yield from sections(raw, start, end, guess[1])


def sections(raw: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Offsets of what lies between the delimiter lines of `boundary` (RFC 2046 5.1.1)."""
    delimiter = b"--" + boundary.rstrip()
    if len(delimiter) == 2:
        return
    opened = None
    at = raw.find(delimiter, start, end)
    while at >= 0:
        rest = None
        if at == start or raw[at - 1 : at] == b"\n":
            newline = raw.find(b"\n", at, end)
            stop = newline if newline >= 0 else end
            rest = raw[at + len(delimiter) : min(stop, at + len(delimiter) + 100)].strip()
        if rest in (b"", b"--"):
            if opened is not None:
                yield opened, before_newline(raw, opened, at)
            # Some close their first part and go on: what lies behind an end is read only where another part begins.
            opened = None if rest == b"--" else min(stop + 1, end)
        at = raw.find(delimiter, at + len(delimiter), end)
    if opened is not None:
        yield opened, end


def before_newline(raw: bytes, start: int, end: int) -> int:
    """The line break before a delimiter belongs to the delimiter."""
    for newline in (b"\r\n", b"\n"):
        if raw.endswith(newline, start, end):
            return end - len(newline)
    return end
