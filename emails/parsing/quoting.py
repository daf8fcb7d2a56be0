"""What the sender wrote now: a message without the history it quotes and without its signature.

Conservative: in doubt the text stays; and forwarded content stays, as it stands nowhere else in the thread.
"""

from __future__ import annotations

import re

MAX_SIGNATURE_LINES = 20
ORIGINAL = re.compile(
    r"[-_=]{2,}\s*(?:original message|original-nachricht|originalnachricht|ursprüngliche nachricht|"
    r"ursprüngliche e-mail|original email|message d'origine)\s*[-_=]{2,}:?",
    re.I,
)
WROTE = re.compile(r"\b(?:wrote|schrieb|geschrieben|a écrit)\b", re.I)
DATED = re.compile(r"(?:on|am|le)\s.{0,40}\d", re.I)
WROTE_ON = re.compile(r"\b(?:wrote|schrieb)\s(?:am|on)\s.{0,40}\d", re.I)
MAX_REPLY_HEADER = 400  # characters
FROM = re.compile(r"\*?(?:von|from|de)\s?:\*?\s+\S", re.I)
SENT = re.compile(r"\*?(?:gesendet|sent|datum|date|envoyé|an|to|cc|betreff|subject)\s?:\*?\s*\S", re.I)
FORWARDED = re.compile(r"forwarded message|weitergeleitete nachricht|message transféré", re.I)
SIGNATURE = re.compile(r"--\s*")
DEVICE = re.compile(
    r"(?:sent from my|sent from outlook|sent with|get outlook for|von meinem .{1,40} gesendet|"
    r"gesendet (?:mit|von) (?:der |meinem |outlook)|diese nachricht wurde von meinem).{0,120}",
    re.I,
)


def new_text(text: str) -> str:
    """The part of `text` that is neither quoted history nor signature; all of it if that leaves nothing."""
    lines = without_history([line.rstrip() for line in text.splitlines()])
    for kept in (without_signature(lines), lines):
        part = "\n".join(kept).strip()
        if part:
            return part
    return text.strip() or text


def without_history(lines: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        size = history_at(lines, at)
        if size:
            if not following(lines, at + size).startswith(">"):
                break  # unquoted history runs to the end
            at += size
        elif lines[at].startswith(">"):
            at += 1
        else:
            kept.append(lines[at])
            at += 1
    while kept and re.fullmatch(r"[_\s]*", kept[-1]):
        kept.pop()
    return kept


def history_at(lines: list[str], at: int) -> int:
    """How many lines a reply header takes that begins at `at`; 0 if none does."""
    row = lines[at].strip()
    if not row:
        return 0
    if ORIGINAL.fullmatch(row):
        return 1
    if FROM.match(row) and not any(FORWARDED.search(line) for line in lines[max(0, at - 3) : at]):
        fields = sum(1 for line in lines[at + 1 : at + 6] if SENT.match(line.strip()))
        return 1 + fields if fields >= 2 else 0
    if DATED.match(row) or WROTE_ON.search(row[:MAX_REPLY_HEADER]):
        for size in (1, 2, 3):  # long ones are wrapped
            header = " ".join(line.strip() for line in lines[at : at + size])
            if len(header) <= MAX_REPLY_HEADER and header.endswith(":") and WROTE.search(header):
                return size
    return 0


def following(lines: list[str], at: int) -> str:
    return next((line for line in lines[at : at + 4] if line.strip()), "")


def without_signature(lines: list[str]) -> list[str]:
    for at, row in enumerate(lines):
        if SIGNATURE.fullmatch(row) and len(lines) - at <= MAX_SIGNATURE_LINES:
            lines = lines[:at]
            break
    while lines and (not lines[-1].strip() or DEVICE.fullmatch(lines[-1].strip())):
        lines = lines[:-1]
    return lines
