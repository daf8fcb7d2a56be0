"""The second look: a letter within its conversation, compared with the base answer, and next steps."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from mailai.ai.local.analyse import fields
from mailai.ai.local.reading import read
from mailai.ai.local.suggest import suggestions
from mailai.ai.local.thread import Thread, look_around, with_thread
from mailai.ai.local.weigh import Verdict, weigh
from mailai.ai.question import Letter
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer

PHRASES = {
    "de": {
        "thread": "Verlauf: {} Nachrichten, zuletzt {}.",
        "alone": "Es gibt keinen weiteren Verlauf.",
        "you": "von Ihnen",
        "them": "von der Gegenseite",
        "changed": "Gegenüber der Basisanalyse: {}.",
        "same": "Gegenüber der Basisanalyse unverändert.",
        "urgency": "Dringlichkeit {} → {}",
        "importance": "Wichtigkeit {} → {}",
        "category": "Einstufung {} → {}",
        "is_spam": "Spam {} → {}",
        "because": " ({})",
        "action_required": "Handlung nötig",
        "needs_attention": "Beachtung nötig",
        "info_only": "nur Information",
        "True": "ja",
        "False": "nein",
    },
    "en": {
        "thread": "Conversation: {} messages, the last one {}.",
        "alone": "There is no further conversation.",
        "you": "by you",
        "them": "by the other side",
        "changed": "Compared with the base analysis: {}.",
        "same": "Unchanged compared with the base analysis.",
        "urgency": "urgency {} → {}",
        "importance": "importance {} → {}",
        "category": "category {} → {}",
        "is_spam": "spam {} → {}",
        "because": " ({})",
        "action_required": "action required",
        "needs_attention": "needs attention",
        "info_only": "info only",
        "True": "yes",
        "False": "no",
    },
}


def optimise(letters: tuple[Letter, ...], today: dt.date, earlier: BaseModel | None) -> OptimizeAnswer:
    """Analyse the first letter together with the others; `earlier` is the base answer to compare with, if
    there is one.
    """
    alone = read(letters[0], today, letters[1:])
    thread = look_around(alone, letters[1:], today)
    reading = with_thread(alone, thread)
    verdict = weigh(reading, today, thread.signs, answered=thread.answered)
    language = "de" if reading.language == "de" else "en"
    more = (_conversation(thread, language), _comparison(verdict, reading.is_spam, thread, earlier, language))
    return OptimizeAnswer.model_validate(
        {
            **fields(reading, verdict, tuple(sentence for sentence in more if sentence)),
            "suggestions": suggestions(reading, verdict, thread, today),
        }
    )


def _conversation(thread: Thread, language: str) -> str:
    say = PHRASES[language]
    if thread.size < 2:
        return say["alone"]
    return say["thread"].format(thread.size, say["you"] if thread.mine_last else say["them"])


def _comparison(
    verdict: Verdict, is_spam: bool, thread: Thread, earlier: BaseModel | None, language: str
) -> str:
    if not isinstance(earlier, BaseAnswer):
        return ""
    say = PHRASES[language]
    changes = []
    for name, now in (
        ("urgency", verdict.urgency),
        ("importance", verdict.importance),
        ("category", verdict.category),
        ("is_spam", is_spam),
    ):
        before = getattr(earlier, name)
        if before != now:
            changes.append(say[name].format(say.get(str(before), before), say.get(str(now), now)))
    reasons = ", ".join(sign.label(language) for sign in thread.signs)
    because = say["because"].format(reasons) if reasons else ""
    return (
        say["changed"].format(", ".join(changes) + because) if changes else say["same"][:-1] + because + "."
    )
