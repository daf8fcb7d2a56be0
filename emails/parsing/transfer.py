"""Transfer encodings undone (RFC 2045 6), as they occur. Takes any bytes and never raises."""

from __future__ import annotations

import binascii
import re

from emails.parsing.headers import Headers, base64

FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\s]")  # a byte that no base64 holds
LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
LONG = 40  # letters of a line that is no word of a text
UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\n]*\n", re.M)
UU_END = re.compile(rb"^end[ \t]*\r?$", re.M)


def decoded(body: bytes, headers: Headers, text: bool) -> bytes:
    """`body` without the encoding that `headers` declare; see `unbase64` for what a `text` keeps besides."""
    encoding = headers.text("content-transfer-encoding", 40).lower().strip("\"' ;")
    if encoding == "base64":
        return unbase64(body, text)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return uudecode(body)
    return body


def unbase64(body: bytes, text: bool) -> bytes:
    """Base64 decoded; a body that was only declared as such is returned as it is.

    Mailing lists put a plain footer behind an encoded text: it is kept where the body is text, else left out.
    """
    if not FOREIGN.search(body) and b" " not in body.strip():
        return base64(body)
    lines = body.splitlines(keepends=True)
    end = encoded_lines(lines)
    content = base64(b"".join(lines[:end]))
    footer = b"".join(lines[end:]) if text else b""
    if not end or not footer.strip():
        return content if end else body
    return content.rstrip(b"\r\n") + b"\n" + footer


def encoded_lines(lines: list[bytes]) -> int:
    """How many lines, from the first, are base64, with whatever stands between them. 0: the body is plain."""
    rows = [row.strip() for row in lines]
    shaped = [LINE.fullmatch(row) is not None for row in rows]
    sure = [at for at, row in enumerate(rows) if shaped[at] and (len(row) >= LONG or row.endswith(b"="))]
    if not sure or 2 * sum(shaped[: sure[-1] + 1]) < sum(map(bool, rows[: sure[-1] + 1])):
        return 0
    end = sure[-1] + 1
    while end < len(rows) and shaped[end] and (len(rows[end]) % 4 == 0 or not rows[end - 1].endswith(b"=")):
        end += 1
    return end


def uudecode(body: bytes) -> bytes:
    begin = UU_BEGIN.search(body)
    if not begin:
        return body
    end = UU_END.search(body, begin.end())
    out = bytearray()
    for row in body[begin.end() : end.start() if end else len(body)].splitlines():
        try:
            out += binascii.a2b_uu(row)
        except binascii.Error:
            # Encoders that pad a line too far: its first character tells how many bytes count.
            count = (((row[0] - 32) & 63) * 4 + 5) // 3 if row else 0
            try:
                out += binascii.a2b_uu(row[: count + 1])
            except binascii.Error:
                continue
    return bytes(out)
