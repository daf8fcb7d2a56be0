"""The message that is answered, quoted under a line that says who wrote it and when."""

from __future__ import annotations

from replies.composing.original import Original

LONGEST = 60_000  # characters; who needs more has the message
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def quotation(original: Original) -> str:
    """The attribution line and the quoted text; only the line where there is no text."""
    text = original.text.strip("\n")
    if len(text) > LONGEST:
        text = text[:LONGEST].rstrip() + "\n[…]"
    quoted = "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n")
    )
    return f"{attribution(original)}\n{quoted}" if text.strip() else attribution(original)


def attribution(original: Original) -> str:
    """In the message's language where that is German, else in English."""
    name = original.sender[0] or original.sender[1] or "?"
    date = original.date
    if original.language == "de":
        return f"Am {date:%d.%m.%Y um %H:%M} schrieb {name}:"
    return f"On {date.day} {MONTHS[date.month - 1]} {date:%Y at %H:%M}, {name} wrote:"
