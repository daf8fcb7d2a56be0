"""What the tests of the client share: a question, a credential, and one call with a short deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from mailai.ai.client import ask
from mailai.ai.question import Answer, Credential, Question
from mailai.ai.schemas import BaseAnswer

KEY = "sk-test-4f9c2d7e8a1b"


def question(schema: type[BaseModel] | None = BaseAnswer, user: str = "") -> Question:
    user = user or "From: Ada <ada@example.com>\nSubject: Budget 2031\n\nPlease approve it by 2031-04-02."
    system = "You judge mail. Answer in JSON." if schema else "You write a reply."
    return Question(kind="base", system=system, user=user, schema=schema, prompt_version="test")


def asked(
    model: str,
    schema: type[BaseModel] | None = BaseAnswer,
    seconds: float = 5.0,
    on_text: Callable[[str], None] = lambda text: None,
    user: str = "",
    **credential: Any,
) -> Answer:
    wanted = Credential(**({"provider": "openai", "model": model, "key": KEY} | credential))
    return ask(question(schema, user), wanted, time.monotonic() + seconds, on_text)
