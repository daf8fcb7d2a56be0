"""The base analysis: how urgent and important a message is, and why."""

from __future__ import annotations

import datetime as dt

from mailai.ai.fence import fence
from mailai.ai.question import Letter, Question
from mailai.ai.schemas import BaseAnswer

VERSION = "base-1"

FIELDS = """\
urgency: 3 must be dealt with today or tomorrow, or something is broken now; 2 this week; 1 no pressure of time.
importance: 3 money, contracts, law, security, customers or people depend on it; 2 ordinary work; 1 little is lost if \
it is never read.
category: action_required if the user must do or answer something; needs_attention if it should be read and \
considered; info_only if there is nothing to do. Spam, newsletters and automatic notices are info_only unless \
something really has to be done.
summary: one or two sentences on what the sender wants, in the message's language.
reasoning: why you chose urgency, importance and category, naming the words or facts you rely on, in the message's \
language.
tags: up to six short lower-case words.
is_spam: true for spam, fraud and phishing.
language: the message's language as ISO 639-1.
confidence: 0 to 1, how sure you are.
questions: the questions that the user is asked, in the sender's words; an empty list if none.
deadlines: dates that the user is held to, each with the words it was read from; resolve relative dates against the \
message's date; an empty list if none."""

SYSTEM = (
    "You are a careful assistant who triages one person's mail. You read one message and fill in a form about it. "
    "Stay with what the message says; invent nothing.\n\nThe fields:\n" + FIELDS
)


def question(letters: tuple[Letter, ...], today: dt.date, budget: int) -> Question:
    """`letters[0]` is the message in question; a base analysis looks at it alone."""
    return Question(
        kind="base",
        system=SYSTEM,
        user=f"Today is {today:%A, %Y-%m-%d}.\n\n{fence(letters[:1], budget)}",
        schema=BaseAnswer,
        prompt_version=VERSION,
        letters=letters[:1],
        today=today,
    )
