"""format=flowed text (RFC 3676): soft line breaks joined, quote depth kept."""

from __future__ import annotations


def unflow(text: str, delsp: bool) -> str:
    """`text` with each paragraph on one line. `delsp`: the space of a soft break is not part of the text."""
    lines: list[str] = []
    pieces: list[str] = []
    open_depth = -1
    for row in text.split("\n"):
        row = row.rstrip("\r")
        content = row.lstrip(">")
        depth = len(row) - len(content)
        content = content.removeprefix(" ")
        if pieces and depth != open_depth:
            lines.append(quoted(open_depth, pieces))
            pieces = []
        open_depth = depth
        if content.endswith(" ") and content != "-- ":
            pieces.append(content[:-1] if delsp else content)
            continue
        lines.append(quoted(depth, [*pieces, content]))
        pieces = []
    if pieces:
        lines.append(quoted(open_depth, pieces))
    return "\n".join(lines)


def quoted(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    text = text if text == "-- " else text.rstrip(" ")
    return f"{'>' * depth} {text}".rstrip(" ") if depth else text
