"""Bytes of any declared charset to text that Postgres can store. Never raises."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from emails.parsing import iso2022jp

# Names that Python does not know (WHATWG Encoding, and mailers beyond it).
ALIASES = {
    "ansi": "windows-1252",
    "ansi_x3.4-1968": "ascii",
    "x-gbk": "gb18030",
    "ks_c_5601": "cp949",
    "csksc56011987": "cp949",
    "cseuckr": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "csiso2022jp": "iso2022_jp",
    "csbig5": "cp950",
    "x-x-big5": "cp950",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "tis-620": "cp874",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-greek": "mac-greek",
    "x-mac-turkish": "mac-turkish",
    "x-mac-ce": "mac-latin2",
    "koi": "koi8-r",
    "koi8": "koi8-r",
    "koi8-ru": "koi8-u",
    "utf8mb4": "utf-8",
    "utf-8-sig": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode20utf8": "utf-8",
}
# By Python's names: the superset that senders really use (WHATWG Encoding).
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "cp950",
}
# A code page by its number, under every name that mailers give it: win-1251, x-cp1251, cp_1251, CP-850, IBM 437, ms949.
CODE_PAGE = re.compile(
    r"(?:x[-_ ]?)?(?:windows|win|cp|ibm|oem|dos|ms|codepage|microsoft-cp)[-_ ]?0*(\d{3,5})(?:[a-z]?)"
)
CODE_PAGES = {  # those that Python calls otherwise (Microsoft's list of code page identifiers)
    "10000": "mac-roman",
    "10007": "mac-cyrillic",
    "20127": "ascii",
    "20866": "koi8-r",
    "20932": "euc_jp",
    "21866": "koi8-u",
    "50220": "iso2022_jp",
    "50221": "iso2022_jp",
    "50222": "iso2022_jp",
    "50225": "iso2022_kr",
    "51932": "euc_jp",
    "51936": "gb18030",
    "51949": "cp949",
    "52936": "hz",
    "54936": "gb18030",
    "65000": "utf-7",
    "65001": "utf-8",
    **{str(28590 + part): f"iso8859-{part}" for part in range(1, 17)},
}
# Quadratic, or they read escapes instead of a charset.
REFUSED = {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
SINGLE_BYTE = ("ascii", "cp125", "cp4", "cp7", "cp8", "iso8859", "koi8", "mac")
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


@lru_cache(500)
def known(declared: str) -> str:
    """The codec to use for a declared charset name, or an empty string if there is none to trust."""
    name = declared.strip().strip("\"'").lower()[:40]
    name = ALIASES.get(name, name)
    if page := CODE_PAGE.fullmatch(name):
        name = CODE_PAGES.get(page[1], f"cp{page[1]}")
    if name in ("", "unknown-8bit", "x-unknown"):
        return ""
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    codec = SUPERSETS.get(codec, codec)
    return "" if codec.replace("-", "_") in REFUSED else codec


def attempt(content: bytes, codec: str, errors: str) -> str | None:
    try:
        if codec in iso2022jp.NAMES:
            return iso2022jp.decode(content, errors)
        return content.decode(codec, errors)
    except (LookupError, ValueError):  # LookupError: a codec that is no charset, such as base64
        return None


def mostly_readable(text: str) -> bool:
    """Whether a lossy decoding found more letters beyond ASCII than it lost: then the charset was right."""
    lost = text.count("\ufffd")
    return lost < sum(1 for char in text if ord(char) > 127) - lost
