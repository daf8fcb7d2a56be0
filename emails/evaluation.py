"""The labelled sample mailbox, asked of any provider: each message on the day that it was sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from emails.agreement import Label, load_labels
from emails.parsing import Parsed, parse
from emails.prompts import base
from emails.samples import READER, SAMPLE
from mailai.ai.calls import ask
from mailai.ai.question import Credential, Letter
from mailai.ai.schemas import BaseAnswer

LABELS = Path(__file__).parent / "sample_labels.json"


def answers(
    credential: Credential, seconds: float, limit: int | None = None
) -> Iterator[tuple[Label, BaseAnswer]]:
    """Each label with the provider's base answer, `seconds` at most for one. Raises AIError."""
    for name, label in list(load_labels(LABELS).items())[:limit]:
        letter = _letter(parse((SAMPLE / name).read_bytes()))
        today = (letter.date or timezone.now()).date()
        question = base.question((letter,), today, settings.MAILAI_PROMPT_BUDGET)
        answer = ask(question, credential, time.monotonic() + seconds, _ignore)
        yield label, BaseAnswer.model_validate(answer.content, from_attributes=True)


def _letter(parsed: Parsed) -> Letter:
    return Letter(
        sender=f"{parsed.sender_name} <{parsed.sender_address}>",
        to=tuple(address for _name, address in parsed.to),
        subject=parsed.subject,
        date=parsed.sent_at or parsed.received_at,
        text=parsed.text,
        headers=parsed.headers,
        mine=parsed.sender_address == READER,
        attachments=tuple(part.name for part in parsed.attachments if not part.inline),
    )


def _ignore(piece: str) -> None:
    """Nobody watches the text arrive here."""
