"""Quoted history and signatures, as mail programs write them: lines in, the lines that are new out."""

from __future__ import annotations

import re

MOST_SIGNATURE_LINES = 20
MOST_HEADER = 400  # characters of "… wrote:", which programs wrap over up to three lines
FEW_WORDS = 15  # before a forwarded message: a note on it, no letter of its own

QUOTED = (">", "|>")
ATTRIBUTION = re.compile(
    r"(?:am|on|le|el|il|op|w dniu|den)\b.{1,250}?\b(?:schrieb|geschrieben|wrote|writes|a écrit|escribió"
    r"|ha scritto|schreef|napisał|skrev)\b.{0,120}:",
    re.I,
)
NAMED_ATTRIBUTION = re.compile(
    r"[^<>]{0,80}<[^<>\s]{3,120}> (?:writes|wrote|schrieb|schreibt)\b.{0,60}:"
    r"|.{1,200}?\b(?:wrote|schrieb)\s(?:am|on)\s.{0,40}\d.{0,100}:",
    re.I,
)
ORIGINAL = re.compile(
    r"[-_= ]{2,20}\s?(?:original message|original email|original-?nachricht|urspr(?:ü|ue)ngliche (?:nachricht|e-mail)"
    r"|message d'origine)\b",
    re.I,
)
FORWARDED = re.compile(
    r"(?:[-_= ]{2,20}\s?(?:forwarded message|weitergeleitete nachricht|message transféré)|begin forwarded message"
    r"|anfang der weitergeleiteten)",
    re.I,
)
FROM = re.compile(r"\*?(?:von|from|de|da)\s?:\*?\s+\S", re.I)
FIELD = re.compile(
    r"\*?(?:gesendet|sent|datum|date|an|to|cc|betreff|subject|von|from|envoyé|à|objet|inviato|oggetto)\s?:",
    re.I,
)
RULE = re.compile(r"[_\s]*")
SIGNATURE = re.compile(r"(?:--|—|__)\s*")
DEVICE = re.compile(
    r"(?:sent from my|sent from outlook|sent with|get outlook for|von meinem .{1,40} gesendet|envoyé de mon|"
    r"gesendet (?:von|mit) |diese nachricht wurde von meinem).{0,120}",
    re.I,
)


def without_history(lines: list[str], unwrap: bool = False) -> list[str]:
    """The lines that the writer wrote, answers between quotes included.

    A forwarded message stays, as it stands nowhere else; with `unwrap` without its header, and only where it is what
    the letter is about.
    """
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if lines[at].startswith(QUOTED):
            at += 1
        elif size := attribution_at(lines, at):
            if not following(lines, at + size).startswith(">"):
                break  # unquoted history runs to the end
            at += size
        elif unwrap and FORWARDED.match(lines[at]) and sum(len(line.split()) for line in kept) < FEW_WORDS:
            at = end_of_header(lines, at + 1)
        elif starts_original(lines, at, unwrap):
            if not unwrap or any(kept):
                break
            at = end_of_header(lines, at)
        else:
            kept.append(lines[at])
            at += 1
    while kept and RULE.fullmatch(kept[-1]):
        kept.pop()
    return kept


def without_signature(lines: list[str], most: int = MOST_SIGNATURE_LINES) -> list[str]:
    """Without what follows a line of two dashes, if that is at most so many lines, and the telephone's last word."""
    for at, line in enumerate(lines):
        if SIGNATURE.fullmatch(line) and len(lines) - at <= most:
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or DEVICE.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return lines


def attribution_at(lines: list[str], at: int) -> int:
    """How many lines the "… wrote:" that begins at `at` takes; 0 if none does."""
    for size in (1, 2, 3):
        row = lines[at : at + size]
        if len(row) < size or not row[-1].strip():
            return 0
        if row[-1].rstrip().endswith(":"):
            header = " ".join(line.strip() for line in row)
            if len(header) > MOST_HEADER:
                return 0
            if ATTRIBUTION.fullmatch(header) or NAMED_ATTRIBUTION.fullmatch(header):
                return size
    return 0


def starts_original(lines: list[str], at: int, unwrap: bool) -> bool:
    """Whether the message that is answered begins here, under its header or a line that says so."""
    if ORIGINAL.match(lines[at]) or (unwrap and FORWARDED.match(lines[at])):
        return True
    if not FROM.match(lines[at].strip()) or any(
        FORWARDED.search(line) for line in lines[max(0, at - 3) : at]
    ):
        return False
    return sum(bool(FIELD.match(line.strip())) for line in lines[at + 1 : at + 6]) >= 2


def end_of_header(lines: list[str], at: int) -> int:
    """Behind the fields that begin at `at`, and the empty lines among and after them."""
    end = min(len(lines), at + 10)
    at += 1
    while at < end and (not lines[at].strip() or FIELD.match(lines[at].strip())):
        at += 1
    return at


def following(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 4] if line.strip()), "")
