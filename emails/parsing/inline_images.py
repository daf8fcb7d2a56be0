"""`cid:` images (RFC 2392) of a sanitised page as `data:` addresses, so that its frame fetches nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import unquote

SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
# By their first bytes (WHATWG MIME Sniffing, 6.1): the types that senders declare are often wrong.
SIGNATURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/bmp": b"BM",
}
BRANDS = {b"WEBP": "image/webp", b"avif": "image/avif", b"avis": "image/avif"}
MAX_TOTAL = 20 * 1024 * 1024  # bytes of images in one page
MAX_REPEATED = 2 * 1024 * 1024  # and of those that are shown again: a page may name one a thousand times
CID = re.compile(r'src="cid:([^"]{1,3000})"', re.I)


def image_type(content: bytes) -> str:
    """The type of an image that a page can show; empty if it is none."""
    if content.startswith(b"RIFF") or content[4:8] == b"ftyp":
        return BRANDS.get(content[8:12], "")
    return next((kind for kind, begins in SIGNATURES.items() if content.startswith(begins)), "")


def content_ids(html: str) -> set[str]:
    """The ids of the parts that the page shows."""
    return {unquote(unescape(found)) for found in CID.findall(html)}


def embed(html: str, images: Mapping[str, tuple[str, bytes]]) -> str:
    """`html` with its images in place, taken from `images`: content id to content type and bytes."""
    left = {False: MAX_TOTAL, True: MAX_REPEATED}
    shown: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        name = unquote(unescape(match[1]))
        kind, content = images.get(name, ("", b""))
        again = name in shown
        if kind not in SHOWN_TYPES or len(content) > left[again]:
            return 'src="data:,"'
        left[again] -= len(content)
        shown.add(name)
        return f'src="data:{kind};base64,{base64.b64encode(content).decode()}"'

    return CID.sub(replace, html)
