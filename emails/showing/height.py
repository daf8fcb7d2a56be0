"""About how high a page will be: a sandboxed frame cannot be measured, so its height is guessed before it is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from emails.parsing.markup import BLOCK, VOID, events

WIDE, NARROW = 830, 290  # pixels of text beside the panels, and on a telephone
STEPS = (150, 220, 300, 400, 520, 680, 880, 1150, 1500, 2000, 2700, 3600, 4800, 6500)
"""Heights of a frame in pixels; mail.css has a class for each."""

LINE = 24
LETTER = 7.8
RAGGED = 22  # of each line, because words do not break
GAP = 16
EDGE = 28  # padding of the frame's page, and a little to spare
LOOKED_AT = 60_000  # characters; what comes after is taken to be like them
SPARE = 1.1
SPACE = re.compile(r"[ \t\r\n\f]+")
FULL_WIDTH = re.compile("[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60]")
GAPS = frozenset({"p", "ul", "ol", "dl", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"})
BROKEN = BLOCK | {"table", "tr", "td", "th", "caption"}
HIDDEN = re.compile(r"display\s*:\s*none|max-height\s*:\s*0|mso-hide\s*:\s*all", re.I)
STYLE = re.compile(
    r"(?<![\w-])(?:min-)?(width|height|font-size|padding(?:-top|-bottom)?)\s*:\s*(?:min\()?([\d.]{1,6})px",
    re.I,
)
NUMBER = re.compile(r"\s*(\d{1,4})(?:px)?\s*$")


@dataclass
class Box:
    tag: str
    width: float
    folded: bool = False
    """It shows nothing but its summary."""
    hidden: bool = False
    size: float = 16
    least: float = 0
    text: float = 0
    """Height of lines: in a row of cells it adds up, as each is narrower than the row."""
    other: float = 0
    """Height of images and edges: in a row of cells the highest counts."""
    line: float = 0
    """Width of what stands in the line that is not full yet."""

    def end_line(self) -> None:
        self.text += ceil(self.line / (self.width - RAGGED)) * self.size * LINE / 16
        self.line = 0


def step(html: str, width: int) -> int:
    """The number of the lowest of STEPS that holds the page at this width."""
    height = SPARE * height_of(html, width)
    return next((number for number, high in enumerate(STEPS) if height <= high), len(STEPS) - 1)


def height_of(html: str, width: int) -> int:
    """Pixels, give or take a third; with no image loaded but those of a known size."""
    boxes = [Box("", width)]
    for kind, name, attributes in events(html[:LOOKED_AT]):
        box = boxes[-1]
        if kind == "text":
            write(box, name)
        elif kind == "end":
            finish(boxes.pop(), boxes[-1])
        else:
            inner = open_box(name, attributes, box)
            if name == "img":
                place(box, inner, attributes)
            elif name == "br":
                box.line = max(box.line, 1)
                box.end_line()
            elif name == "hr":
                box.end_line()
                box.other += 2 * GAP
            if name not in VOID:
                if name in BROKEN:
                    box.end_line()
                else:
                    inner.line = box.line
                boxes.append(inner)
    boxes[0].end_line()
    more = max(1, len(html) / LOOKED_AT)
    return ceil((boxes[0].text + boxes[0].other) * more) + EDGE


def open_box(tag: str, attributes: dict[str, str], outer: Box) -> Box:
    style = attributes.get("style", "")[:2000]
    said = {name.lower(): float(value) for name, value in STYLE.findall(style) if value.count(".") < 2}
    width = said.get("width") or number(attributes.get("width", ""))
    edges = said.get("padding", 0)
    edges = said.get("padding-top", edges) + said.get("padding-bottom", edges)
    return Box(
        tag,
        width=min(max(width, 60), outer.width) if width and tag not in ("td", "th") else outer.width,
        folded=tag == "details" and "open" not in attributes,
        hidden=outer.hidden
        or (outer.folded and tag != "summary")
        or "hidden" in attributes
        or bool(HIDDEN.search(style)),
        size=min(said.get("font-size", outer.size), 80),
        least=min(said.get("height") or number(attributes.get("height", "")), 3000),
        other=min(edges, 400) if tag in BROKEN else 0,
    )


def number(value: str) -> float:
    found = NUMBER.match(value)
    return float(found[1]) if found else 0


def write(box: Box, text: str) -> None:
    if box.hidden:
        return
    rows = text.split("\n") if box.tag == "pre" else [SPACE.sub(" ", text)]
    for at, row in enumerate(rows):
        if at:
            box.line = max(box.line, 1)
            box.end_line()
        if row.strip(" "):  # a space that does not break makes a line
            box.line += (len(row) + len(FULL_WIDTH.findall(row))) * LETTER * box.size / 16


def place(box: Box, image: Box, attributes: dict[str, str]) -> None:
    if image.hidden:
        return
    high = image.least
    wide = number(attributes.get("width", "")) or box.width
    if high > 2:
        box.other += high * min(1, box.width / wide)
    else:
        write(box, attributes.get("alt", "")[:200])


def finish(box: Box, outer: Box) -> None:
    if box.hidden:
        return
    if box.tag not in BROKEN:  # part of a line
        outer.text += box.text
        outer.other += box.other
        outer.line = box.line
        return
    box.end_line()
    if box.tag in GAPS and box.text + box.other:
        box.other += GAP
    if box.text + box.other < box.least:
        box.other = box.least - box.text
    if box.tag in ("td", "th"):
        outer.text += box.text
        outer.other = max(outer.other, box.other)
    else:
        outer.text += box.text
        outer.other += box.other
