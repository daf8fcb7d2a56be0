"""How an element looks on the page that is shown, and the style that makes it so."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from emails.parsing.backgrounds import SHOWN, UNSAFE, Paint, paint_of
from emails.parsing.bounds import LARGEST, ROOM, SMALLEST, Box, kept, px
from emails.parsing.colouring import (
    FAINT,
    INK,
    LINK,
    Ground,
    filled,
    plain,
    readable,
    seen,
    standing_out,
    veil,
    veiled,
    written,
)
from emails.parsing.colours import BLACK, Colour, colour, hexadecimal, old_colour
from emails.parsing.hidden import hidden
from emails.parsing.markup import BLOCK, INLINE, VOID
from emails.parsing.style import FONT, Style, font_size, style

TINY = 4  # pixels of a letter, which its sender meant nobody to read
FAINTEST = 0.1  # opacity
FILLED_LINE = 1.4  # height of a filled line, in letters, at which it covers no other
NOT_CRAMPED = 16.0  # pixels of a letter that fits into any column
MARKER = Colour(1, 1, 0)  # behind <mark>
PICTURED = BLOCK | {"table", "td", "th"}
# What elements do to the size of letters by themselves, and what they take of the room to the sides.
SIZES = {
    "small": 5 / 6,
    "sub": 5 / 6,
    "sup": 5 / 6,
    "big": 1.2,
    "h1": 2.0,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
}
INSETS = {"blockquote": 19.0, "ul": 40.0, "ol": 40.0, "dd": 40.0, "figure": 80.0, "fieldset": 28.0}
OLD_SIZES = (10, 10, 13, 16, 18, 24, 32, 48)  # of <font size>, from 0


class Hints(NamedTuple):
    """What attributes of old HTML say of an element's look."""

    hidden: bool = False
    color: str = ""
    bgcolor: str = ""
    background: str = ""
    size: str = ""
    face: str = ""
    align: str = ""


class Look(NamedTuple):
    """Each element passes it on to what it holds."""

    size: float = 16
    """Of a letter in pixels, as its sender means it."""
    letter: float = 16
    """And as it is written; 0 where nobody was meant to read it."""
    line: float = 1.5
    ink: Colour = INK
    shown_ink: Colour = INK
    ground: Ground = Ground()
    filled: bool = False
    """Whether something of the message paints what is behind it."""
    in_line: bool = False
    """Whether that is but a part of a line: a box within it stands over its edges."""
    opacity: float = 1
    shown: bool = True
    room: float = ROOM
    columns: int = 1
    """How many stand side by side here."""
    nested: bool = False
    """Whether this is in a table."""

    @property
    def line_height(self) -> float:
        """Pixels."""
        return max(self.letter * self.line, NOT_CRAMPED)

    @property
    def legible(self) -> bool:
        if not self.shown or not self.letter:
            return False
        return self.ground.pictured or standing_out(seen(self.ink, self.ground), self.ground) >= FAINT


class Shown(NamedTuple):
    look: Look
    style: str
    above: float = 0
    below: float = 0


@lru_cache(maxsize=4000)
def shown(outer: Look, tag: str, css: str, hints: Hints, text: bool, cramped: bool) -> Shown | None:
    """How an element looks that stands in `outer`; None if its sender hid it. `text`: whether it holds words."""
    own = style(css)
    if hidden(tag, own, hints.hidden):
        return None
    opacity = outer.opacity * portion(own.get("opacity", "1"))
    if opacity < FAINTEST:
        return None
    said = {**hinted(tag, hints), **own}
    sizes = "font-size" in said or "font" in said
    size = font_size(said, outer.size) if sizes else outer.size * SIZES.get(tag, 1)
    letter = 0.0 if size < TINY else min(max(size, SMALLEST), max(NOT_CRAMPED, LARGEST / outer.columns))
    floats = said.get("float") in ("left", "right") or (tag == "table" and hints.align in ("left", "right"))
    inline = not floats and in_a_line(tag, said.get("display", ""))
    room = outer.room - INSETS.get(tag, 0)
    box = Box(tag, size, max(room, 0.0), text, inline and tag != "img", cramped, outer.columns, outer.nested)
    ink = ink_of(outer, tag, said)
    painted, ground, fills = behind(outer, tag, paint_of(said), ink, text, inline, floats)
    shown_ink = readable(ink, ground)

    out: dict[str, str] = {"margin": "0", "border": "0", "padding": "0"} if room < 0 and tag in INSETS else {}
    line = outer.line
    for name, value in said.items():
        if name == "color":
            out[name] = written(shown_ink)
        elif name.startswith("background"):
            out |= painted
        elif name == "font-size":
            out[name] = px(letter)
        elif name == "font":
            out |= expanded(value, letter, box)
        elif (kept_value := kept(name, value, box)) is not None:
            out["min-height" if name == "height" and tag not in ("img", "tr", "td", "th") else name] = (
                kept_value
            )
    if "font-size" not in out and abs(outer.letter * SIZES.get(tag, 1) - letter) > 0.1:
        out["font-size"] = px(letter)
    if "color" not in out and shown_ink != (
        LINK if tag == "a" else BLACK if tag == "mark" else outer.shown_ink
    ):
        out["color"] = written(shown_ink)
    out |= {name: value for name, value in painted.items() if name not in out}
    if "line-height" in out:
        line = FILLED_LINE if out["line-height"] == "normal" else float(out["line-height"])
    if box.boxed and out.get("display", "inline") == "inline":
        out["display"] = "inline-block"
    in_line = inline and not box.boxed
    if in_line and fills and line < FILLED_LINE:
        out["line-height"], line = f"{FILLED_LINE}", FILLED_LINE
    look = Look(
        size=size,
        letter=letter,
        line=line,
        ink=ink,
        shown_ink=shown_ink,
        ground=ground,
        filled=outer.filled or fills,
        in_line=in_line and (fills or outer.in_line),
        opacity=opacity,
        shown=own["visibility"] == "visible" if "visibility" in own else outer.shown,
        room=box.room,
        columns=outer.columns,
        nested=outer.nested or tag == "table",
    )
    return Shown(look, ";".join(f"{name}:{value}" for name, value in out.items()), box.above, box.below)


