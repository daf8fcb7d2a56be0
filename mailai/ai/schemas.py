"""The shapes that a model's answer is validated against. A score is computed from them, never asked for.

Only urgency, importance, category, is_spam and summary can fail an answer, and what they clearly mean is taken; see
`coercion`. A default stands for what a model left out of the rest.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from mailai.ai import coercion
from mailai.ai.stopwords import SCRIPTS, STOPWORDS

SENTENCE, PARAGRAPH, TAG = 600, 4000, 80  # characters
# Those that our own detector can tell.
LANGUAGES = sorted({*STOPWORDS, *(code for code, _first, _last in SCRIPTS)})
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TAG)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SENTENCE)]
Level = Annotated[Literal[1, 2, 3], BeforeValidator(coercion.level)]


class Deadline(BaseModel):
    """A date that the reader is held to, and the words that it was read from."""

    model_config = ConfigDict(extra="ignore")

    date: dt.date
    words: Sentence


class BaseAnswer(BaseModel):
    """Urgency and importance: 1 low, 2 medium, 3 high. Confidence: 0 to 1.

    Language: ISO 639-1, or empty where the model named none: then ours is taken.
    """

    model_config = ConfigDict(extra="ignore")

    urgency: Level
    importance: Level
    category: Annotated[
        Literal["action_required", "needs_attention", "info_only"], BeforeValidator(coercion.category)
    ]
    summary: Annotated[Sentence, BeforeValidator(partial(coercion.sentence, limit=SENTENCE))]
    reasoning: Annotated[
        str, Field(max_length=PARAGRAPH), BeforeValidator(partial(coercion.prose, limit=PARAGRAPH))
    ] = ""
    tags: Annotated[
        list[Short], Field(max_length=12), BeforeValidator(partial(coercion.tags, limit=TAG, most=12))
    ] = []
    is_spam: Annotated[bool, BeforeValidator(coercion.truth)]
    language: Annotated[
        str, Field(json_schema_extra={"enum": [*LANGUAGES]}), BeforeValidator(coercion.language)
    ] = ""
    confidence: Annotated[float, Field(ge=0, le=1), BeforeValidator(coercion.share)] = coercion.HALF
    questions: Annotated[
        list[Sentence],
        Field(max_length=20),
        BeforeValidator(partial(coercion.texts, limit=SENTENCE, most=20)),
    ] = []
    deadlines: Annotated[
        list[Deadline], Field(max_length=20), BeforeValidator(partial(coercion.deadlines, most=20))
    ] = []


class OptimizeAnswer(BaseAnswer):
    """The second opinion: the same fields, and what the reader could do next."""

    suggestions: Annotated[
        list[Sentence],
        Field(max_length=12),
        BeforeValidator(partial(coercion.texts, limit=SENTENCE, most=12)),
    ] = []
