"""Bytes of any declared charset to text that Postgres can store. Never raises."""

from __future__ import annotations

import codecs
import re

ALIASES = {
    # What a declared name means in practice (WHATWG Encoding): the superset that senders really use.
    "ansi_x3.4-1968": "ascii",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "windows-1254",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "utf8mb4": "utf-8",
    "utf-8-sig": "utf-8",
}
# Quadratic, or they read escapes instead of a charset.
REFUSED = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
SINGLE_BYTE = ("ascii", "cp125", "iso8859", "koi8", "mac")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # Postgres refuses NUL, UTF-8 has no surrogates


def decode(content: bytes, declared: str = "") -> str:
    """Text of `content` in the declared charset, or UTF-8, or what loses little, or windows-1252."""
    codec = known(declared)
    # UTF-8 that was declared as one of these is common; the reverse never looks like UTF-8 by accident.
    names = ("utf-8", codec) if codec.startswith(SINGLE_BYTE) else (codec, "utf-8")
    candidates = [name for name in names if name]
    for name in candidates:
        text = attempt(content, name, "strict")
        if text is not None:
            return storable(text.removeprefix("\ufeff"))
    for name in candidates:
        text = attempt(content, name, "replace")
        if text is not None and mostly_readable(text):
            return storable(text.removeprefix("\ufeff"))
    text = attempt(content, "windows-1252", "strict")
    return storable(text if text is not None else content.decode("latin-1"))


def storable(text: str) -> str:
    if text.isascii() and "\x00" not in text:  # as nearly all is, and looked at often
        return text
    return UNSTORABLE.sub("", text)


def known(declared: str) -> str:
    """The codec to use for a declared charset name, or an empty string if there is none to trust."""
    name = declared.strip().strip("\"'").lower()[:40]
    name = ALIASES.get(name, name)
    if name in ("", "unknown-8bit", "x-unknown"):
        return ""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if codec.replace("-", "_") in REFUSED else codec


def attempt(content: bytes, codec: str, errors: str) -> str | None:
    try:
        return content.decode(codec, errors)
    except (LookupError, ValueError):  # LookupError: a codec that is no charset, such as base64
        return None


def mostly_readable(text: str) -> bool:
    """Whether a lossy decoding found more letters beyond ASCII than it lost: then the charset was right."""
    lost = text.count("\ufffd")
    return lost < sum(1 for char in text if ord(char) > 127) - lost
