"""From numbers to the geometry of a chart; a template makes the SVG of it.

All lengths are units of a view box that is 360 wide, so that on a phone and in a column of a wide screen a unit is
about one CSS pixel and text keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emails.figures.axis import size, ticks

WIDTH = 360.0
LETTER = 6.6  # the width of a letter of a value or a label, at most
LINE = 15.0  # the height of a line of text

Write = Callable[[float], str]
"""A value as text."""


@dataclass(frozen=True)
class Text:
    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    look: int
    """Which of the looks it has: with bars of several kinds, their texts tell them apart too."""
    tip: str


@dataclass(frozen=True)
class Chart:
    height: float
    bars: list[Bar]
    lines: list[Line]
    texts: list[Text]
    """Values and the names of what they are of."""
    marks: list[Text]
    """The numbers along the axis and the names of the steps."""
    width: float = WIDTH


def columns(series: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str], write: Write) -> Chart:
    """A row of upright bars for each series, one below the other, all on one scale; every bar bears its value."""
    left, right, deep = 36.0, WIDTH - 4.0, 120.0 if len(series) == 1 else 52.0
    marked = ticks(max((size(value) for _name, values in series for value in values), default=0), 3)
    slot = (right - left) / max(1, len(labels))
    bars, lines, texts, marks = [], [], [], []
    y = 0.0
    for look, (name, values) in enumerate(series):
        if name:
            texts.append(Text(0, y + LINE - 3, cut(name, WIDTH), "start"))
            y += LINE
        top, base = y + LINE, y + LINE + deep
        for tick in marked if deep > 100 else (marked[0], marked[-1]):
            at = base - deep * tick / marked[-1]
            lines.append(Line(left, at, right, at))
            marks.append(Text(left - 5, at + 4, write(tick), "end"))
        for number, value in enumerate(values):
            height = length(value, marked[-1], deep)
            x, width = left + slot * (number + 0.14), slot * 0.72
            tip = (
                f"{name}, {labels[number]}: {write(size(value))}"
                if name
                else f"{labels[number]}: {write(size(value))}"
            )
            if height:
                bars.append(Bar(x, base - height, width, height, look % 4, tip))
                texts.append(Text(x + width / 2, max(top - LINE + 11, base - height - 3), write(size(value))))
        y = base + 6
    long = max((len(label) for label in labels), default=0) * LETTER
    inward = max(0.0, long / 2 - slot / 2 - (WIDTH - right))  # how far the last one must move to stay inside
    every = max(1, math.ceil((long + inward) / slot))
    for number, label in enumerate(labels):
        if number % every == (len(labels) - 1) % every:
            x = min(left + slot * (number + 0.5), WIDTH - len(label) * LETTER / 2)
            marks.append(Text(x, y + 8, label))
    return Chart(y + LINE, bars, lines, texts, marks)


def rows(
    groups: Sequence[tuple[str, Sequence[tuple[str, float]]]], write: Write, whole: bool = True
) -> Chart:
    """Lying bars, those of a group below its name; every bar bears its value and, if it has one, its own name."""
    said = [
        [(f"{write(size(value))} {name}".strip(), value) for name, value in values]
        for _name, values in groups
    ]
    widest = max((len(text) for group in said for text, _value in group), default=0) * LETTER + 6
    long = WIDTH - min(widest, WIDTH / 2)
    marked = ticks(max((size(value) for group in said for _text, value in group), default=0), 4, whole)
    bars, texts = [], []
    y = 0.0
    for (name, _values), group in zip(groups, said, strict=True):
        texts.append(Text(0, y + LINE - 3, cut(name, WIDTH), "start"))
        y += LINE + 1
        for look, (text, value) in enumerate(group):
            width = length(value, marked[-1], long)
            if width:
                bars.append(Bar(0, y, width, 13, look % 4, f"{name}: {text}"))
            texts.append(Text(width + 5, y + 11, text, "start"))
            y += 16
        y += 7
    lines, marks = [], []
    for tick in marked:
        x = long * tick / marked[-1]
        lines.append(Line(x, 0, x, y))
        half = len(write(tick)) * LETTER / 2
        marks.append(Text(max(half, x), y + LINE - 3, write(tick)))
    return Chart(y + LINE, bars, lines, texts, marks)


def length(value: float | None, largest: float, full: float) -> float:
    """Of a bar: 0 only for nothing, so that what is there can be seen."""
    if not size(value):
        return 0.0
    return max(1.5, min(full, full * size(value) / largest))


def cut(text: str, width: float) -> str:
    most = int(width // LETTER)
    return text if len(text) <= most else text[: most - 1] + "…"
