"""Text to format=flowed lines (RFC 3676), the other way of emails.parsing.flowed."""

from __future__ import annotations

import re

WIDTH = 72
QUOTED = re.compile(r"(?:> ?)+")
STUFFED = re.compile(r"[ >]|From ")


def flow(text: str) -> str:
    """Paragraphs broken softly at 72 characters; a line that begins with > stays a quotation of its depth."""
    lines: list[str] = []
    for line in text.split("\n"):
        mark = QUOTED.match(line)
        depth = mark[0].count(">") if mark else 0
        content = line[mark.end() :] if mark else line
        lines += wrapped(content if line == "-- " else content.rstrip(), depth)
    return "\n".join(lines)


def wrapped(content: str, depth: int) -> list[str]:
    """A break comes after a space, which stays at the end of the line and says that the next one belongs to it.

    Of all white space only the space: a tab or a space that does not break is part of a word. And no break leaves `-- `
    on a line alone, where it would begin a signature.
    """
    prefix = ">" * depth
    if content == "-- ":
        return [f"{prefix} {content}" if prefix else content]
    pieces = re.findall(r"[^ ]* +|[^ ]+", content) or [""]
    rows = [pieces[0]]
    for piece in pieces[1:]:
        if rows[-1] != "-- " and len(rows[-1]) + len(piece.rstrip(" ")) > WIDTH - depth:
            rows.append(piece)
        else:
            rows[-1] += piece
    return [prefix + (f" {row}" if (prefix and row) or STUFFED.match(row) else row) for row in rows]
