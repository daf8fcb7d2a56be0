"""Declarations of CSS, so far as they decide what a person sees.

A declaration that is understood stays, and one that could hide something in a way that is not understood goes: so a
browser that shows the page, and whoever reads its text, judge by the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from emails.parsing.colours import Colour, colour
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
DISPLAYS = names(
    """
    none block inline inline-block table inline-table table-row table-cell table-caption table-row-group
    table-header-group table-footer-group list-item flex inline-flex grid
    inline-grid flow-root
    """
)
COLOURS = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^()]*\)|\b[a-z]{3,20}\b", re.I)
# Beyond any edge: thousands of pixels to either side, or hundreds to the left or top.
BEYOND = re.compile(
    r"-(?:[5-9]\d\d|\d{4,})(?:\.\d*)?(?:px|pt)|-?\d{4,}(?:\.\d*)?(?:px|pt)|-?\d{3,}(?:\.\d*)?(?:r?em|vw|vh)|-[3-9]\d(?:\.\d*)?r?em|-\d{3,}(?:\.\d*)?%"
)
LITTLE = 40  # pixels
FETCHED = re.compile(r"url\(\s*[\"']?(?!\s*data:)[^)]*\)", re.I)

Style = Mapping[str, str]
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
        if (judge := JUDGED.get(name)) and not judge(plain.lower()):
            continue
        if plain != value:
            important.add(name)
        kept.pop(name, None)
        kept[name] = plain
    return MappingProxyType(kept)


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


def fills(said: Style) -> list[Colour] | None:
    """What a background is made of; empty if it has none of its own, None where nobody can tell.

    An image from the network counts as none: nobody sees it before it is asked for.
    """
    found: list[Colour] = []
    for name in said:
        if name not in ("background", "background-color", "background-image"):
            continue
        value = FETCHED.sub("", said[name]).lower()
        if "url(" in value:
            return None
        seen = [one for word in COLOURS.findall(value) if (one := colour(word)) and one.alpha]
        if "gradient(" in value and not seen:
            return None
        found = seen if name != "background-image" else seen or found
    return found


def known_size(value: str) -> bool:
    found = LENGTH.fullmatch(value)
    return value in ("auto", "none") or bool(
        found and float(found[1]) >= 0 and (found[2] or not float(found[1]))
    )


def known_colour(value: str) -> bool:
    return value == "inherit" or colour(value) is not None


def known_font_size(value: str) -> bool:
    return (
        value in FONT_SIZES
        or value in RELATIVE_SIZES
        or (known_size(value) and pixels(value, 16) is not None)
    )


def known_font(value: str) -> bool:
    return "(" not in value and any(known_font_size(one.partition("/")[0]) for one in value.split())


def known_spacing(value: str) -> bool:
    """Letters that run into each other cannot be read."""
    return value == "normal" or ((wide := pixels(value)) is not None and wide > -4)


def known_shift(value: str) -> bool:
    """Either a little, or beyond any edge."""
    moved = [pixels(one) for one in value.split() if one.startswith("-")]
    return "(" not in value and (bool(BEYOND.search(value)) or all(by and by > -LITTLE for by in moved))


def known_background(value: str) -> bool:
    return not re.search(r"\b(?:inherit|unset|revert|var|element|cross-fade|image-set|color-mix)\b", value)


def known_opacity(value: str) -> bool:
    return bool(re.fullmatch(r"\d*\.?\d+%?|\d+\.", value))


JUDGED: dict[str, Callable[[str], object]] = {
    "display": DISPLAYS.__contains__,
    "visibility": names("visible hidden collapse").__contains__,
    "opacity": known_opacity,
    "overflow": re.compile(r"(?:(?:visible|hidden|clip|scroll|auto)\s*){1,2}").fullmatch,
    "color": known_colour,
    "background": known_background,
    "background-color": known_colour,
    "background-image": known_background,
    "font": known_font,
    "font-size": known_font_size,
    "letter-spacing": known_spacing,
    "word-spacing": known_spacing,
    **dict.fromkeys(
        ("text-indent", "margin", "margin-left", "margin-right", "margin-top", "margin-bottom"), known_shift
    ),
    **dict.fromkeys(("width", "max-width", "min-width", "height", "max-height", "min-height"), known_size),
}
