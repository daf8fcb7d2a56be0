"""The built-in provider: honest rules for German and English mail, without a key and without a network."""

from __future__ import annotations

import datetime as dt

from mailai.ai.local.analyse import analyse
from mailai.ai.local.optimise import optimise
from mailai.ai.local.reply import draft
from mailai.ai.question import Answer, Credential, Letter, OnText, Question

MODEL = "rules"
READY = "The built-in rules are ready."
EMPTY = Letter(sender="", to=(), subject="", date=None, text="")

__all__ = ["ask"]


def ask(question: Question, credential: Credential, deadline: float, on_text: OnText) -> Answer:
    """Answer a base, optimize or reply question from `question.letters`; other kinds get a short text.

    Same signature as the client's `ask`. The work is bounded by the length of text that is looked at, so
    `deadline` is
    never in question, and `credential` holds nothing that rules need. Raises nothing but what `on_text`
    raises.
    """
    letters = question.letters or (EMPTY,)
    first = letters[0]
    today = question.today or (first.date.date() if first.date else dt.date.today())
    if question.kind == "base":
        return Answer(analyse(letters, today), MODEL)
    if question.kind == "optimize":
        return Answer(optimise(letters, today, question.earlier), MODEL)
    text = draft(question, letters, today) if question.kind == "reply" else READY
    on_text(text)
    return Answer(text, MODEL)
