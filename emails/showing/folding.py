"""A message's text in blocks, with the history that it quotes apart, so that a page can fold it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from emails.parsing.quoting import new_text
from mailai.ai.quoting import attribution_at, following, starts_original

SHORT = 6  # lines; a quotation between two pieces of new text that is no longer says what they answer
WORDS = 160  # characters
# A line of a table, or a rule; also in a quotation.
COLUMNS = re.compile(r"^[> ]*+[^\s>].*\S {3,}\S|^[> ]*[-=_+|]{6,} *$", re.M)


@dataclass(frozen=True)
class Block:
    text: str
    folded: bool

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The text in paragraphs, neighbours of a kind together, and whether its words stand in columns."""
        paragraphs = groupby(self.text.split("\n\n"), key=in_columns)
        return [("\n\n".join(parts), columns) for columns, parts in paragraphs]

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1


def in_columns(text: str) -> bool:
    return len(COLUMNS.findall(text)) > 1


def fold(text: str) -> list[Block]:
    """All of `text` in order. Nothing is folded if that left nothing to read."""
    marked = list(zip(*quoted(text.splitlines()), strict=True)) if text else []
    pieces = [
        ("\n".join(line for line, _quoted in group).strip("\n"), quotes)
        for quotes, group in groupby(marked, key=lambda row: row[1])
    ]
    pieces = [(piece, quotes) for piece, quotes in pieces if piece.strip()]
    if not any(not quotes for _piece, quotes in pieces):
        return [Block(text.strip("\n"), False)] if text.strip() else []
    blocks: list[Block] = []
    for number, (piece, quotes) in enumerate(pieces):
        last = number == len(pieces) - 1
        block = Block(piece, quotes and (last or piece.count("\n") >= SHORT))
        if blocks and not block.folded and not blocks[-1].folded:
            block = Block(f"{blocks.pop().text}\n\n{piece}", False)
        blocks.append(block)
    return blocks


def quoted(lines: list[str]) -> tuple[list[str], list[bool]]:
    """For each line whether it is history: quoted, the header of a quotation, or all behind such a header."""
    marks: list[bool] = []
    while len(marks) < len(lines):
        at = len(marks)
        size = attribution_at(lines, at) or int(starts_original(lines, at, unwrap=False))
        if size and not following(lines, at + size).startswith(">"):
            marks += [True] * (len(lines) - at)
        else:
            marks += [True] * size if size else [lines[at].startswith(">")]
    for at, line in enumerate(lines):
        # An empty line belongs to what stands around it.
        if not line.strip() and 0 < at < len(lines) - 1:
            marks[at] = marks[at - 1]
    return lines, marks


def first_words(text: str) -> str:
    """What the sender wrote now, as far as it fits on a line: on it a reader recognises a folded message."""
    words = " ".join(new_text(text).split())
    return words if len(words) <= WORDS else f"{words[: WORDS - 1].rstrip()}…"
