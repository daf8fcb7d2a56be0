"""File names out of mail, made safe to show and to save under."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

LIMIT = 255
KNOWN = {"message/rfc822": ".eml", "message/global": ".eml", "text/plain": ".txt", "image/jpeg": ".jpg"}
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format, surrogate, separators
# Letters and marks by their category, and blank all the same: rows of them push an ending out of sight.
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]+"
)
FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')
# Devices on Windows, whatever follows a dot.
RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[\d\u00b9\u00b2\u00b3])\s*(?:\.|$)", re.I
)


def safe(name: str, fallback: str = "attachment") -> str:
    """`name` without path, control, direction or blank characters and outer dots, at most LIMIT characters.

    The ending survives the cut, because it is what tells a person and a system what the file is.
    """
    name = "".join(" " if unicodedata.category(char) in UNSEEN else char for char in BLANK.sub("", name))
    name = FORBIDDEN.sub("_", " ".join(name.split())).lstrip(". ").rstrip(". ")
    if not name.strip("_"):
        name = fallback
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LIMIT and dot and len(ending) <= 20:
        return f"{stem[: LIMIT - 1 - len(ending)]}.{ending}"
    return name[:LIMIT].rstrip(". ")


def unnamed(content_type: str, position: int) -> str:
    ending = KNOWN.get(content_type) or mimetypes.guess_extension(content_type, strict=False) or ".bin"
    if ending == ".bin" and content_type.startswith(("text/", "message/")):
        ending = ".txt"
    return f"part-{position + 1}{ending}"
