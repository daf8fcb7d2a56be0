"""Cells in their places (HTML 4.9.12), so that none is laid over another and none are too many to be seen."""

from __future__ import annotations

from emails.parsing.contents import Content

MOST_COLUMNS = 24  # with words in them, side by side in all tables that stand in each other
MOST_SPAN, MOST_ROWS = 100, 500
MOST_PLACED = 200  # columns; in those beyond no cell spans another
MOST_PADDING, MOST_BETWEEN = 20.0, 10.0


class Table:
    def __init__(self, around: int, columns: int) -> None:
        self.around = around  # pixels above and below what stands in a cell
        self.columns = columns  # with words in them
        self.busy: list[int] = []  # for each column, how many rows a cell above reaches into from here
        self.column = 0

    def end_row(self) -> None:
        if any(rows > 1 for rows in self.busy):
            self.busy = [max(0, rows - 1) for rows in self.busy]
        else:
            self.busy = []
        self.column = 0

    def end_group(self) -> None:
        self.busy, self.column = [], 0

    def place(self, attributes: dict[str, str]) -> dict[str, str]:
        """The spans of the next cell, no wider than the room that cells above leave."""
        if self.column >= MOST_PLACED:
            return {}
        span = number(attributes.get("colspan"), MOST_SPAN) or 1
        rows = number(attributes.get("rowspan"), MOST_ROWS) or 1
        while self.column < len(self.busy) and self.busy[self.column]:
            self.column += 1
        free = 1
        while free < span and not (self.column + free < len(self.busy) and self.busy[self.column + free]):
            free += 1
        self.busy += [0] * (self.column + free - len(self.busy))
        self.busy[self.column : self.column + free] = [rows] * free
        self.column += free
        spans = {"colspan": free, "rowspan": rows}
        return {name: str(count) for name, count in spans.items() if count > 1}


def stacked(row: Content, columns: int) -> bool:
    """Whether a row in so many columns has more cells than can stand side by side: then they stand below each other."""
    return columns * row.full > MOST_COLUMNS


def number(text: str | None, most: int) -> int | None:
    text = (text or "").strip().removesuffix("px")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 7 else None
