"""File names out of mail, made safe to show and to save under."""

from __future__ import annotations

import mimetypes
import re
import unicodedata

LIMIT = 255
KNOWN = {"message/rfc822": ".eml", "message/global": ".eml", "text/plain": ".txt", "image/jpeg": ".jpg"}
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, format, surrogate, separators
FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)  # devices on Windows


def safe(name: str, fallback: str = "attachment") -> str:
    """`name` without path, control or direction characters and leading dots, at most LIMIT characters.

    The ending survives the cut, because it is what tells a person and a system what the file is.
    """
    name = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in name
    )
    name = FORBIDDEN.sub("_", " ".join(name.split())).lstrip(". ").rstrip(". ")
    if not name.strip("_"):
        name = fallback
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > LIMIT and dot and len(ending) <= 20:
        return f"{stem[: LIMIT - 1 - len(ending)]}.{ending}"
    return name[:LIMIT]


def unnamed(content_type: str, position: int) -> str:
    ending = KNOWN.get(content_type) or mimetypes.guess_extension(content_type, strict=False) or ".bin"
    if ending == ".bin" and content_type.startswith(("text/", "message/")):
        ending = ".txt"
    return f"part-{position + 1}{ending}"
