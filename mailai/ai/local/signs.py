"""A sign: one observation about a letter, what it contributes, and the words it was seen in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """`urgency` and `importance` are points that add up in `weigh`, `spam` are points towards spam; `words`
    is the evidence.
    """

    name: str
    german: str
    english: str
    urgency: float = 0.0
    importance: float = 0.0
    spam: float = 0.0
    words: str = ""
    tag: str = ""

    def label(self, language: str) -> str:
        return self.german if language == "de" else self.english
