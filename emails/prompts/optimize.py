"""The second opinion: the same form from a stronger model, with the thread before it and suggestions behind it."""

from __future__ import annotations

import datetime as dt

from emails.prompts.base import FIELDS
from mailai.ai.fence import fence
from mailai.ai.question import Letter, Question
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer

VERSION = "optimize-1"

SYSTEM = (
    "You give a second opinion on the triage of one person's mail. A first analysis exists; it came from a "
    "weaker model and may be wrong. Read the message and the thread before it yourself, decide anew, and say in the "
    "reasoning where and why you differ. Who wrote last, reminders left unanswered and dates that come near matter.\n\n"
    "The fields:\n"
    + FIELDS
    + "\nsuggestions: up to five concrete next steps for the user, most useful first, each one sentence, in the "
    "message's language; an empty list if there is nothing to do."
)


def question(letters: tuple[Letter, ...], earlier: BaseAnswer, today: dt.date, budget: int) -> Question:
    """`letters` is the message in question, then its thread newest first."""
    first = earlier.model_dump_json(indent=1, exclude={"language", "confidence"})
    user = f"Today is {today:%A, %Y-%m-%d}.\n\nThe first analysis:\n{first}\n\n{fence(letters, budget)}"
    return Question(
        kind="optimize",
        system=SYSTEM,
        user=user,
        schema=OptimizeAnswer,
        prompt_version=VERSION,
        letters=letters,
        today=today,
        earlier=earlier,
    )
