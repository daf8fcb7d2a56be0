"""The text of a reply as the recipient reads it: what the user wrote, signed once, and the quoted message."""

from __future__ import annotations

import re

from replies.composing.original import Original
from replies.composing.quotation import quotation


def body(text: str, signature: str, original: Original, quote: bool) -> str:
    """With a quotation below, no `-- ` goes before the signature: all that follows it would count as signature."""
    text, signature = one_ending(text).strip("\n"), one_ending(signature).strip()
    if signature and not signed(text, signature):
        text = f"{text.rstrip()}\n\n{signature}" if quote else f"{text.rstrip()}\n\n-- \n{signature}"
    return f"{text.rstrip()}\n\n{quotation(original)}\n" if quote else f"{text.rstrip()}\n"


def signed(text: str, signature: str) -> bool:
    """Whether the text ends with the signature already, however it is wrapped."""
    return squeezed(text).endswith(squeezed(signature))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()


def one_ending(text: str) -> str:
    return re.sub(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]", "\n", text).replace("\x00", "")
