"""The question for a reply draft: pure text work, no ORM."""

from __future__ import annotations

import datetime as dt

from mailai.ai.fence import fence
from mailai.ai.question import Letter, Profile, Question

VERSION = "reply-1"

STYLES = {
    "professional": "professional: polite, clear, to the point",
    "formal": "formal: full courtesy, no contractions, in German always 'Sie'",
    "friendly": "friendly: warm and personal, still about the matter",
    "brief": "brief: as few sentences as the matter allows",
    "decline": "decline: politely turn down what is asked, with thanks and without inventing a reason",
}

SYSTEM = (
    "You draft replies that one person will edit and send. Write only the text of the reply, from the greeting to the "
    "closing and signature: no subject line, no recipients, no comment about the draft, no Markdown. Answer in the "
    "language of the message in question. Take up every question it asks. Never invent facts, dates, prices or "
    "promises: where the user must fill something in, write a short gap in square brackets. The style is {style}."
)


def question(
    letters: tuple[Letter, ...], style: str, instructions: str, profile: Profile, today: dt.date, budget: int
) -> Question:
    """`letters` is the message to answer, then its thread newest first."""
    parts = [f"Today is {today:%A, %Y-%m-%d}.", _about(profile)]
    if instructions:
        parts.append(f"What the user wants the reply to say:\n{instructions}")
    parts.append(fence(letters, budget))
    parts.append("Write the reply to the MESSAGE IN QUESTION now.")
    return Question(
        kind="reply",
        system=SYSTEM.format(style=STYLES[style]),
        user="\n\n".join(part for part in parts if part),
        schema=None,
        prompt_version=VERSION,
        letters=letters,
        today=today,
        style=style,
        instructions=instructions,
        profile=profile,
    )


def _about(profile: Profile) -> str:
    facts = {
        "Name": profile.name,
        "About": profile.about,
        "Usual greeting": profile.greeting,
        "Usual closing": profile.closing,
        "Signature, to be used once at the end": profile.signature,
        "Preferences": profile.preferences,
    }
    told = "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
    return f"The user who replies:\n{told}" if told else ""
