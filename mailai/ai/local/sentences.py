"""Text into sentences: minds wrapped lines, lists, `key: value` lines, abbreviations and ordinals."""

from __future__ import annotations

import re

from mailai.ai.local.calendar_words import MONTHS

MOST = 300
LONGEST = 600
WRAPPED = 50
"""A line shorter than this did not end because it was full, so the next one starts a new sentence."""

ITEM = re.compile(r"^(?:[-*•–·▪►✓]|\(?\d{1,2}[.)]|[a-z]\))\s+")
KEY_VALUE = re.compile(r"^[^\s:][^:.?!]{1,38}:\s\S")
STOP = re.compile(r"(?<![.!?…])[.!?…]++[\"”“'’»)]*+(?=\s)")
GREETING_WORDS = (
    r"(?:hallo|hi|hey|hello|liebe[rs]?|sehr geehrte[rs]?|guten (?:tag|morgen|abend)|moin|servus"
    r"|grüezi|grüß gott|dear|good "
    r"(?:morning|afternoon|evening)|greetings|bonjour|hola|ciao|buongiorno)"
)
GREETING = re.compile(rf"^{GREETING_WORDS}\b[^.?!:;\n]{{0,60}}[,!:.]?$", re.I)
GREETING_START = re.compile(rf"^{GREETING_WORDS}(?:\s[^\s,.?!]{{1,25}}){{0,5}}\s?[,!]\s+(?=\S)", re.I)
HYPHENATED = re.compile(r"(?<=[^\W\d_]{2})- (?=[a-zäöüß])(?!und |oder |bzw|and |or |to )")
BEFORE_ORDINAL = re.compile(
    r"\b(?:am|der|den|dem|die|das|zum|zur|vom|ab|und|bis|im|beim|seit|nach|vor|mein\w*|unser\w*"
    r"|ihr\w*|dein\w*) \d{1,2}$",
    re.I,
)
ABBREVIATIONS_LIST = (
    "z.b z.t u.a d.h i.d.r o.ä u.u v.a ca bzw nr str tel hr fr dr prof inkl zzgl evtl ggf usw etc vgl abs "
    "art ing dipl mr mrs ms st vs e.g i.e no inc ltd corp jr sr approx dept est fig p.m a.m z b d h u a i "
    "s jan feb apr jun jul aug sep sept okt oct nov dez dec mio mrd max min std"
)
ABBREVIATIONS = frozenset(ABBREVIATIONS_LIST.split())


def sentences(text: str) -> list[str]:
    """At most MOST sentences of at most LONGEST characters, without greetings and list marks."""
    found: list[str] = []
    for block in _blocks(text):
        if GREETING.match(block):
            continue
        block = GREETING_START.sub("", block, count=1)
        found += [sentence[:LONGEST] for sentence in _split(block) if any(map(str.isalnum, sentence))]
        if len(found) >= MOST:
            break
    return found[:MOST]


def _blocks(text: str) -> list[str]:
    blocks: list[list[str]] = [[]]
    for line in text.split("\n"):
        before = blocks[-1][-1] if blocks[-1] else ""
        if not line or _starts_new(line, before):
            blocks.append([])
        if line:
            blocks[-1].append(ITEM.sub("", line))
    return [HYPHENATED.sub("-", " ".join(lines)) for lines in blocks if lines]


def _starts_new(line: str, before: str) -> bool:
    if not before:
        return False
    if (
        ITEM.match(line)
        or KEY_VALUE.match(line)
        or before.endswith((":", "?", "!"))
        or GREETING.match(before)
    ):
        return True
    return len(before) < WRAPPED and not line[0].islower() and not before.endswith((",", "-"))


def _split(block: str) -> list[str]:
    parts, start = [], 0
    for stop in STOP.finditer(block):
        if _is_end(block, start, stop):
            parts.append(block[start : stop.end()].strip())
            start = stop.end()
    parts.append(block[start:].strip())
    return [part for part in parts if part]


def _is_end(block: str, start: int, stop: re.Match[str]) -> bool:
    following = block[stop.end() :].lstrip()[:1]
    if "?" in stop.group() or "!" in stop.group():
        return not (stop.group().endswith((")", '"', "“", "”")) and following.islower())
    word = block[max(start, stop.start() - 20) : stop.start()].rsplit(" ", 1)[-1].lstrip("(\"„“'")
    if word.lower() in ABBREVIATIONS or (
        word.isdigit() and len(word) <= 2 and _is_ordinal(block, start, stop)
    ):
        return False
    return not following.islower()


def _is_ordinal(block: str, start: int, stop: re.Match[str]) -> bool:
    """`am 14. Dezember` and `zum 3. Mal` go on; `Zimmer 14. Bitte` ends. A sentence that is a mere number
    is a list mark.
    """
    following = block[stop.end() : stop.end() + 20].split()
    if following and following[0].lower().strip(".,") in MONTHS:
        return True
    before = block[start : stop.start()]
    return bool(BEFORE_ORDINAL.search(before[-40:])) or before.strip().isdigit()
