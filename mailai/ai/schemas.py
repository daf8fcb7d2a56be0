"""The shapes that a model's answer is validated against. A score is computed from them, never asked for."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=600)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Deadline(BaseModel):
    """A date that the reader is held to, and the words that it was read from."""

    model_config = ConfigDict(extra="ignore")

    date: dt.date
    words: Sentence


class BaseAnswer(BaseModel):
    """Urgency and importance: 1 low, 2 medium, 3 high. Language: ISO 639-1. Confidence: 0 to 1."""

    model_config = ConfigDict(extra="ignore")

    urgency: Literal[1, 2, 3]
    importance: Literal[1, 2, 3]
    category: Literal["action_required", "needs_attention", "info_only"]
    summary: Sentence
    reasoning: Paragraph
    tags: list[Short] = Field(max_length=12)
    is_spam: bool
    language: Annotated[
        str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z]{2,3}$")
    ]
    confidence: float = Field(ge=0, le=1)
    questions: list[Sentence] = Field(max_length=20)
    deadlines: list[Deadline] = Field(max_length=20)


class OptimizeAnswer(BaseAnswer):
    """The second opinion: the same fields, and what the reader could do next."""

    suggestions: list[Sentence] = Field(max_length=12)
