"""From numbers to the geometry of a chart; a template makes the SVG of it.

All lengths are units of a view box that is 340 wide, so that on a phone and in a column of a wide screen a unit is
about one CSS pixel and text keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emails.figures.axis import size, ticks

WIDTH = 340.0
LETTER = 6.2  # the width of a letter of a value or a label, at most
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
    left, right, deep = 32.0, WIDTH - 4.0, 120.0 if len(series) == 1 else 52.0
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
    groups: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    write: Write,
    whole: bool = True,
    looks: Mapping[str, int] | None = None,
) -> Chart:
    """Lying bars, those of a group below its name; every bar bears its value and, if it has one, its own name.

    The value stands where a name has `{}`, else before it. `looks` by the names of bars; else it is their order.
    """
    said = [
        [(labelled(name, write(size(value))), value, (looks or {}).get(name)) for name, value in values]
        for _name, values in groups
    ]
    widest = max((len(text) for group in said for text, *_rest in group), default=0) * LETTER + 6
    long = WIDTH - min(widest, WIDTH / 2)
    largest = max((size(value) for group in said for _text, value, _look in group), default=0)
    marked = ticks(largest, 4, whole)
    full = largest or marked[-1]  # the longest bar is as long as there is room
    bars, texts = [], []
    y = 0.0
    for (name, _values), group in zip(groups, said, strict=True):
        texts.append(Text(0, y + LINE - 3, cut(name, WIDTH), "start"))
        y += LINE + 2
        for number, (text, value, look) in enumerate(group):
            width = length(value, full, long)
            if width:
                bars.append(Bar(0, y, width, 13, number % 4 if look is None else look, f"{name}: {text}"))
            texts.append(Text(width + 5, y + 11, text, "start"))
            y += 16
        y += 7
    lines, marks = [], []
    for tick in marked:
        if tick <= full:
            x = long * tick / full
            lines.append(Line(x, 0, x, y))
            marks.append(Text(x, y + LINE - 3, write(tick), "middle" if tick else "start"))
    return Chart(y + LINE, bars, lines, texts, marks)


def labelled(name: str, value: str) -> str:
    return name.replace("{}", value) if "{}" in name else f"{value} {name}".strip()


def length(value: float | None, largest: float, full: float) -> float:
    """Of a bar: 0 only for nothing, so that what is there can be seen."""
    if not size(value):
        return 0.0
    return max(1.5, min(full, full * size(value) / largest))


def cut(text: str, width: float) -> str:
    most = int(width // LETTER)
    return text if len(text) <= most + 1 else text[: most - 1] + "…"
