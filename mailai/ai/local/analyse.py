"""The base analysis of one letter, by rules."""

from __future__ import annotations

import datetime as dt

from mailai.ai.local import explain
from mailai.ai.local.reading import Reading, read
from mailai.ai.local.summary import summarise
from mailai.ai.local.weigh import Verdict, weigh
from mailai.ai.question import Letter
from mailai.ai.schemas import BaseAnswer, Deadline


def analyse(letters: tuple[Letter, ...], today: dt.date) -> BaseAnswer:
    """Analyse the first letter; of the rest only this counts, that the user took part in the conversation."""
    reading = read(letters[0], today, letters[1:])
    return BaseAnswer.model_validate(fields(reading, weigh(reading, today)))


def fields(reading: Reading, verdict: Verdict, more: tuple[str, ...] = ()) -> dict[str, object]:
    """The fields of a BaseAnswer; `more` are further sentences of the reasoning."""
    return {
        "urgency": verdict.urgency,
        "importance": verdict.importance,
        "category": verdict.category,
        "summary": summarise(reading),
        "reasoning": explain.reasoning(reading, verdict, more),
        "tags": explain.tags(reading, verdict),
        "is_spam": reading.is_spam,
        "language": reading.language,
        "confidence": verdict.confidence,
        "questions": list(reading.questions),
        "deadlines": [Deadline(date=due.date, words=due.words) for due in reading.deadlines],
    }
