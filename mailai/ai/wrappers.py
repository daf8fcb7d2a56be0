"""What models put around an answer: thoughts, channels, fences, introductions. Only the answer is left."""

from __future__ import annotations

import json
import re

THOUGHTS = "think|thinking|thought|thoughts|reasoning|reflection"
CLOSED = re.compile(rf"<({THOUGHTS})\b[^>]{{0,100}}>.*?</\1\s*>", re.I | re.S)
CLOSING = re.compile(rf"</(?:{THOUGHTS})\s*>", re.I)
OPENING = re.compile(rf"<(?:{THOUGHTS})\b[^>]{{0,100}}>", re.I)
# OpenAI's harmony format: the text of the last "final" channel is the answer.
CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)[^<]{0,200}<\|message\|>")
SPECIAL = re.compile(r"<\|[a-z_]{1,40}\|>|<(?:end_of_turn|eos|/s)>|\[/INST\]", re.I)
FENCED = re.compile(r"\A`{3,}[\w-]{0,20}[ \t]*\n(.*?)\n?`{3,}\s*\Z", re.S)
INNER_FENCE = re.compile(r"^`{3,}[\w-]{0,20}[ \t]*\n(.*?)\n`{3,}[ \t]*$", re.S | re.M)
INTRODUCTION = re.compile(
    r"\A(?:(?:sure|certainly|of course|absolutely|gern(?:e)?|natürlich)[^\n]{0,60}?[,.!:]\s*)?"
    r"(?:here(?:'s| is| are)|below is|hier (?:ist|sind|kommt)|this is|(?:draft|reply|entwurf|antwort)(?=\s*:))"
    r"[^\n]{0,120}:[ \t]*\n+",
    re.I,
)
SUBJECT = re.compile(r"\A\W{0,4}(?:subject|betreff|objet|asunto|oggetto)\W{0,3}:[^\n]{0,300}\n+", re.I)
RULE = re.compile(r"\A(?:[-*_=]{3,}[ \t]*\n+)")
LAST_RULE = re.compile(r"\n+[-*_=]{3,}[ \t]*\Z")
OFFER = re.compile(
    r"\n\s*\n[-*_=\s(\[]*(?:let me know if (?:you(?:'d| would) like|this|you want|you need|there)"
    r"|feel free to (?:adjust|edit|modify|change)|would you like me to|i hope this (?:helps|draft)"
    r"|(?:note|hinweis)\s?:|sag(?:en sie)? (?:mir )?(?:gern )?bescheid, (?:wenn|falls) (?:ich|sie|du) (?:etwas|noch))"
    r"[^\n]{0,400}\Z",
    re.I,
)
TEXTS = (
    "draft",
    "reply",
    "text",
    "email",
    "body",
    "message",
    "content",
    "answer",
    "response",
    "entwurf",
    "antwort",
)


class UnfinishedThought(ValueError):
    """The model thought aloud to the end, and gave no answer."""


def without_thinking(text: str) -> str:
    """`text` without what the model thought aloud. Raises UnfinishedThought."""
    if channels := list(CHANNEL.finditer(text)):
        final = [found for found in channels if found[1].lower() == "final"]
        if not final:
            raise UnfinishedThought
        text = text[final[-1].end() :]
    text = CLOSED.sub("", text)
    if closing := list(CLOSING.finditer(text)):  # some servers cut the opening mark off
        text = text[closing[-1].end() :]
    text = SPECIAL.sub("", text)
    if OPENING.match(text.lstrip()):
        raise UnfinishedThought
    return text.strip()


def draft_of(text: str) -> str:
    """The letter in a model's answer, without fence, introduction, subject line, rules, JSON or an offer of more."""
    text = unfenced(text.strip())
    text = unfenced(INTRODUCTION.sub("", in_json(text), count=1).strip())
    while (shorter := SUBJECT.sub("", RULE.sub("", text)).strip()) != text:
        text = shorter
    text = OFFER.sub("", text).strip()
    return LAST_RULE.sub("", text).strip()


def unfenced(text: str) -> str:
    if found := FENCED.match(text):
        return found[1].strip()
    blocks = INNER_FENCE.findall(text)
    return blocks[0].strip() if len(blocks) == 1 and INTRODUCTION.match(text) else text


def in_json(text: str) -> str:
    """The one text of a JSON object, where the answer is nothing else."""
    if not text.startswith("{"):
        return text
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    texts = {str(name).lower(): item for name, item in value.items() if isinstance(item, str)}
    named = [texts[name] for name in TEXTS if name in texts]
    return (named or list(texts.values()) or [text])[0].strip()
