"""The same tasks on Celery, set up in two ways.

As it comes: what its guide for Django says, and nothing else. Its fixup for Django is then on, which opens a database
connection for every task and closes it again; and a task is acknowledged before it runs, so a killed worker loses it.

Tuned: acks_late and reject_on_worker_lost, or a killed worker loses its task; prefetch multiplier 1, which goes with
acks_late for tasks that last; and without the fixup, so that a worker keeps its connection as ours does. That takes
care of one's own for connections that have died, which this bench does not need.
"""

from __future__ import annotations

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.settings")
django.setup()

import openai  # noqa: E402
from celery import Celery  # noqa: E402
from celery.signals import task_success, worker_ready  # noqa: E402
from django.conf import settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from emails.models import Analysis, Email  # noqa: E402
from emails.prompts import base  # noqa: E402
from emails.threads import letters_of  # noqa: E402
from mailai.ai.answers import read_object  # noqa: E402
from mailai.ai.models import ServiceToken  # noqa: E402
from mailai.ai.schemas import BaseAnswer  # noqa: E402
from mailai.ai.structured import response_format  # noqa: E402
from tests.bench import work  # noqa: E402
from tests.bench.celery_side import AS_IT_COMES, URL  # noqa: E402
from tests.bench.clock import note  # noqa: E402

PROGRESS_EVERY = 0.4  # seconds between tellings of progress, as a run does

TUNED = {"task_acks_late": True, "task_reject_on_worker_lost": True, "worker_prefetch_multiplier": 1}

app = Celery(
    "bench",
    broker=os.environ[URL],
    backend=os.environ[URL],
    fixups=None if AS_IT_COMES in os.environ else [],
)
app.conf.update({"broker_connection_retry_on_startup": True} | ({} if AS_IT_COMES in os.environ else TUNED))
nothing = app.task(work.nothing)
row = app.task(work.row)


@task_success.connect
def note_backend(sender, result, **_) -> None:
    """The result backend has stored what the task returned."""
    note(result, "told")


@worker_ready.connect
def tell_ready(**_) -> None:
    print("is ready", flush=True)  # noqa: T201


@app.task(bind=True)
def analyse(self, email_id: int, token_id: int) -> str:
    """What a base run does, without its ledger: read, ask, tell progress, save an Analysis."""
    email, token = Email.objects.get(pk=email_id), ServiceToken.objects.get(pk=token_id)
    question = base.question(letters_of(email), timezone.localdate(), settings.MAILAI_PROMPT_BUDGET)
    began = time.monotonic()
    text = "".join(stream_of(token, question, self.update_state))
    answer = read_object(text, BaseAnswer)
    analysis = Analysis.objects.create(
        email=email,
        kind="base",
        provider=token.provider,
        model=token.model,
        prompt_version=question.prompt_version,
        duration_ms=round(1000 * (time.monotonic() - began)),
        **answer.model_dump(mode="json"),
    )
    Email.objects.filter(pk=email_id).update(analysis=analysis)
    return f"email-{email_id}"


def stream_of(token: ServiceToken, question, tell):
    chunks = (
        _client()
        .with_options(api_key=token.credential().key)
        .chat.completions.create(
            model=token.model,
            messages=[
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.user},
            ],
            response_format=response_format(BaseAnswer, "json_schema"),
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    told_at = 0.0
    for chunk in chunks:
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            yield piece
        if time.monotonic() - told_at >= PROGRESS_EVERY:
            told_at = time.monotonic()
            tell(state="PROGRESS", meta={"stage": "receiving"})


_clients: list[openai.OpenAI] = []


def _client() -> openai.OpenAI:
    """One per process, so that connections are kept."""
    if not _clients:
        _clients.append(openai.OpenAI(api_key="none", base_url=settings.MAILAI_BASE_URLS["openai"]))
    return _clients[0]
