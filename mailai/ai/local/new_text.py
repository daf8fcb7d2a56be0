"""What the writer of a message wrote himself: without quoted history, signature and legal footer."""

from __future__ import annotations

import re

from mailai.ai.local.cleaning import BLANK_LINES, NEW_LIMIT, RAW_LIMIT, clean

ATTRIBUTION = re.compile(
    r"^(?:am|on|le|el|il|op|w dniu|den)\b.{1,250}?\b(?:schrieb|wrote|writes|a écrit|escribió"
    r"|ha scritto|schreef|napisał|skrev)\b.{0,120}:$",
    re.I,
)
NAMED_ATTRIBUTION = re.compile(
    r"^[^<>]{0,80}<[^<>\s]{3,120}> (?:writes|wrote|schrieb|schreibt)\b.{0,60}:$", re.I
)
ORIGINAL = re.compile(
    r"^[-_ ]{2,20}\s?(?:original message|urspr(?:ü|ue)ngliche nachricht|original-nachricht"
    r"|message d'origine)",
    re.I,
)
FORWARDED = re.compile(
    r"^(?:[-_ ]{2,20}\s?(?:forwarded message|weitergeleitete nachricht)|begin forwarded message"
    r"|anfang der weitergeleiteten)",
    re.I,
)
HEADER_FROM = re.compile(r"^\*?(?:von|from|de|da)\s?:", re.I)
HEADER_MORE = re.compile(
    r"^\*?(?:gesendet|sent|datum|date|an|to|cc|betreff|subject|von|from|envoyé|objet)\s?:", re.I
)
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
SENT_FROM = re.compile(
    r"^(?:von meinem \S{1,30} gesendet|gesendet von|sent from my|get outlook for|envoyé de mon)", re.I
)
LINES_AFTER_CLOSING = 15


def new_text(text: str) -> str:
    """At most NEW_LIMIT cleaned characters of new text; where all of it is history or signature, the whole
    text.
    """
    text = clean(text, RAW_LIMIT)
    kept = "\n".join(_without_signature(_without_history(text.split("\n"))))
    return (BLANK_LINES.sub("\n\n", kept).strip() or text)[:NEW_LIMIT]


def _without_history(lines: list[str]) -> list[str]:
    kept: list[str] = []
    skip_until = -1
    for at, line in enumerate(lines):
        if at <= skip_until or line.startswith((">", "|>")):
            continue
        length = _attribution_lines(lines, at)
        if length:
            rest = [later for later in lines[at + length : at + length + 3] if later]
            if rest and not rest[0].startswith(">"):
                break
            skip_until = at + length - 1
        elif FORWARDED.match(line) and _is_short(kept):
            skip_until = _header_block_end(lines, at + 1)
        elif ORIGINAL.match(line) or FORWARDED.match(line) or _is_header_block(lines, at):
            if any(kept):
                break
            skip_until = _header_block_end(lines, at)
        else:
            kept.append(line)
    return kept


def _attribution_lines(lines: list[str], at: int) -> int:
    """How many lines the `… wrote:` that starts here takes; 0 if none does. Mail programs wrap it."""
    for length in (1, 2, 3):
        if not all(lines[at : at + length]):
            return 0
        line = " ".join(lines[at : at + length])[:400]
        if ATTRIBUTION.match(line) or NAMED_ATTRIBUTION.match(line):
            return length
    return 0


def _is_short(kept: list[str]) -> bool:
    return sum(len(line.split()) for line in kept) < 15


def _is_header_block(lines: list[str], at: int) -> bool:
    return (
        bool(HEADER_FROM.match(lines[at]))
        and sum(bool(HEADER_MORE.match(line)) for line in lines[at + 1 : at + 6]) >= 2
    )


def _header_block_end(lines: list[str], at: int) -> int:
    end = at
    while (
        end + 1 < len(lines) and (not lines[end + 1] or HEADER_MORE.match(lines[end + 1])) and end < at + 10
    ):
        end += 1
    return end


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if at < 3 and not any(lines[:at]):
            continue
        if line in {"--", "—", "__"} or (DISCLAIMER.match(line[:400]) and at > 2):
            return lines[:at]
        if CLOSING.match(line) and len(lines) - at - 1 <= LINES_AFTER_CLOSING + 10:
            after = [later for later in lines[at + 1 :] if later]
            if len(after) <= LINES_AFTER_CLOSING:
                return lines[:at] + _postscript(lines[at + 1 :])
    return [line for line in lines if not SENT_FROM.match(line)]


def _postscript(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if POSTSCRIPT.match(line):
            return ["", *lines[at:]]
    return []
