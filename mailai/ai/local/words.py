"""Words that say something of urgency and importance, German and English.

A row of the tables: name, urgency points, importance points, tag, German label, English label, regex
alternatives. Points
add up; what they come to is told in `weigh`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailai.ai.local.pressing_words import PRESSING
from mailai.ai.local.topic_words import TOPICS


@dataclass(frozen=True)
class WordSign:
    """One row, its words compiled; they are looked for from the beginning of a word."""

    name: str
    urgency: float
    importance: float
    tag: str
    german: str
    english: str
    pattern: re.Pattern[str]


WORD_SIGNS: tuple[WordSign, ...] = tuple(
    WordSign(name, urgency, importance, tag, german, english, re.compile(rf"\b(?:{pattern})", re.I))
    for name, urgency, importance, tag, german, english, pattern in (*PRESSING, *TOPICS)
)
