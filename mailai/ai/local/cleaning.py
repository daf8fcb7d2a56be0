"""Text as it arrives from mail, made safe to look at: bounded, without NUL, lone surrogates and invisible
marks.
"""

from __future__ import annotations

import re

RAW_LIMIT = 100_000
"""Characters of a message looked at before its quoted history is taken away."""

NEW_LIMIT = 20_000
"""Characters of new text that the rules read."""

INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ufeff\ud800-\udfff]"
)
SPACES = re.compile(r"[^\S\n]+")
BLANK_LINES = re.compile(r"\n{3,}")


def clean(text: str, limit: int = RAW_LIMIT) -> str:
    """At most `limit` characters, newlines as \\n, one space between words, nothing that UTF-8 or Postgres
    refuses.
    """
    text = (
        text[:limit].replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    )
    text = SPACES.sub(" ", INVISIBLE.sub("", text))
    lines = [line.strip(" ") for line in text.split("\n")]
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def one_line(text: str, limit: int) -> str:
    """`text` on one line of at most `limit` characters, cut at a word with an ellipsis."""
    text = " ".join(clean(text, limit * 4).split())
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    head = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return head.rstrip(" ,;:-–") + "…"
