"""The one or two sentences that say most of what a letter is about."""

from __future__ import annotations

import re

from mailai.ai.local.cleaning import one_line
from mailai.ai.local.dates import find_dates
from mailai.ai.local.reading import AMOUNT, Reading
from mailai.ai.local.words import WORD_SIGNS

LONGEST = 300
LOOKED_AT = 40
"""Sentences from the start that can become part of the summary."""

WORD = re.compile(r"[^\W\d_]{4,}")
THANKS = re.compile(
    r"^(?:vielen dank|danke|ich hoffe|wir hoffen|hoffentlich|thank you|thanks|i hope|hope (?:you"
    r"|this)|wie geht|how are|(?:bei|für) (?:rück)?fragen|if you have any|mein name ist"
    r"|my name is|bitte antworten sie nicht|do not reply|anbei\b.{0,20}$|view (?:this|in)|im browser"
    r"|wenn (?:diese|sie diese)|having trouble)",
    re.I,
)


def summarise(reading: Reading) -> str:
    """At most LONGEST characters, in the letter's own words; the subject where there are no sentences."""
    candidates = [sentence for sentence in reading.sentences[:LOOKED_AT] if len(WORD.findall(sentence)) >= 2]
    if not candidates:
        text = " ".join(reading.sentences[:2]) or reading.subject
        return one_line(text, LONGEST) or ("(kein Text)" if reading.language == "de" else "(no text)")
    topic = {word.lower() for word in WORD.findall(reading.subject)}
    ranked = sorted(range(len(candidates)), key=lambda at: -_points(candidates[at], at, topic, reading))
    chosen = [ranked[0]]
    for at in ranked[1:3]:
        if len(candidates[at]) + len(candidates[ranked[0]]) < LONGEST:
            chosen.append(at)
            break
    return one_line(" ".join(_ended(candidates[at]) for at in sorted(chosen)), LONGEST)


def _points(sentence: str, at: int, topic: set[str], reading: Reading) -> float:
    points = 1.2 / (1 + 0.4 * at)
    points += 0.4 * min(
        3,
        sum(bool(sign.pattern.search(sentence)) for sign in WORD_SIGNS if sign.importance + sign.urgency > 0),
    )
    points += 0.5 * bool(find_dates(sentence, reading.day)) + 0.4 * bool(AMOUNT.search(sentence))
    points += 0.3 * min(3, len(topic & {word.lower() for word in WORD.findall(sentence)}))
    points -= 1.5 * bool(THANKS.match(sentence)) + 0.6 * (len(sentence) > 240) + 0.5 * (len(sentence) < 25)
    points -= 0.8 * sentence.count("http")
    return points


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…", ":", '"', "“", "”")) else sentence + "."
