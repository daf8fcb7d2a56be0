"""A page as it is shown: in bounds, without what its sender hid and without words that nobody could make out.

What is shown is made of these events, and the text that a model reads is made of what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from emails.parsing.attributes import aligned, kept_attributes, sizes
from emails.parsing.bounds import TALLEST_IMAGE, WIDEST_BORDER, WIDEST_IMAGE, px
from emails.parsing.contents import CELLS, DRAWN, Content, contents
from emails.parsing.hidden import is_dot
from emails.parsing.looks import Hints, Look, Shown, shown
from emails.parsing.markup import VOID, Event, reread
from emails.parsing.spacing import HIGH, SMALL_IMAGE, Emptiness, tidied
from emails.parsing.tables import MOST_BETWEEN, MOST_COLUMNS, MOST_PADDING, Table, number, stacked

IMAGE = re.compile(r"(?:https?:|cid:|data:image/(?:png|jpe?g|gif|webp|bmp|avif|x-icon)[;,])", re.I)
REMOTE = re.compile(r"\s*https?:", re.I)
HINTED, UNHINTED = frozenset(Hints._fields), Hints()
LETTER_WIDTH, WORD_WIDTH = 0.72, 110  # of a letter; pixels of one cell's words
BESIDE = 190  # pixels of a page's width that may be taken by other things than words


@dataclass(slots=True)
class Open:
    tag: str
    look: Look
    below: float = 0
    dot: bool = False
    row: Content | None = None
    stacked: bool = False
    table: Table | None = None


class Page:
    """On the way through a page's events, from the outside in."""

    def __init__(self, clean: str) -> None:
        self.events = list(reread(clean))
        self.contents = contents(self.events)
        self.opened = [Open("", Look())]
        self.tables: list[Table] = []
        self.emptiness = Emptiness()

    def shown(self) -> Iterator[Event]:
        skipped = -1  # up to which place
        for at, (kind, name, attributes) in enumerate(self.events):
            if at <= skipped:
                continue
            if kind == "text":
                yield from self.text(name)
            elif kind == "end":
                yield from self.end(name)
            else:
                event = self.start(name, attributes, self.contents[at])
                if event is None:
                    skipped = self.contents[at].end
                else:
                    yield event

    def text(self, text: str) -> Iterator[Event]:
        opened = self.opened[-1]
        text = tidied(text)
        if opened.tag == "pre":
            text = text.lstrip("\n")
        if not DRAWN.search(text):
            if not text.isspace() or not text.isascii() or "\n\n" in text:
                if self.emptiness.enough:
                    return
                self.emptiness.add(opened.look.line_height * max(1, text.count("\n")))
        elif not opened.look.legible:
            return
        else:
            self.emptiness.word()
        if text:
            yield "text", text, {}

    def end(self, name: str) -> Iterator[Event]:
        closed = self.opened.pop()
        self.emptiness.add(closed.below)
        if closed.table:
            self.tables.pop()
        elif self.tables:
            if name == "tr":
                self.tables[-1].end_row()
            elif name in ("tbody", "thead", "tfoot"):
                self.tables[-1].end_group()
        yield "end", name, {}

    def start(self, tag: str, attributes: dict[str, str], content: Content) -> Event | None:
        """The element as it is shown; None if it is left out with all that it holds."""
        outer = self.opened[-1]
        if self.emptiness.enough and (content.empty or tag in ("br", "hr")) and tag != "img":
            return None
        dot = outer.dot or (bool(attributes) and is_dot(attributes))
        if tag == "img":
            return self.image(attributes, dot)
        look = outer.look
        if tag in CELLS and outer.row:
            look = in_row(look, outer.row, self.tables[-1].columns if self.tables else 1, outer.stacked)
        elif tag == "table":
            look, attributes = in_table(look, content, attributes)
        judged = self.judge(tag, attributes, look, content.text)
        if judged is None:
            return None
        kept = kept_attributes(tag, attributes, judged, content, bool(self.tables), self.emptiness.enough)
        if tag in CELLS and self.tables and not outer.stacked:
            kept |= self.tables[-1].place(attributes)
        style = judged.style
        if dot and "url(" in style:
            style = ""
        if tag in CELLS and outer.stacked:
            style = f"{style};display:block".strip(";")
        elif tag in CELLS and content.text and not content.table and judged.look.columns > 1:
            least = min(round(content.word * judged.look.letter * LETTER_WIDTH), WORD_WIDTH)
            style = f"{style};min-width:min({least}px, (100vw - {BESIDE}px)/{judged.look.columns})".strip(";")
        if style:
            kept["style"] = style
        if tag == "a":
            kept |= {"target": "_blank", "rel": "noopener noreferrer nofollow"}
        self.emptiness.add(judged.above + HIGH.get(tag, 0) + int(kept.get("height", 0)))
        self.emptiness.add(judged.look.line_height if tag in ("br", "li") else 0)
        if tag == "tr" and self.tables:
            self.emptiness.add(self.tables[-1].around)
        if tag not in VOID:
            opened = Open(tag, judged.look, judged.below, dot)
            if tag == "table":
                opened.table = Table(
                    2 * int(kept.get("cellpadding", 0)) + int(kept.get("cellspacing", 0)), content.full
                )
                self.tables.append(opened.table)
            elif tag == "tr":
                opened.row, opened.stacked = content, stacked(content, judged.look.columns)
            self.opened.append(opened)
        return "start", tag, kept

    def judge(self, tag: str, attributes: dict[str, str], look: Look, text: bool) -> Shown | None:
        if HINTED.isdisjoint(attributes):
            return shown(look, tag, attributes.get("style", ""), UNHINTED, text, self.emptiness.enough)
        hints = Hints("hidden" in attributes, *(attributes.get(name, "") for name in Hints._fields[1:]))
        return shown(look, tag, attributes.get("style", ""), hints, text, self.emptiness.enough)

    def image(self, attributes: dict[str, str], dot: bool) -> Event | None:
        source = attributes.get("src", "").strip()
        source = source if IMAGE.match(source) and not (dot and REMOTE.match(source)) else ""
        look = self.opened[-1].look
        judged = self.judge("img", attributes, look, False)
        if judged is None or not judged.look.shown:
            return None
        alt = "" if dot or not judged.look.legible else tidied(attributes.get("alt", ""))
        if not source:  # a browser would cut its words off at its size
            if DRAWN.search(alt):
                self.emptiness.word()
            return ("text", alt, {}) if alt else None
        high = SMALL_IMAGE if self.emptiness.images_enough else TALLEST_IMAGE
        kept = aligned(attributes) | {"src": source}
        if alt:
            kept["alt"] = alt
        kept |= sizes(attributes, width=WIDEST_IMAGE / look.columns, height=high, border=WIDEST_BORDER)
        style = judged.style
        if high < TALLEST_IMAGE:
            style = f"{style};max-height:{px(high)};max-width:{px(2 * high)}".strip(";")
        if REMOTE.match(source) and DRAWN.search(alt):
            self.emptiness.word()
        elif not self.emptiness.image(number(attributes.get("height"), int(high)) or high):
            style = "display:none"
        if style:
            kept["style"] = style
        return "start", "img", kept


