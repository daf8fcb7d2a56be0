"""Emptiness in bounds: no word stands further from the one before it than a person looks."""

from __future__ import annotations

import re

from emails.parsing.contents import UNDRAWN

MOST_EMPTY = 600.0  # pixels between two things to see
MOST_IMAGES = 6_000.0  # pixels of images between two words; what comes after is shown small
SMALL_IMAGE = 80.0
MOST_SMALL = 100  # of them, and no more are shown until there is a word
# What elements take by themselves, in pixels, also where nothing is in them.
HIGH = {
    "hr": 18.0,
    "summary": 24.0,
    "tr": 6.0,
    "fieldset": 24.0,
    "table": 4.0,
    **dict.fromkeys(
        ("p", "ul", "ol", "dl", "pre", "blockquote", "figure", "h1", "h2", "h3", "h4", "h5", "h6"), 16.0
    ),
}
BIDI = re.compile("[\u202a-\u202e]")
TURNED = re.compile(
    "\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?"
)  # words that are shown from back to front
BLANKS = re.compile(f"([^\\S\n]|[{UNDRAWN.replace(chr(92) + 's', '')}]){{40,}}")
LINES = re.compile(f"(?:(?:(?!\n)[{UNDRAWN}])*+\n){{8,}}")
# Marks that are set above and below a letter: some languages need three.
MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def tidied(text: str) -> str:
    """With words in the order in which an eye reads them, without long stretches of nothing, and without towers of
    marks that reach into other lines."""
    if not text.isascii():
        text = MARKS.sub(r"\1", BIDI.sub("", TURNED.sub(lambda found: found[1][::-1], text)))
    return LINES.sub("\n" * 8, BLANKS.sub(lambda found: found[0][:40], text))


class Emptiness:
    """What there has been of it since the last word."""

    def __init__(self) -> None:
        self.empty = self.images = 0.0
        self.small = 0

    @property
    def enough(self) -> bool:
        return self.empty >= MOST_EMPTY

    @property
    def images_enough(self) -> bool:
        return self.images >= MOST_IMAGES

    def add(self, height: float) -> None:
        self.empty += height

    def image(self, height: float) -> bool:
        """Whether one more is shown."""
        self.small += self.images_enough
        self.images += height
        return self.small <= MOST_SMALL

    def word(self) -> None:
        self.__init__()  # type: ignore[misc]
