"""`cid:` images (RFC 2392) of a sanitised page as `data:` addresses, so that its frame fetches nothing."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import unquote

SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
MAX_TOTAL = 20 * 1024 * 1024  # bytes of images in one page, each occurrence counted
CID = re.compile(r'src="cid:([^"]{1,3000})"', re.I)


def content_ids(html: str) -> set[str]:
    """The ids of the parts that the page shows."""
    return {unquote(unescape(found)) for found in CID.findall(html)}


def embed(html: str, images: Mapping[str, tuple[str, bytes]]) -> str:
    """`html` with its images in place, taken from `images`: content id to content type and bytes."""
    left = MAX_TOTAL

    def replace(match: re.Match[str]) -> str:
        nonlocal left
        kind, content = images.get(unquote(unescape(match[1])), ("", b""))
        if kind not in SHOWN_TYPES or len(content) > left:
            return 'src="data:,"'
        left -= len(content)
        return f'src="data:{kind};base64,{base64.b64encode(content).decode()}"'

    return CID.sub(replace, html)
