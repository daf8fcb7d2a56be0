"""What the sender wrote now: a message without the history it quotes and without its signature.

Conservative: in doubt the text stays; and forwarded content stays, as it stands nowhere else in the thread.
"""

from __future__ import annotations

from mailai.ai.quoting import without_history, without_signature


def new_text(text: str) -> str:
    """The part of `text` that is neither quoted history nor signature; all of it if that leaves nothing."""
    lines = without_history([line.rstrip() for line in text.splitlines()])
    for kept in (without_signature(lines), lines):
        part = "\n".join(kept).strip()
        if part:
            return part
    return text.strip() or text
