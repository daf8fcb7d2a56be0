"""What an analysis counts for where what was read tries to instruct the assistant."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from emails.models import Email
from emails.threads import letter_of
from mailai.ai import local
from mailai.ai.local.injection import instructs
from mailai.ai.question import Credential, Question
from mailai.ai.schemas import BaseAnswer

RANKED = {"info_only": 1, "needs_attention": 2, "action_required": 3}
MARKS = ("questions", "deadlines")
"""What marks a message in the inbox beside its rank."""


def is_instructing(email: Email) -> bool:
    return instructs(letter_of(email, bool(email.html), whole=True), settings.MAILAI_PROMPT_BUDGET)


def is_instructed(question: Question) -> bool:
    return any(instructs(letter, settings.MAILAI_PROMPT_BUDGET) for letter in question.letters)


def capped(question: Question, said: dict[str, Any]) -> dict[str, Any]:
    """The fields of an answer, in nothing more urgent or important than what the built-in rules find: they obey nobody.

    Spam is what either calls so; questions and deadlines are those of the rules.
    """
    rules = local.ask(question, Credential("local", local.MODEL), 0.0, lambda text: None).content
    if not isinstance(rules, BaseAnswer):
        raise TypeError(f"the rules cannot judge a question of kind {question.kind}")
    found = rules.model_dump(mode="json")
    return said | {
        "urgency": min(said["urgency"], found["urgency"]),
        "importance": min(said["importance"], found["importance"]),
        "category": min(said["category"], found["category"], key=RANKED.__getitem__),
        "is_spam": said["is_spam"] or found["is_spam"],
        **{name: found[name] for name in MARKS},
    }
