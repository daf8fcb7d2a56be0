"""How senders hide what stands in a page for the list of messages, or for another program: such elements are left out.

This is a courtesy to newsletters and guards nothing: what is not recognised here is shown, as `emails.parsing.bounds`
lets nothing else happen to it.
"""

from __future__ import annotations

import re

from emails.parsing.markup import INLINE, TABLE
from emails.parsing.style import Style, pixels, style

FLAT = 1  # pixels of a box that shows nothing of what it holds
DOT = 2  # pixels of an image that is there to be fetched, not looked at
SIZE = re.compile(r"\s*([\d.]{1,8})(?:px)?\s*")
SIZED = ("height", "max-height", "width", "max-width")
MOVED = ("text-indent", "margin", "margin-left", "margin-top")
PLACED = ("left", "right", "top", "bottom")
# Beyond any edge: hundreds of pixels to the left or top, or thousands to either side.
BEYOND = re.compile(
    r"-(?:[5-9]\d\d|\d{4,})(?:\.\d*)?(?:px|pt)|-?\d{4,}(?:\.\d*)?(?:px|pt)|-?\d{3,}(?:\.\d*)?(?:r?em|vw|vh)|-[3-9]\d(?:\.\d*)?r?em|-\d{3,}(?:\.\d*)?%"
)
CLIPPED = re.compile(
    r"rect\(\s*(\S+?)[\s,]+\S+?[\s,]+\1[\s,]+\S+?\s*\)|inset\(\s*(?:[5-9]\d|\d{3,})%|circle\(\s*0\S*\s*[a)]"
)
SHRUNK = re.compile(r"scale[xy]?\(\s*0?(?:\.0\d*)?\s*[,)]|opacity\(\s*(?:0?(?:\.0\d*)?|\d%)\s*\)")


def hidden(tag: str, said: Style, by_attribute: bool) -> bool:
    """Whether its sender hid it: by the attribute `hidden`, by its display, without room or out of sight."""
    return said.get("display", "none" if by_attribute else "") == "none" or flat(tag, said) or away(said)


def flat(tag: str, said: Style) -> bool:
    """Whether it is a box without room that cuts off what does not fit."""
    if said.get("overflow", "visible") == "visible" or tag in TABLE:
        return False
    if tag in INLINE and said.get("display", "inline") == "inline" and "float" not in said:
        return False
    if any(
        (pixels(value) or 0) > FLAT for name, value in said.items() if name.startswith(("min-", "padding"))
    ):
        return False
    sizes = (pixels(said[name]) for name in SIZED if name in said)
    return any(size is not None and size <= FLAT for size in sizes)


def away(said: Style) -> bool:
    """Whether it is moved out of sight, cut away, or shrunk to nothing."""
    placed = said.get("position", "static") in ("absolute", "fixed", "relative")
    moved = (*MOVED, *PLACED) if placed else MOVED
    if any(name in said and BEYOND.search(said[name]) for name in moved):
        return True
    clip = f"{said.get('clip', '')} {said.get('clip-path', '')}"
    shape = f"{said.get('transform', '')} {said.get('filter', '')}"
    return bool(
        CLIPPED.search(clip) or SHRUNK.search(shape) or ("translate" in shape and BEYOND.search(shape))
    )


def is_dot(attributes: dict[str, str]) -> bool:
    """Whether it is no larger than a dot: so are images that only tell that a message was read."""
    said = style(attributes["style"]) if "style" in attributes else {}
    sizes = [
        float(found[1].strip(".") or 0)
        for name in ("width", "height")
        if name in attributes and (found := SIZE.fullmatch(attributes[name])) and found[1].count(".") < 2
    ]
    sizes += [size for name in SIZED if name in said and (size := pixels(said[name])) is not None]
    return bool(sizes) and max(sizes) <= DOT
