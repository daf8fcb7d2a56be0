"""ISO-2022-JP as mail really has it: Microsoft's variant (code pages 50220 and 50221), whose two-byte characters
include the rows that NEC and IBM added (①, ㈱, №), and whose escapes may name half-width katakana (JIS X 0201).

Python's codecs know the standard rows only. A two-byte character of JIS X 0208 is the same character in Shift_JIS at
another place, and Python's cp932 is Microsoft's Shift_JIS.
"""

from __future__ import annotations

import re

NAMES = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext"})
ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B]|\$\([@BD])")
ONE_BYTE = {b"(B": "ascii", b"(J": "cp932"}


def decode(content: bytes, errors: str = "strict") -> str:
    """Raises UnicodeError for what is not ISO-2022-JP, unless `errors` says otherwise."""
    first, *rest = ESCAPE.split(content)
    text = [first.decode("ascii", errors)]
    for escape, body in zip(rest[::2], rest[1::2], strict=True):
        if escape == b"(I":
            text.append(bytes(byte | 0x80 if byte > 0x20 else byte for byte in body).decode("cp932", errors))
        elif escape == b"$(D":
            text.append(_doubled(body, b"\x8f").decode("euc_jp", errors))
        elif escape in ONE_BYTE:
            text.append(body.decode(ONE_BYTE[escape], errors))
        else:
            text.append(_shifted(body).decode("cp932", errors))
    return "".join(text)


def _doubled(body: bytes, before: bytes) -> bytes:
    """Pairs of seven-bit bytes as EUC; line ends, which senders leave inside an escape, stay."""
    out = bytearray()
    for high, low in _pairs(body):
        out += bytes([high]) if low < 0 else before + bytes([high | 0x80, low | 0x80])
    return bytes(out)


def _shifted(body: bytes) -> bytes:
    out = bytearray()
    for high, low in _pairs(body):
        if low < 0:
            out.append(high)
            continue
        lead = ((high - 0x21) >> 1) + (0x81 if high < 0x5F else 0xC1)
        trail = low + (0x1F if low < 0x60 else 0x20) if high & 1 else low + 0x7E
        out += bytes([lead, trail])
    return bytes(out)


def _pairs(body: bytes) -> list[tuple[int, int]]:
    """Bytes two by two; one that stands alone comes with -1."""
    found, at = [], 0
    while at < len(body):
        if 0x21 <= body[at] <= 0x7E and at + 1 < len(body) and 0x21 <= body[at + 1] <= 0x7E:
            found.append((body[at], body[at + 1]))
            at += 2
        else:
            found.append((body[at], -1))
            at += 1
    return found
