"""One call to whichever provider a token names, with its row in the ledger."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import IntegrityError
from django.db.models.functions import Now

from mailai.ai import client, local, providers
from mailai.ai.errors import AIError
from mailai.ai.models import AiCall, ServiceToken
from mailai.ai.question import Answer, Credential, OnText, Question
from mailai.postgres.patience import persistently
from mailai.postgres.violations import is_dangling


def ask(
    question: Question,
    credential: Credential,
    deadline: float,
    on_text: OnText,
    on_silence: Callable[[], None] = lambda: None,
) -> Answer:
    """Ask whoever the credential names, by `deadline` (a `time.monotonic()` value). Raises AIError."""
    try:
        provider = providers.get(credential.provider)
    except LookupError:
        raise AIError("bad_request", f"provider {credential.provider} is not set up here") from None
    if provider.local:
        return local.ask(question, credential, deadline, on_text)
    return client.ask(question, credential, deadline, on_text, on_silence)


@dataclass(frozen=True)
class Called:
    answer: Answer
    provider: str
    duration_ms: int


def call(
    question: Question,
    token: ServiceToken,
    limit: float,
    on_text: OnText,
    run_id: UUID,
    attempt: int,
    on_silence: Callable[[], None] = lambda: None,
) -> Called:
    """Ask within `limit` seconds in all. Raises AIError, or what on_text or on_silence raises.

    The ledger gets its row anyway. A database connection that dies meanwhile is opened anew by whoever uses it next.
    """
    credential = token.credential()
    row = AiCall(
        user_id=token.user_id,
        token=token,
        run_id=run_id,
        attempt=attempt,
        kind=question.kind,
        provider=token.provider,
        model=token.model,
        prompt_version=question.prompt_version,
    )
    watch = _Watch(on_text)
    try:
        answer = ask(question, credential, watch.began + limit, watch, on_silence)
    except AIError as error:
        row.error_code = error.code
        raise
    except BaseException:
        row.error_code = "cancelled"
        raise
    else:
        row.model = answer.model
        row.input_tokens, row.output_tokens = answer.input_tokens, answer.output_tokens
    finally:
        row.duration_ms, row.first_text_ms = watch.elapsed_ms(), watch.first_text_ms
        persistently(partial(_note, row, token))
    return Called(answer, token.provider, row.duration_ms)


def _note(row: AiCall, token: ServiceToken) -> None:
    if row.pk is None:
        row.started_at = Now() - dt.timedelta(milliseconds=row.duration_ms)
        try:
            row.save(force_insert=True)
        except IntegrityError as error:
            if not is_dangling(error):
                raise
            # The run is gone meanwhile, or its user with all that was theirs.
            row.user_id = row.run_id = row.token = None
            row.save(force_insert=True)
    token.used("" if row.error_code == "cancelled" else row.error_code)


class _Watch:
    """Passes text on and notes when the first of it came."""

    def __init__(self, on_text: OnText) -> None:
        self.on_text = on_text
        self.began = time.monotonic()
        self.first_text_ms: int | None = None

    def __call__(self, piece: str) -> None:
        if self.first_text_ms is None:
            self.first_text_ms = self.elapsed_ms()
        self.on_text(piece)

    def elapsed_ms(self) -> int:
        return round(1000 * (time.monotonic() - self.began))
