"""The user's instructions for a reply, tidied up into sentences of that reply."""

from __future__ import annotations

import re

from mailai.ai.language import detect
from mailai.ai.local.cleaning import clean

LONGEST = 4_000

STYLE_ONLY = re.compile(
    r"^(?:(?:bitte|please|und|and|sehr|very|etwas|ganz|a bit|keep it|make it|be|antworte|antworten"
    r"|schreib[e]?|write|reply|answer|formuliere|halte es|auf|in|mir|eine|einen|kurze?|knapp|knappe?"
    r"|short"
    r"|brief(?:ly)?|höflich|freundlich(?:e)?|nett|polite(?:ly)?|friendly|nice|formal(?:ly)?|formell"
    r"|förmlich|locker|casual|professional(?:ly)?|professionell|sachlich|concise"
    r"|deutsch|englisch|english|german|antwort|reply)[\s,.!]*)+$",
    re.I,
)
INTENTS = (
    (
        "accept",
        re.compile(r"^(?:bitte )?(?:zusagen|zusage|annehmen|accept|agree|say yes|ja sagen)[\s.!]*$", re.I),
    ),
    (
        "reject",
        re.compile(
            r"^(?:bitte )?(?:höflich |freundlich |politely )?(?:absagen|ablehnen|absage|decline"
            r"|refuse|reject|say no|nein sagen)[\s.!]*$",
            re.I,
        ),
    ),
    ("confirm", re.compile(r"^(?:bitte )?(?:bestätigen|bestätige|confirm)[\s.!]*$", re.I)),
)
COMMAND = re.compile(
    r"^(?:bitte |please )?(?:(?:sag|sage|schreib|schreibe|teile|teil|erkläre|antworte"
    r"|richte)(?: (?:ihm|ihr|ihnen|denen|dem kunden|der kundin))?(?: (?:bitte|mit|aus))*,?"
    r"|(?:tell|inform|let|write|say|reply|answer|explain)(?: (?:him|her|them|that person|the customer"
    r"|the client))?(?: know| to (?:him|her|them))?,?) (?=(?:dass|daß|that)\b)",
    re.I,
)
THAT = re.compile(r"^(?:dass|daß|that) ", re.I)
END = re.compile(r"(?<=[.!?…])\s+")


def as_sentences(text: str, form: str, say: dict[str, str]) -> str:
    """The instructions as content: capital letter, full stop, orders such as `sag ihm, dass` turned;
    nothing is added.

    `say` holds the phrases of the letter's language; instructions in another one cannot be translated by
    rules and stay
    in square brackets as a mark for the user. Remarks about style alone give an empty text.
    """
    lines = [line.lstrip("-*•– ").strip() for line in clean(text, LONGEST).split("\n")]
    tidy = "\n".join(tidy for line in lines if (tidy := _line(line, form, say)))
    written_in = detect(text)
    if (
        tidy
        and written_in in {"de", "en"}
        and (written_in == "en") != (form == "en")
        and _is_content(tidy, say)
    ):
        return f"[{' '.join(line for line in lines if line)}]"
    return tidy


def _is_content(tidy: str, say: dict[str, str]) -> bool:
    return tidy not in {say[name] for name, _ in INTENTS}


def _line(line: str, form: str, say: dict[str, str]) -> str:
    return " ".join(tidy for part in END.split(line) if (tidy := _sentence(part.strip(), form, say)))


def _sentence(part: str, form: str, say: dict[str, str]) -> str:
    if not any(map(str.isalnum, part)) or (len(part) < 200 and STYLE_ONLY.match(part)):
        return ""
    for name, pattern in INTENTS:
        if pattern.match(part):
            return say[name]
    clause = COMMAND.sub("", part, count=1)
    if THAT.match(clause):
        rest = THAT.sub("", clause)
        part = say["tell"].format(clause=rest if form == "en" else f"dass {rest}")
    part = part[:1].upper() + part[1:]
    return part if part.endswith((".", "!", "?", "…", ":", ")")) else part + "."
