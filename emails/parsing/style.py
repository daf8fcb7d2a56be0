"""Declarations of CSS, so far as they decide what a person sees.

A declaration is written as it was understood, and one that could hide something in a way that is not understood goes:
so a browser that shows the page, and whoever reads its text, judge by the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from emails.parsing.backgrounds import background, background_image, painted
from emails.parsing.names import names

LONGEST = 4000  # characters of one style
SUSPECT = re.compile(r"[\\<>@]|expression|javascript|-moz-binding|/\*", re.I)
COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
DECLARATION = re.compile(
    r"""[\s;]*+([a-z-]{1,60})\s*+:((?:[^;"'()]++|"[^"]*+"|'[^']*+'|\((?:[^()"']++|"[^"]*+"|'[^']*+'|\([^()]*+\))*+\))*+)(;|\Z)""",
    re.I,
)
IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.I)
LENGTH = re.compile(r"([+-]?(?:\d{1,6}(?:\.\d*)?|\.\d+))(px|pt|em|rem|ex|ch|%|in|cm|mm|pc|vw|vh)?", re.I)
PIXELS = {
    "px": 1,
    "": 1,
    "pt": 4 / 3,
    "em": 16,
    "rem": 16,
    "ex": 8,
    "ch": 8,
    "in": 96,
    "cm": 37.8,
    "mm": 3.78,
    "pc": 16,
}
FONT_SIZES = {
    "xx-small": 9,
    "x-small": 10,
    "small": 13,
    "medium": 16,
    "large": 18,
    "x-large": 24,
    "xx-large": 32,
}
RELATIVE_SIZES = {"smaller": 1 / 1.2, "larger": 1.2}
FONT = re.compile(
    r"(?:normal\s+)?(?:(?:italic|oblique)\s+)?(?:small-caps\s+)?(?:(?:bold|bolder|lighter|[1-9]00)\s+)?([\w.%-]+)"
    r"(?:\s*/\s*(?:normal|[\d.]{1,6}(?:px|pt|em|%)?))?\s+(?:\"[^\"]*\"|'[^']*'|[a-z][\w-]*)"
    r"(?:\s*,\s*(?:\"[^\"]*\"|'[^']*'|[a-z][\w-]*)|\s+[a-z][\w-]*)*"
)
DISPLAYS = names(
    """
    none block inline inline-block table inline-table table-row table-cell table-caption table-row-group
    table-header-group table-footer-group list-item flex inline-flex grid
    inline-grid flow-root
    """
)
# Beyond any edge: thousands of pixels to either side, or hundreds to the left or top.
BEYOND = re.compile(
    r"-(?:[5-9]\d\d|\d{4,})(?:\.\d*)?(?:px|pt)|-?\d{4,}(?:\.\d*)?(?:px|pt)|-?\d{3,}(?:\.\d*)?(?:r?em|vw|vh)|-[3-9]\d(?:\.\d*)?r?em|-\d{3,}(?:\.\d*)?%"
)
LITTLE = 40  # pixels

Style = dict[str, str]
"""Property to value, without `!important`; both in the order in which they count."""


@lru_cache(maxsize=1000)
def style(text: str) -> Style:
    """The declarations that count, the last of several for a property, but for those that are marked important."""
    kept: dict[str, str] = {}
    important: set[str] = set()
    for name, value in declarations(COMMENT.sub("", text)[: 2 * LONGEST]):
        plain = IMPORTANT.sub("", value)
        if not plain or SUSPECT.search(plain) or (plain == value and name in important):
            continue
        said = JUDGED[name](plain.lower()) if name in JUDGED else plain
        if said is None:
            continue
        if plain != value:
            important.add(name)
        kept.pop(name, None)
        kept[name] = said
    return kept


def declarations(text: str) -> Iterator[tuple[str, str]]:
    """Names in lower case with their values; what is none is passed over up to the next semicolon."""
    at = 0
    while at < len(text):
        match = DECLARATION.match(text, at)
        if match:
            yield match[1].lower(), match[2].strip()
        at = match.end() if match else text.find(";", at) + 1 or len(text)


@lru_cache(maxsize=1000)
def written(text: str) -> str:
    """A style with nothing in it but the declarations that count."""
    return "; ".join(f"{name}: {value}" for name, value in style(text).items())


def pixels(value: str, letter: float | None = None) -> float | None:
    """A length in pixels, `em` and `%` of a letter's size; None where that depends on something else."""
    found = LENGTH.fullmatch(value.strip())
    if not found:
        return None
    number, unit = float(found[1]), (found[2] or "").lower()
    if unit == "%":
        return None if letter is None else number * letter / 100
    if unit == "em" and letter is not None:
        return number * letter
    return number * PIXELS[unit] if unit in PIXELS else None


def font_size(said: Style, outer: float) -> float:
    """In pixels."""
    size = outer
    for name, value in said.items():
        if name == "font-size":
            size = sized(value.lower(), outer) or 0
        elif name == "font":
            size = next(
                (
                    found
                    for one in value.lower().split()
                    if (found := sized(one.partition("/")[0], outer)) is not None
                ),
                size,
            )
    return size


def sized(value: str, outer: float) -> float | None:
    if value in RELATIVE_SIZES:
        return outer * RELATIVE_SIZES[value]
    return FONT_SIZES[value] if value in FONT_SIZES else pixels(value, outer)


def size(value: str) -> str | None:
    found = LENGTH.fullmatch(value)
    known = found and float(found[1]) >= 0 and (found[2] or not float(found[1]))
    return value if known or value in ("auto", "none") else None


def letter_size(value: str) -> str | None:
    if value in FONT_SIZES or value in RELATIVE_SIZES:
        return value
    return size(value) if pixels(value, 16) is not None else None


def font(value: str) -> str | None:
    """The shorthand in the order that every browser knows."""
    found = FONT.fullmatch(value)
    return value if found and letter_size(found[1]) else None


def ink(value: str) -> str | None:
    return value if value == "inherit" else painted(value) or None


def spacing(value: str) -> str | None:
    """Letters that run into each other cannot be read."""
    wide = pixels(value)
    return value if value == "normal" or (wide is not None and wide > -4) else None


def shift(value: str) -> str | None:
    """Either a little, or beyond any edge."""
    moved = [pixels(one) for one in value.split() if one.startswith("-")]
    little = all(by and by > -LITTLE for by in moved)
    return value if "(" not in value and (BEYOND.search(value) or little) else None


def fitting(pattern: str) -> Callable[[str], str | None]:
    known = re.compile(pattern)
    return lambda value: value if known.fullmatch(value) else None


JUDGED: dict[str, Callable[[str], str | None]] = {
    "display": fitting("|".join(DISPLAYS)),
    "visibility": fitting("visible|hidden|collapse"),
    "opacity": fitting(r"\d{0,3}\.?\d{1,6}%?"),
    "overflow": fitting("(?:visible|hidden|clip|scroll|auto)(?: (?:visible|hidden|clip|scroll|auto))?"),
    "color": ink,
    "background": background,
    "background-color": lambda value: painted(value) or None,
    "background-image": background_image,
    "font": font,
    "font-size": letter_size,
    "letter-spacing": spacing,
    "word-spacing": spacing,
    **dict.fromkeys(
        ("text-indent", "margin", "margin-left", "margin-right", "margin-top", "margin-bottom"), shift
    ),
    **dict.fromkeys(("width", "max-width", "min-width", "height", "max-height", "min-height"), size),
}
