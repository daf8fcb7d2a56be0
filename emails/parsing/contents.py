"""What stands in each element of a page: gathered beforehand, as a page is judged from the outside in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from emails.parsing.markup import VOID, Event

# Spaces of every width, marks that are not drawn, fillers, and letters that are drawn empty.
UNDRAWN = (
    "\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
DRAWN = re.compile(f"[^{UNDRAWN}]")
BREAK = re.compile(r"[ \t\r\n]")
CELLS = ("td", "th")


@dataclass(slots=True)
class Content:
    """Of one element, from its start."""

    end: int = 0
    """The place of its end among the page's events; its own for a void element."""
    text: bool = False
    image: bool = False
    table: bool = False
    word: int = 0
    """Characters of the longest word in it."""
    cells: int = 0
    """Of a row; of a table, those of its longest row."""
    full: int = 0
    """Of a row: how many cells hold something; of a table, the most of a row."""

    @property
    def empty(self) -> bool:
        return not (self.text or self.image)


def contents(page: list[Event]) -> dict[int, Content]:
    """For each start among the events, by its place."""
    found: dict[int, Content] = {}
    opened: list[tuple[str, Content]] = [("", Content())]
    for at, (kind, name, _attributes) in enumerate(page):
        inner = opened[-1][1]
        if kind == "text":
            if DRAWN.search(name):
                inner.text = True
                inner.word = max(inner.word, *map(len, BREAK.split(name)))
        elif kind == "start":
            found[at] = content = Content(end=at)
            if name in VOID:
                inner.image = inner.image or name == "img"
            else:
                opened.append((name, content))
        else:
            tag, content = opened.pop()
            content.end = at
            close(tag, content, opened)
    return found


def close(tag: str, content: Content, opened: list[tuple[str, Content]]) -> None:
    outer = opened[-1][1]
    outer.text = outer.text or content.text
    outer.image = outer.image or content.image
    outer.table = outer.table or content.table or tag == "table"
    outer.word = max(outer.word, content.word)
    if tag in CELLS and opened[-1][0] == "tr":
        outer.cells += 1
        outer.full += not content.empty
    elif tag in ("tr", "tbody", "thead", "tfoot"):
        outer.cells = max(outer.cells, content.cells)
        outer.full = max(outer.full, content.full)
