"""What of a page a person sees: elements that nobody could see are left out, text that nobody could read is told apart.

The page that is shown is made of these events, and so is the text that a model reads: so the one holds no word that the
other does not. Judged is the page as it is shown here: in a frame of its own, remote images blocked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from emails.parsing.backgrounds import fills
from emails.parsing.colours import WHITE, Colour, colour, contrast, hexadecimal, old_colour, over
from emails.parsing.markup import INLINE, TABLE, VOID, Event, events
from emails.parsing.style import BEYOND, Style, font_size, pixels, style, written

TINY = 4  # pixels of a letter, which nobody reads
FAINT = 1.2  # contrast; light grey on white has 1.5
FAINTEST = 0.1  # opacity
FLAT = 1  # pixels of a box that shows nothing of what it holds
INK, LINK = Colour(0.1, 0.1, 0.1), Colour(0, 0, 0.93)  # where a page does not say
DOT = 2  # pixels of an image that is there to be fetched, not looked at
# What elements do to the size of letters by themselves.
SIZES = {
    "small": 5 / 6,
    "sub": 5 / 6,
    "sup": 5 / 6,
    "big": 1.2,
    "h1": 2,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
}
DRESSES = ("color", "bgcolor", "style")
DRESSING = frozenset(
    {"a", "mark", "hidden", *SIZES, *DRESSES}
)  # elements and attributes that change how text looks
SIZE = re.compile(r"\s*([\d.]{1,8})(?:px)?\s*")
SIZED = ("height", "max-height", "width", "max-width")
MOVED = ("text-indent", "margin", "margin-left", "margin-top")
PLACED = ("left", "right", "top", "bottom")
CLIPPED = re.compile(
    r"rect\(\s*(\S+?)[\s,]+\S+?[\s,]+\1[\s,]+\S+?\s*\)|inset\(\s*(?:[5-9]\d|\d{3,})%|circle\(\s*0\S*\s*[a)]"
)
SHRUNK = re.compile(r"scale[xy]?\(\s*0?(?:\.0\d*)?\s*[,)]|opacity\(\s*(?:0?(?:\.0\d*)?|\d%)\s*\)")


class Look(NamedTuple):
    """How text looks that stands here; each element passes it on to what it holds."""

    size: float = 16
    """Of a letter, in pixels."""
    ink: Colour = INK
    ground: tuple[Colour, ...] | None = (WHITE,)
    """What is behind it: one colour, or those of a gradient; None where nobody can tell."""
    opacity: float = 1
    shown: bool = True

    @property
    def legible(self) -> bool:
        if not self.shown or self.size < TINY or self.opacity < FAINTEST:
            return False
        return self.ground is None or any(contrast(over(self.ink, one), one) >= FAINT for one in self.ground)


@lru_cache(maxsize=1)  # for the page and then for its text
def visible(source: str) -> list[Event]:
    """`events` without the elements that cannot be seen; text and images that cannot be made out are "faint".

    Each `style` holds what was understood of it, and the colours of old attributes are ones that a browser knows.
    """
    return list(seen(events(source)))


def seen(page: Iterator[Event]) -> Iterator[Event]:
    looks = [Look()]
    hidden = 0  # how deep in an element that cannot be seen
    for kind, name, attributes in page:
        if hidden:
            hidden += (kind == "start" and name not in VOID) - (kind == "end")
        elif kind == "text":
            yield "text" if legible(looks[-1]) else "faint", name, attributes
        elif kind == "end":
            looks.pop()
            yield kind, name, attributes
        else:
            attributes = understood(name, attributes)
            look: Look | None = looks[-1]
            if name in DRESSING or not DRESSING.isdisjoint(attributes):
                told = "hidden" in attributes, *map(attributes.get, DRESSES)
                look = inside(looks[-1], name, *told)
            if look is None or (name == "img" and not look.shown):
                hidden = name not in VOID
                continue
            if name not in VOID:
                looks.append(look)
            elif "alt" in attributes and (is_dot(attributes) or not legible(look)):
                del attributes["alt"]
            yield kind, name, attributes


@lru_cache(maxsize=1000)
def legible(look: Look) -> bool:
    return look.legible


def understood(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    if (
        tag == "a" and "href" not in attributes
    ):  # the frame shows each `a` as a link, whatever became of its target
        attributes["style"] = f"color: inherit; {attributes.get('style', '')}"
    if "style" in attributes:
        attributes["style"] = written(attributes["style"])
    for name in ("color", "bgcolor"):
        if found := old_colour(attributes.pop(name, "")):
            attributes[name] = hexadecimal(found)[:7]
    return attributes


@lru_cache(maxsize=1000)
def inside(
    outer: Look,
    tag: str,
    hidden: bool,
    color: str | None,
    bgcolor: str | None,
    css: str | None,
) -> Look | None:
    """The look of what stands in an element with these attributes (DRESSES); None if none of it can be seen."""
    said = style(css or "")
    if said.get("display", "none" if hidden else "").lower() == "none" or flat(tag, said) or away(said):
        return None
    opacity = outer.opacity * portion(said.get("opacity", "1"))
    if opacity < FAINTEST:
        return None
    sized = "font" in said or "font-size" in said
    return Look(
        size=font_size(said, outer.size) if sized else outer.size * SIZES.get(tag, 1),
        ink=ink_of(outer, tag, color, said),
        ground=None if tag == "mark" else ground_of(outer, bgcolor, said),
        opacity=opacity,
        shown=said["visibility"].lower() == "visible" if "visibility" in said else outer.shown,
    )


def flat(tag: str, said: Style) -> bool:
    """Whether it is a box without room that cuts off what does not fit."""
    if said.get("overflow", "visible").lower() == "visible" or tag in TABLE:
        return False
    if tag in INLINE and said.get("display", "inline").lower() == "inline" and "float" not in said:
        return False
    if any(
        (pixels(value) or 0) > FLAT for name, value in said.items() if name.startswith(("min-", "padding"))
    ):
        return False
    sizes = (pixels(said[name]) for name in SIZED if name in said)
    return any(size is not None and size <= FLAT for size in sizes)


def away(said: Style) -> bool:
    """Whether it is moved out of sight, cut away, or shrunk to nothing."""
    placed = said.get("position", "static").lower() in ("absolute", "fixed", "relative")
    moved = (*MOVED, *PLACED) if placed else MOVED
    if any(name in said and BEYOND.search(said[name]) for name in moved):
        return True
    clip = f"{said.get('clip', '')} {said.get('clip-path', '')}".lower()
    shape = f"{said.get('transform', '')} {said.get('filter', '')}".lower()
    return bool(
        CLIPPED.search(clip) or SHRUNK.search(shape) or ("translate" in shape and BEYOND.search(shape))
    )


def is_dot(attributes: dict[str, str]) -> bool:
    """Whether it is no larger than a dot: so are images that only tell that a message was read."""
    said = style(attributes.get("style", ""))
    sizes = [
        float(found[1].strip(".") or 0)
        for name in ("width", "height")
        if name in attributes and (found := SIZE.fullmatch(attributes[name])) and found[1].count(".") < 2
    ]
    sizes += [size for name in SIZED if name in said and (size := pixels(said[name])) is not None]
    return bool(sizes) and max(sizes) <= DOT


def ground_of(outer: Look, bgcolor: str | None, said: Style) -> tuple[Colour, ...] | None:
    filled = fills(said)
    hinted = colour(bgcolor or "")
    if hinted and not filled and "background" not in said and "background-color" not in said:
        filled = [hinted]
    if not filled:
        return outer.ground if filled == [] else None
    if outer.ground is None:
        return tuple(filled) if all(one.alpha == 1 for one in filled) else None
    return tuple(over(one, under) for one in filled for under in outer.ground)[:8]


def ink_of(outer: Look, tag: str, color: str | None, said: Style) -> Colour:
    if "color" in said:
        return colour(said["color"]) or outer.ink
    if tag == "font" and (found := colour(color or "")):
        return found
    return LINK if tag == "a" else outer.ink


def portion(value: str) -> float:
    return min(float(value.rstrip("%")) / (100 if value.endswith("%") else 1), 1)