def hinted(tag: str, hints: Hints) -> Style:
    """Attributes of old HTML as declarations, which those of a style go before."""
    said: Style = {}
    if tag == "font":
        if found := old_colour(hints.color):
            said["color"] = hexadecimal(found)
        if hints.size and (step := old_size(hints.size)):
            said["font-size"] = f"{step}px"
        if hints.face:
            said["font-family"] = hints.face
    if found := old_colour(hints.bgcolor):
        said["background-color"] = hexadecimal(found)
    if hints.background and SHOWN.match(hints.background) and not UNSAFE.search(hints.background):
        said["background-image"] = f'url("{hints.background}")'
    return said


def old_size(text: str) -> int:
    text = text.strip()
    try:
        step = int(text) + (3 if text[:1] in "+-" else 0)
    except ValueError:
        return 0
    return OLD_SIZES[max(1, min(step, 7))]


def in_a_line(tag: str, display: str) -> bool:
    if display == "inline":
        return tag in INLINE or tag in BLOCK
    return (tag in INLINE or tag in VOID) and display not in ("block", "inline-block")


def ink_of(outer: Look, tag: str, said: Style) -> Colour:
    if "color" in said:
        return colour(said["color"]) or outer.ink
    return LINK if tag == "a" else BLACK if tag == "mark" else outer.ink


def behind(
    outer: Look, tag: str, paint: Paint, ink: Colour, text: bool, inline: bool, floats: bool
) -> tuple[dict[str, str], Ground, bool]:
    """Declarations for what fills an element, what is then behind its letters, and whether it is filled.

    An element that may stand outside of what paints its background, as a float or a box in a line, paints it again.
    """
    fill = paint.fill or (MARKER if tag == "mark" else None)
    declared: dict[str, str] = {}
    ground, fills = outer.ground, False
    if fill and fill.alpha:
        ground, fills = filled(fill, outer.ground), True
    elif outer.filled and (outer.in_line or floats or tag == "caption") and tag not in VOID:
        fills = True
    if fills:
        solid = plain(ground, ink)
        ground = Ground(solid, solid)
        declared["background-color"] = written(solid)
    if paint.picture and tag in PICTURED and not inline:
        layers = [f'url("{paint.picture}")']
        if text:
            cover = veil(seen(ink, outer.ground), fill)
            layers.insert(0, f"linear-gradient({hexadecimal(cover)}, {hexadecimal(cover)})")
            ground, fills = veiled(cover), True
        few = len(layers) == 1
        declared["background-image"] = ", ".join(layers)
        declared["background-size"] = "cover" if few else "auto, cover"
        declared["background-repeat"] = "no-repeat" if few else "repeat, no-repeat"
    return declared, ground, fills


def expanded(value: str, letter: float, box: Box) -> dict[str, str]:
    """The shorthand `font`, which sets back what it does not say."""
    found = FONT.fullmatch(value)
    if not found:
        return {}
    slant, weight, _size, line, families = found.groups()
    said = {"font-style": slant or "normal", "font-weight": weight or "normal", "font-size": px(letter)}
    for name, one in (("line-height", line or "normal"), ("font-family", families)):
        if (kept_value := kept(name, one, box)) is not None:
            said[name] = kept_value
    return said


def portion(value: str) -> float:
    return min(float(value.rstrip("%")) / (100 if value.endswith("%") else 1), 1)
