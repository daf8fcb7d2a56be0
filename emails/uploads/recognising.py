"""Whether a file is mail at all, by how it begins: its name says little, and a picture is no message."""

from __future__ import annotations

import re

BEGINNING = 64 * 1024  # bytes that are looked at
BOM = b"\xef\xbb\xbf"
# Header lines, in an mbox behind a postmark (RFC 5322 2.2, RFC 4155).
HEADER = re.compile(rb"(?:>?From [^\n]*\n)*(?=[!-9;-~]{1,200}[ \t]*:)")
# One that every message has, or that no other file has.
KNOWN = re.compile(
    rb"^(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|Content-Type|Reply-To"
    rb"|X-Mozilla-Status|X-GM-THRID|X-Gmail-Labels)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
END = re.compile(rb"\r?\n\r?\n")


def is_mail(beginning: bytes) -> bool:
    text = beginning.removeprefix(BOM).lstrip(b"\r\n")
    header = END.split(text, 1)[0]
    return bool(HEADER.match(header) and KNOWN.search(header)) and b"\x00" not in header
