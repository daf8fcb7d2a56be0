"""A header block to fields, and a raw value to text (RFC 5322 2.2, RFC 2047). Linear, never raises."""

from __future__ import annotations

import binascii
import re
from email.message import Message

from emails.parsing.charsets import decode

MAX_FIELDS = 1000
MAX_VALUE = 64 * 1024  # bytes of one field
FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.S)
# The text of a word may hold a bare question mark, which RFC 2047 forbids: it ends at `?=`, and never in `?=C3`.
WORD = re.compile(
    r"=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bBqQ])\?"
    r"((?:(?!=\?)(?:[^?]|\?(?!=)|\?(?==[0-9A-F]{2}[^?\s]*\?=)))*+)\?="
)
BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
NO_BASE64 = bytes(set(range(256)).difference(BASE64))
BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Headers:
    """The fields of one header block, in order: names in lower case, values as raw bytes, unfolded.

    `charset` is what raw bytes beyond ASCII are tried in if they are not UTF-8 (RFC 6532): the body's, if known.
    """

    def __init__(self, fields: list[tuple[str, bytes]]) -> None:
        self.fields = fields
        self.charset = ""
        self._first = dict(reversed(fields))

    def raw(self, name: str) -> bytes:
        """The first field of that name, as bytes; empty if there is none."""
        return self._first.get(name, b"")

    def text(self, name: str, limit: int) -> str:
        """The first field of that name, decoded, on one line, at most `limit` characters."""
        return one_line(words(self.decoded(name)), limit) if name in self._first else ""

    def decoded(self, name: str) -> str:
        """The first field of that name as text, its encoded words as they came."""
        value = self.raw(name)
        if self.charset and not value.isascii():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return decode(value, self.charset)
        return decode(value)

    def content_type(self, default: str = "text/plain") -> str:
        """`main/sub` in lower case. A type that cannot be read is text, as RFC 2045 5.2 says."""
        kind = decode(self.raw("content-type")[:300]).split(";")[0].strip().lower()
        return kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,66}", kind, re.A) else default

    def parameter(self, field: str, name: str) -> str:
        """A parameter of a field such as `charset` of Content-Type, RFC 2231 and RFC 2047 decoded."""
        said = decode(self.raw(field)[:4000])
        if name not in said.lower():
            return ""
        message = Message()
        message[field] = re.sub(r"[\r\n]+", " ", said)
        try:
            values = [value for key, value in message.get_params([], field) if key.lower() == name]
        except (ValueError, IndexError, LookupError, TypeError, RecursionError):
            return ""
        # The extended form wins over the one for old programs (RFC 6266 4.3).
        value = next((value for value in values if isinstance(value, tuple)), values[0] if values else "")
        if isinstance(value, tuple):  # RFC 2231: charset, language, percent-decoded as Latin-1
            return decode(value[2].encode("latin-1", "replace"), value[0] or "").strip().strip('"')
        return words(str(value or ""))


def read(block: bytes) -> tuple[Headers, int]:
    """The fields of a header block, and the size in bytes up to the end of the last one.

    A line that is no field is skipped if fields follow it: broken folding must not hide the rest.
    """
    fields: list[tuple[str, bytearray]] = []
    size = at = 0
    broken = False
    for row in block.splitlines(keepends=True):
        at += len(row)
        if row[:1] in (b" ", b"\t"):
            if fields and not broken:
                size = at
                if len(fields[-1][1]) < MAX_VALUE:
                    fields[-1][1].extend(b" " + row.strip())
            continue
        match = FIELD.fullmatch(row)
        broken = match is None
        if match:
            size = at
            if len(fields) < MAX_FIELDS:
                fields.append((match[1].decode("ascii").lower(), bytearray(match[2].strip()[:MAX_VALUE])))
    return Headers([(name, bytes(value)) for name, value in fields]), size


def line(value: bytes, limit: int) -> str:
    """A raw value as one line of text: decoded, no control or direction characters, whitespace collapsed."""
    return one_line(words(decode(value)), limit)


def one_line(text: str, limit: int) -> str:
    return " ".join(CONTROL.sub(" ", text).split())[:limit].rstrip()


def words(text: str) -> str:
    """RFC 2047 encoded words decoded; neighbours are joined first, as senders split inside a character."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, charset, end = b"", "", -1
    text = BETWEEN_WORDS.sub(r"\1", text)
    for match in WORD.finditer(text):
        if pending and (match.start() != end or match[1].lower() != charset):
            out.append(decode(pending, charset))
            pending = b""
        if match.start() != end:
            out.append(text[max(end, 0) : match.start()])
        pending += decode_word(match[2], match[3])
        charset, end = match[1].lower(), match.end()
    out.append(decode(pending, charset))
    out.append(text[max(end, 0) :])
    return "".join(out)


def decode_word(encoding: str, body: str) -> bytes:
    content = body.encode("utf-8", "replace")
    if encoding in "bB":
        return base64(content)
    return binascii.a2b_qp(content.replace(b"_", b" "))


def base64(content: bytes) -> bytes:
    """Base64 with everything that does not belong to it skipped, and a cut end tolerated.

    Of several pieces, each with padding of its own, each is decoded.
    """
    return b"".join(map(piece, content.translate(None, NO_BASE64).split(b"=")))


def piece(clean: bytes) -> bytes:
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
