"""The CSS that a page keeps: properties and values with which no word can be hidden. This is the rule, in one place.

A page is shown with its text in the flow, and whatever is kept of a message stays inside these bounds:

- nothing is moved, cut off, turned, shrunk, faded or laid over another: no position, transform, clip, overflow,
  opacity, filter, shadow, column or negative length is kept, and of `display` only blocks and lines;
- letters have between SMALLEST and LARGEST pixels, lines a height of one to two letters, and every size is written in
  pixels, so that nesting multiplies nothing;
- spacing to the sides takes at most ROOM pixels of the page's width in all, whatever is nested or stands side by side
  (cells of a row share what is left); boxes have no height of their own but a least one;
- a box is no wider than what it stands in, and none with words in it narrower than NARROW;
- words break where they do not fit (in the frame's own sheet), and no word stands in a font of signs.

That the words stand out from what is behind them is a matter of `emails.parsing.colouring`; that no long emptiness
stands before them, of `emails.parsing.spacing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from emails.parsing.colours import colour, hexadecimal
from emails.parsing.names import names
from emails.parsing.style import pixels

ROOM = 160.0
SMALLEST, LARGEST = 9.0, 96.0
LEAST_LINE, MOST_LINE = 1.0, 2.0
HIGHEST_SPACE = 80.0  # pixels above or below
WIDEST_BORDER, ROUNDEST = 8.0, 8.0
TALLEST_BOX, WIDEST = 400.0, 2000.0
TALLEST_IMAGE, WIDEST_IMAGE = 1200.0, 800.0  # a broken one does not shrink to the room that there is
WIDEST_RULE = 600.0
WIDEST_TABLE = 640.0  # nor does a table in a cell
NARROW, NARROW_CELL = 100.0, 40.0
IN_LINE = (
    2.0  # pixels above and below a part of a line; with more it becomes a box, which covers no other line
)
PERCENT = 6.0  # pixels of a hundredth of the page's width
THICKNESS = {"thin": 1.0, "medium": 3.0, "thick": 5.0}
LINES = names("none hidden solid dotted dashed double groove ridge inset outset")
MARKERS = names(
    "none disc circle square decimal lower-alpha upper-alpha lower-latin upper-latin lower-roman upper-roman"
)
WORDS = {
    "text-align": names("left right center justify start end"),
    "text-transform": names("none uppercase lowercase capitalize"),
    "font-style": names("normal italic oblique"),
    "font-variant": names("normal small-caps"),
    "font-weight": names("normal bold bolder lighter 100 200 300 400 500 600 700 800 900"),
    "vertical-align": names("baseline top middle bottom sub super text-top text-bottom"),
    "direction": names("ltr rtl"),
    "float": names("left right none"),
    "clear": names("left right both none"),
    "border-collapse": names("collapse separate"),
    "list-style-type": MARKERS,
    "list-style-position": names("inside outside"),
}
SEVERAL = {
    "text-decoration": names("none underline line-through overline"),
    "text-decoration-line": names("none underline line-through overline"),
    "list-style": MARKERS | names("inside outside"),
}
SPACES = {
    "normal": "normal",
    "nowrap": "normal",
    "pre": "pre-wrap",
    "pre-wrap": "pre-wrap",
    "pre-line": "pre-line",
}
SIGNS = re.compile(
    r"wingdings|webdings|symbol|dingbat|marlett|mdl2|fluent|emoji|icon|awesome|blank|last ?resort|bar ?code|code ?\d"
    r"|redact",
    re.I,
)
FAMILY = re.compile(r"[\w .-]{1,60}")
TOKEN = re.compile(r"[^\s(]+(?:\([^()]*\))?")
AUTO = float("inf")
WHICH = {
    1: (0, 0, 0, 0),
    2: (0, 1, 0, 1),
    3: (0, 1, 2, 1),
    4: (0, 1, 2, 3),
}  # value for which side (CSS 2.1, 8.3)
SIDES = ("top", "right", "bottom", "left")


@dataclass
class Box:
    """An element whose declarations are being kept."""

    tag: str
    size: float
    """Of its letters in pixels, as its sender means it."""
    room: float
    """Pixels to the sides that it may still take."""
    text: bool
    """Whether it holds words."""
    inline: bool
    cramped: bool
    """Whether there has been emptiness enough above it."""
    columns: int = 1
    """How many stand side by side."""
    nested: bool = False
    """Whether it stands in a table."""
    above: float = 0
    below: float = 0
    boxed: bool = False
    """It was part of a line, and is a box in it from now on."""

    def across(self, length: float) -> float:
        taken = max(0.0, min(length, self.room))
        self.room -= taken
        return taken

    def down(self, length: float, above: bool) -> float:
        taken = 0.0 if self.cramped else max(0.0, min(length, HIGHEST_SPACE))
        if self.inline and taken > IN_LINE:
            self.boxed = True
        self.above += taken * above
        self.below += taken * (not above)
        return taken


def kept(name: str, value: str, box: Box) -> str | None:
    """The value to be written for a declaration that counts; None if it is left out."""
    if name in WORDS:
        return value if value in WORDS[name] else None
    if name in SEVERAL:
        return value if set(value.split()) <= SEVERAL[name] else None
    rule = RULES.get(name)
    return rule(name, value, box) if rule else None


def px(length: float) -> str:
    return f"{length:.4g}px" if round(length, 2) else "0"


def spaces(name: str, value: str, box: Box) -> str | None:
    """Margins and padding: of one side, or the shorthand of all."""
    kind, _, side = name.partition("-")
    said = [measured(one, box, kind) for one in value.split()]
    lengths = [one for one in said if one is not None]
    if not 1 <= len(lengths) == len(said) <= 4:
        return None
    if side:
        return space(lengths[0], side, kind, box)
    of_sides = (lengths[at] for at in WHICH[len(lengths)])
    top, right, bottom, left = (
        space(one, side, kind, box) for one, side in zip(of_sides, SIDES, strict=True)
    )
    if left != right:
        return f"{top} {right} {bottom} {left}"
    return f"{top} {right} {bottom}" if top != bottom else f"{top} {right}" if top != right else top


def measured(value: str, box: Box, kind: str) -> float | None:
    """In pixels; AUTO for what a browser is to find out."""
    if value == "auto":
        return AUTO if kind == "margin" else None
    length = pixels(value, box.size)
    return float(value.rstrip("%")) * PERCENT if value.endswith("%") and length is not None else length


def space(length: float, side: str, kind: str, box: Box) -> str:
    if side in ("left", "right"):
        return "auto" if length == AUTO else px(box.across(length))
    # The margins of a part of a line have no effect above and below.
    return "0" if length == AUTO or (box.inline and kind == "margin") else px(box.down(length, side == "top"))


def border(name: str, value: str, box: Box) -> str | None:
    """The shorthand of one side or of all, and the longhands of widths, styles and colours."""
    sides = [side for side in SIDES if f"-{side}" in name] or list(SIDES)
    written = []
    for token in TOKEN.findall(value):
        width = THICKNESS.get(token, pixels(token, box.size))
        if width is not None:
            width = max(0.0, min(width, WIDEST_BORDER))
            across = min([box.across(width) for side in sides if side in ("left", "right")], default=width)
            down = min(
                [box.down(width, side == "top") for side in sides if side in ("top", "bottom")], default=width
            )
            written.append(px(min(across, down)))
        elif token in LINES:
            written.append(token)
        elif paint := colour(token):
            written.append(hexadecimal(paint))
        else:
            return None
    return " ".join(written) or None


def width(name: str, value: str, box: Box) -> str | None:
    """Never more than there is. Of what holds words never too little."""
    if value == "auto" or value == "100%":
        return value
    if value.endswith("%"):
        share = pixels(value, 100) or 0
        fits = share <= 100 and (not box.text or share >= 10) and box.tag in ("table", "td", "th", "img")
        return f"{share:g}%" if fits and name == "width" else None
    length = pixels(value, box.size)
    if length is None or length > WIDEST:
        return None
    if box.tag == "table" and box.nested and length > WIDEST_TABLE / box.columns:
        return "100%" if name == "width" else None
    if box.tag == "img":
        return px(min(length, WIDEST_IMAGE / box.columns))
    if box.tag in ("td", "th"):
        if name != "width" or (box.text and length < NARROW_CELL):
            return None
        return px(length if box.text else box.across(length))
    if box.text and length < NARROW:
        return None
    return f"min({px(length)}, 100%)"


def height(name: str, value: str, box: Box) -> str | None:
    """Of an image as it is; of a box only a least one, so that nothing stands over its edge."""
    length = pixels(value, box.size) if not value.endswith("%") else None
    if box.tag == "img":
        return "auto" if value == "auto" else px(min(length, TALLEST_IMAGE)) if length is not None else None
    if length is None or box.inline or box.cramped or box.tag in ("table", "tbody", "thead", "tfoot"):
        return None
    length = min(length, TALLEST_BOX)
    box.above += length
    box.below += length
    return px(length)


def line_height(name: str, value: str, box: Box) -> str | None:
    """As a number, which goes with the size of whatever letters stand in it."""
    if value == "normal":
        return value
    if value.replace(".", "", 1).isdigit():
        factor = float(value)
    else:
        length = pixels(value, box.size)
        if length is None:
            return None
        factor = length / box.size if box.size else LEAST_LINE
    return f"{max(LEAST_LINE, min(factor, MOST_LINE)):.4g}"


def tracking(name: str, value: str, box: Box) -> str | None:
    length = 0.0 if value == "normal" else pixels(value, box.size)
    return None if length is None else px(max(-0.5, min(length, 8.0)))


def radius(name: str, value: str, box: Box) -> str | None:
    lengths = [pixels(one, 100) for one in value.split()]
    known = [one for one in lengths if one is not None and one >= 0]
    return " ".join(px(min(one, ROUNDEST)) for one in known) if 0 < len(known) == len(lengths) < 5 else None


def family(name: str, value: str, box: Box) -> str | None:
    """Those in which letters are letters."""
    said = [one.strip("\"' ") for one in value.split(",")]
    return (
        ", ".join(
            f"'{one}'" if " " in one else one
            for one in said
            if FAMILY.fullmatch(one) and not SIGNS.search(one)
        )
        or None
    )


def display(name: str, value: str, box: Box) -> str | None:
    return value if value in ("block", "inline", "inline-block") and not table_part(box.tag) else None


def table_part(tag: str) -> bool:
    return tag in ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "li")


def white_space(name: str, value: str, box: Box) -> str | None:
    return SPACES.get(value)


BORDERS = ("border", *(f"border-{side}" for side in SIDES))
RULES: dict[str, Callable[[str, str, Box], str | None]] = {
    **{
        f"{kind}{side}": spaces
        for kind in ("margin", "padding")
        for side in ("", *(f"-{one}" for one in SIDES))
    },
    **{f"{one}{what}": border for one in BORDERS for what in ("", "-width", "-style", "-color")},
    **dict.fromkeys(("width", "max-width"), width),
    **dict.fromkeys(("height", "min-height"), height),
    "line-height": line_height,
    **dict.fromkeys(("letter-spacing", "word-spacing"), tracking),
    "border-radius": radius,
    "font-family": family,
    "display": display,
    "white-space": white_space,
}