def visible(clean: str) -> list[Event]:
    """What is shown of a page, which is HTML as nh3 writes it."""
    return list(Page(clean).shown())


def in_row(look: Look, row: Content, columns: int, below_each_other: bool) -> Look:
    """The cells of a row share its room."""
    if below_each_other:
        return look
    columns = max(row.full, min(columns, MOST_COLUMNS // look.columns), 1)
    return look._replace(room=look.room / max(1, row.cells), columns=look.columns * columns)


def in_table(look: Look, content: Content, attributes: dict[str, str]) -> tuple[Look, dict[str, str]]:
    """What it takes around and between its cells comes out of the room, as far as there is some."""
    cells = max(1, content.cells)
    padding, between = (
        number(attributes.get("cellpadding"), int(MOST_PADDING)),
        number(attributes.get("cellspacing"), int(MOST_BETWEEN)),
    )
    wanted = 2 * cells * (1 if padding is None else padding) + (cells + 1) * (
        2 if between is None else between
    )
    said = {"cellpadding": padding, "cellspacing": between}
    if wanted > look.room:
        said, wanted = {"cellpadding": 0, "cellspacing": 0}, 0
    rest = {name: value for name, value in attributes.items() if name not in said}
    written = {name: str(value) for name, value in said.items() if value is not None}
    return look._replace(room=look.room - wanted), rest | written
