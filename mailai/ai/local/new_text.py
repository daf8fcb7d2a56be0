"""What the writer of a message wrote himself: without quoted history, signature and legal footer."""

from __future__ import annotations

import re

from mailai.ai.local.cleaning import BLANK_LINES, NEW_LIMIT, RAW_LIMIT, clean
from mailai.ai.quoting import without_history, without_signature

CLOSING = re.compile(
    r"^(?:mit (?:freundlichen|besten|herzlichen|lieben|vielen|kollegialen) gr(?:ü|ue)(?:ß|ss)en"
    r"|freundliche gr(?:ü|ue)(?:ß|ss)e"
    r"|(?:viele|liebe|beste|herzliche|schöne|sonnige|ganz liebe) gr(?:ü|ue)(?:ß|ss)e?"
    r"|hochachtungsvoll|mfg|lg|vg|bg|gruß|grüße"
    r"|(?:with )?(?:kind|best|warm|warmest|many|kindest) regards|regards|best wishes|all the best"
    r"|best|(?:yours )?sincerely"
    r"|yours (?:sincerely|faithfully|truly)|yours|cheers|thanks|thank you|many thanks"
    r"|thanks and regards|danke|vielen dank"
    r"|bis (?:bald|dann|später)|cordialement|bien à vous|saludos|cordiali saluti|love|hugs|xo+)"
    r"(?: (?:aus|von|from|und|and|nach)\b[^.?!]{0,50})?[ ,.!]{0,4}$",
    re.I,
)
POSTSCRIPT = re.compile(r"^p\.? ?s\.?\s?:?\s", re.I)
DISCLAIMER = re.compile(
    r"^[*\W]{0,6}(?:diese (?:e-?mail|nachricht)|this (?:e-?mail|message)|the (?:information"
    r"|contents?) (?:contained )?(?:in|of) this"
    r"|der inhalt dieser|confidentiality notice|haftungsausschluss|disclaimer"
    r"|die information in dieser)\b.{0,200}?"
    r"(?:vertraulich|confidential|privileged|ausschließlich|intended|bestimmt|disclaimer"
    r"|haftungsausschluss|notice)",
    re.I,
)
LINES_AFTER_CLOSING = 15


def new_text(text: str) -> str:
    """At most NEW_LIMIT cleaned characters of new text; where all of it is history or signature, the whole
    text.
    """
    text = clean(text, RAW_LIMIT)
    lines = without_history(text.split("\n"), unwrap=True)
    kept = "\n".join(_without_closing(without_signature(lines, most=len(lines))))
    return (BLANK_LINES.sub("\n\n", kept).strip() or text)[:NEW_LIMIT]


def _without_closing(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if at < 3 and not any(lines[:at]):
            continue
        if DISCLAIMER.match(line[:400]) and at > 2:
            return lines[:at]
        if CLOSING.match(line) and len(lines) - at - 1 <= LINES_AFTER_CLOSING + 10:
            after = [later for later in lines[at + 1 :] if later]
            if len(after) <= LINES_AFTER_CLOSING:
                return lines[:at] + _postscript(lines[at + 1 :])
    return lines


def _postscript(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if POSTSCRIPT.match(line):
            return ["", *lines[at:]]
    return []
