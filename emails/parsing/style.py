"""Declarations of CSS as a sender wrote them: which of them count, and lengths in pixels.

What is said here of an element is not what is written into the page: see `emails.parsing.bounds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from emails.parsing.backgrounds import URL, Paint, background, background_image
from emails.parsing.colours import colour
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
    "vw": 8,
    "vh": 8,
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
    r"(?:normal\s+)?(?:(italic|oblique)\s+)?(?:small-caps\s+)?(?:(bold|bolder|lighter|[1-9]00)\s+)?([\w.%-]+)"
    r"(?:\s*/\s*(normal|[\d.]{1,6}(?:px|pt|em|%)?))?\s+((?:\"[^\"]*\"|'[^']*'|[a-z][\w-]*)"
    r"(?:\s*,\s*(?:\"[^\"]*\"|'[^']*'|[a-z][\w-]*)|\s+[a-z][\w-]*)*)"
)
DISPLAYS = names(
    """
    none block inline inline-block table inline-table table-row table-cell table-caption table-row-group
    table-header-group table-footer-group list-item flex inline-flex grid
    inline-grid flow-root
    """
)

Style = dict[str, str]
"""Property to value in lower case but for addresses, without `!important`, in the order in which they count."""


@lru_cache(maxsize=2000)
def style(text: str) -> Style:
    """The declarations that count, the last of several for a property, but for those that are marked important."""
    kept: dict[str, str] = {}
    important: set[str] = set()
    for name, value in declarations(COMMENT.sub("", text)[: 2 * LONGEST]):
        plain = IMPORTANT.sub("", value)
        if not plain or SUSPECT.search(URL.sub("", plain)) or (plain == value and name in important):
            continue
        said = lowered(plain)
        if name in COUNTS and not COUNTS[name](said):
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


def lowered(value: str) -> str:
    """In lower case, but for addresses, in which that makes a difference."""
    at, pieces = 0, []
    for address in URL.finditer(value):
        pieces += [value[at : address.start()].lower(), f"url({address[1]})"]
        at = address.end()
    return "".join([*pieces, value[at:].lower()])


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
    return number * PIXELS[unit]


def font_size(said: Style, outer: float) -> float:
    """In pixels, as the sender means it."""
    size = outer
    for name, value in said.items():
        if name == "font-size":
            size = sized(value, outer) or 0
        elif name == "font" and (shorthand := FONT.fullmatch(value)):
            size = sized(shorthand[3], outer) or 0
    return size


def sized(value: str, outer: float) -> float | None:
    if value in RELATIVE_SIZES:
        return outer * RELATIVE_SIZES[value]
    return FONT_SIZES[value] if value in FONT_SIZES else pixels(value, outer)


def is_size(value: str) -> bool:
    found = LENGTH.fullmatch(value)
    return value in ("auto", "none") or bool(
        found and float(found[1]) >= 0 and (found[2] or not float(found[1]))
    )


def is_letter_size(value: str) -> bool:
    return value in FONT_SIZES or value in RELATIVE_SIZES or bool(LENGTH.fullmatch(value) and is_size(value))


def is_font(value: str) -> bool:
    """Whether it is the shorthand in the order that every browser knows."""
    found = FONT.fullmatch(value)
    return bool(found and is_letter_size(found[3]))


def are_lengths(value: str) -> bool:
    return all(LENGTH.fullmatch(one) or one == "auto" for one in value.split())


def fitting(pattern: str) -> Callable[[str], bool]:
    known = re.compile(pattern)
    return lambda value: bool(known.fullmatch(value))


# Where a browser passes over a value that it does not know, an earlier one counts.
COUNTS: dict[str, Callable[[str], bool]] = {
    "display": fitting("|".join(DISPLAYS)),
    "visibility": fitting("visible|hidden|collapse"),
    "opacity": fitting(r"\d{0,3}\.?\d{1,6}%?"),
    "overflow": fitting("(?:visible|hidden|clip|scroll|auto)(?: (?:visible|hidden|clip|scroll|auto))?"),
    "color": lambda value: value == "inherit" or bool(colour(value)),
    "background": lambda value: bool(background(value)),
    "background-color": lambda value: bool(colour(value)),
    "background-image": lambda value: bool(background_image(value, Paint())),
    "font": is_font,
    "font-size": is_letter_size,
    **dict.fromkeys(
        ("margin", "margin-left", "margin-right", "margin-top", "margin-bottom", "text-indent"), are_lengths
    ),
    **dict.fromkeys(("width", "max-width", "min-width", "height", "max-height", "min-height"), is_size),
}
