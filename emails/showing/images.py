"""Images of a sanitised page that are not to be fetched."""

from __future__ import annotations

import re

REMOTE = re.compile(
    r"<img\b((?:[^>\"]|\"[^\"]*+\")*?\ssrc=\"https?:[^\"]*+\"(?:[^>\"]|\"[^\"]*+\")*+)>", re.I
)
ALT = re.compile(r"\salt=\"([^\"]*)\"", re.I)
SIZE = re.compile(r"\s(width|height)=\"(\d{1,4})\"", re.I)
SEEN = 16  # pixels; what is smaller is no picture


def without_remote(html: str) -> str:
    """`html` with a box in place of each remote image, where a browser would show a sign of failure."""
    return REMOTE.sub(_box, html)


def _box(image: re.Match[str]) -> str:
    alt = ALT.search(image[1])
    size = {name.lower(): int(number) for name, number in SIZE.findall(image[1])}
    if not (alt and alt[1].strip()) and min(size.get("width", 0), size.get("height", 0)) < SEEN:
        return ""
    # A cell of a table is as wide as what is in it asks for: no more than there is.
    width = {"width": "min({}px,100%)"}
    style = "".join(
        f"{name}:{width.get(name, '{}px').format(number)};" for name, number in size.items() if number >= SEEN
    )
    return f'<span class="withheld" style="{style}">{alt[1] if alt else ""}</span>'
