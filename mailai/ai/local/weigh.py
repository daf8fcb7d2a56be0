"""From the signs of a letter to urgency, importance and category."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

from mailai.ai.local.observe import observe
from mailai.ai.local.reading import Reading
from mailai.ai.local.signs import Sign
from mailai.ai.local.spam_words import THRESHOLD

Level = Literal[1, 2, 3]
Category = Literal["action_required", "needs_attention", "info_only"]

URGENT = (2.0, 4.5)
IMPORTANT = (2.0, 3.5)
"""Points from which urgency and importance are 2, and 3."""

SHARES = (1.0, 0.7, 0.5, 0.35, 0.25)
"""The strongest sign counts in full, each further one less: five weak hints are not an outage. From the
sixth, a tenth.
"""


@dataclass(frozen=True)
class Verdict:
    """The levels with the signs and sums that led to them."""

    urgency: Level
    importance: Level
    category: Category
    confidence: float
    signs: tuple[Sign, ...]
    urgency_points: float
    importance_points: float


def weigh(reading: Reading, today: dt.date, more: tuple[Sign, ...] = (), answered: bool = False) -> Verdict:
    """Add up the signs of a reading; `more` are signs from its thread, `answered` says that the user has
    replied to it.
    """
    signs = _diminishing((*observe(reading, today), *more))
    urgency, importance = sum(sign.urgency for sign in signs), sum(sign.importance for sign in signs)
    levels = (_level(urgency, URGENT), _level(importance, IMPORTANT))
    if reading.is_spam:
        levels = (1, 1)
    elif reading.letter.mine:
        levels = (1, 2 if levels[1] > 1 else 1)
    return Verdict(
        urgency=levels[0],
        importance=levels[1],
        category=_category(reading, levels, signs, answered),
        confidence=_confidence(reading, signs, urgency, importance),
        signs=signs,
        urgency_points=round(urgency, 1),
        importance_points=round(importance, 1),
    )


def _diminishing(signs: tuple[Sign, ...]) -> tuple[Sign, ...]:
    """The signs with what each really contributes; points below zero count in full."""
    shares = {}
    for name in ("urgency", "importance"):
        ranked = sorted(
            (at for at in range(len(signs)) if getattr(signs[at], name) > 0),
            key=lambda at: -getattr(signs[at], name),
        )
        for rank, at in enumerate(ranked):
            shares[name, at] = SHARES[rank] if rank < len(SHARES) else 0.1
    return tuple(
        replace(
            sign,
            urgency=sign.urgency * shares.get(("urgency", at), 1.0),
            importance=sign.importance * shares.get(("importance", at), 1.0),
        )
        for at, sign in enumerate(signs)
    )


def _level(points: float, borders: tuple[float, float]) -> Level:
    points = round(points, 1)
    return 3 if points >= borders[1] else 2 if points >= borders[0] else 1


def _category(
    reading: Reading, levels: tuple[Level, Level], signs: tuple[Sign, ...], answered: bool
) -> Category:
    names = {sign.name for sign in signs}
    if reading.is_spam or reading.letter.mine or names & {"bulk", "auto_reply"}:
        return "info_only"
    if answered:
        return "needs_attention" if levels[1] == 3 else "info_only"
    if "receipt" in names and not reading.questions and not reading.deadlines:
        return "info_only"
    asked = bool(reading.questions or reading.requests) and ("list" not in names or reading.is_reply_to_me)
    if (
        asked
        or names & {"deadline", "dunning", "invitation", "bounce"}
        or ("outage" in names and levels[0] == 3)
    ):
        return "action_required"
    if max(levels) >= 2:
        return "needs_attention"
    return "info_only"


def _confidence(reading: Reading, signs: tuple[Sign, ...], urgency: float, importance: float) -> float:
    """Rules know words, not meaning: never above 0.9, and lower where little was seen or a sum lies near a
    border.
    """
    if not reading.sentences:
        return 0.2
    if reading.is_spam or "bulk" in {sign.name for sign in signs}:
        margin = sum(sign.spam for sign in reading.spam) - THRESHOLD if reading.is_spam else 1.0
        return round(min(0.9, 0.65 + 0.06 * margin), 2)
    seen = sum(1 for sign in signs if abs(sign.urgency) + abs(sign.importance) >= 1)
    border = min([abs(urgency - edge) for edge in URGENT] + [abs(importance - edge) for edge in IMPORTANT])
    known = 0.4 if reading.language in {"de", "en"} else 0.25
    return round(min(0.9, known + 0.06 * min(seen, 5) + 0.1 * min(border, 1.5)), 2)
