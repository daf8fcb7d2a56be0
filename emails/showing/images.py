"""Images of a sanitised page that are not to be fetched."""

from __future__ import annotations

import re

REMOTE = re.compile(
    r"<img\b((?:[^>\"]|\"[^\"]*+\")*?\ssrc=\"https?:[^\"]*+\"(?:[^>\"]|\"[^\"]*+\")*+)>", re.I
)
PICTURE = re.compile(r",?\s*url\((?:&quot;|&#39;|['\"])?https?:[^)]*\)", re.I)
STYLE = re.compile(r"\sstyle=\"[^\"]*\"", re.I)
TAG = re.compile(r"<[a-z][^>]*>", re.I)
ALT = re.compile(r"\salt=\"([^\"]*)\"", re.I)
SIZE = re.compile(r"\s(width|height)=\"(\d{1,4})\"", re.I)
HIGHEST = 400  # pixels of a box
SEEN = 16  # pixels; what is smaller is no picture


def without_remote(html: str) -> str:
    """`html` with a box in place of each remote image, where a browser would show a sign of failure, and no background
    from elsewhere: nothing in it refers to another server but links."""
    return TAG.sub(_plain, REMOTE.sub(_box, html)) if "url(" in html else REMOTE.sub(_box, html)


def _plain(tag: re.Match[str]) -> str:
    return STYLE.sub(lambda style: PICTURE.sub("", style[0]), tag[0])


def _box(image: re.Match[str]) -> str:
    alt = ALT.search(image[1])
    size = {name.lower(): int(number) for name, number in SIZE.findall(image[1])}
    if not (alt and alt[1].strip()) and min(size.get("width", 0), size.get("height", 0)) < SEEN:
        return ""
    # A cell of a table is as wide as what is in it asks for: no more than there is. The box grows with its words.
    length = {"width": "min({}px,100%)", "height": "{}px"}
    style = "".join(
        f"{name}:{length[name].format(min(number, HIGHEST))};"
        for name, number in size.items()
        if number >= SEEN
    )
    return f'<span class="withheld" style="{style}">{alt[1] if alt else ""}</span>'
