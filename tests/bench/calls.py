"""50 calls to a model at the same time, each of which streams for two seconds, with 4, 16 and 50 workers.

Ours is the real thing: TaskRun.objects.start for 50 users, the AI client, the ledger, an Analysis. Celery's task makes
the same streamed call with the openai client, tells its progress as often, and saves the same Analysis, without run
and ledger. The makespan is seen by one instrument for both, a count of the rows every 10 ms.
"""

from __future__ import annotations

import http.client
import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from mailai.runs.models import TaskRun
from tests.bench.memory import pss
from tests.bench.scene import say
from tests.bench.verdicts import Verdicts
from tests.factories import make_email, make_token, make_user
from tests.processes import Processes, wait_until

CALLS = 50
SECONDS = 2.0
EVENTS = 25  # of one streamed analysis of the factory's message
SLOW, FAST = f"fake:drip={SECONDS / EVENTS:.4f}", "fake:drip=0.01"
PER_SLOT = 22.0  # MB
OVER_IDEAL = 1.25

Start = Callable[[Any, Any], object]


@dataclass
class Crowd:
    """50 users with a token each."""

    users: list[Any]

    def press(self, start: Start, model: str) -> tuple[float, float]:
        """Seconds until the last analysis is there: since the last one was put in, and since before the first."""
        pairs = [(make_email(user), token_of(user, model)) for user in self.users]
        ids = [email.pk for email, _token in pairs]
        began = time.monotonic()
        for email, token in pairs:
            start(email, token)
        put = time.monotonic()
        query = "SELECT count(*) FROM emails_analysis WHERE email_id = ANY(%s)"
        with connection.cursor() as cursor:
            wait_until(lambda: cursor.execute(query, [ids]).fetchone()[0] == len(ids), 120, every=0.01)
        done = time.monotonic()
        return done - put, done - began


def crowd() -> Crowd:
    return Crowd([make_user(f"crowd-{number}") for number in range(CALLS)])


def token_of(user: Any, model: str) -> Any:
    return user.tokens.filter(model=model).first() or make_token(user, model)


def start_ours(email: Any, token: Any) -> None:
    TaskRun.objects.start(email.user, "base", email, token)


def start_celery(email: Any, token: Any) -> None:
    import_module("tests.bench.celery_app").analyse.delay(email.pk, token.pk)


@dataclass(frozen=True)
class Sized:
    """What one side needs with so many workers."""

    after: float
    """Seconds from the last one put in to the last one done."""
    whole: float
    per_slot: float
    """MB"""


def measure(people: Crowd, start: Start, running: Processes, workers: int, rounds: int) -> Sized:
    for _ in range(2):
        people.press(start, FAST)  # every worker has made a call, as good as surely
    times = [people.press(start, SLOW) for _ in range(rounds)]
    after, whole = (median(each) for each in zip(*times, strict=True))
    processes = running.all()
    total = pss(processes)
    ideal = math.ceil(CALLS / workers) * SECONDS
    say(
        f"  {workers:>2} workers: {after:.2f} s after the last was put in, {whole:.2f} s in all (ideal {ideal:.0f} s); "
        f"{total:.0f} MB PSS in {len(processes)} processes, {total / workers:.1f} a slot "
        f"({(total - pss(processes[:1])) / workers:.1f} without the first process)"
    )
    return Sized(after, whole, total / workers)


def judge(workers: int, ours: Sized, theirs: Sized | None, verdicts: Verdicts) -> None:
    ideal = math.ceil(CALLS / workers) * SECONDS
    many = workers >= CALLS
    verdicts.value(
        f"{CALLS} calls with {workers} workers, times the ideal",
        "×",
        ours.after / ideal,
        theirs and theirs.after / ideal,
        most=OVER_IDEAL if many else None,
    )
    verdicts.value(
        f"PSS a slot with {workers} workers",
        "MB",
        ours.per_slot,
        theirs and theirs.per_slot,
        most=PER_SLOT if many else None,
    )


def check_fake(url: str) -> None:
    """Says how long the fake takes for 50 streams at once, read by threads that do nothing else."""
    place = urlsplit(url)
    body = json.dumps(
        {
            "model": SLOW,
            "messages": [{"role": "user", "content": "From: Ada\nSubject: The contract"}],
            "response_format": {"type": "json_schema"},
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    )

    def ask(_number: int) -> float:
        began = time.monotonic()
        line = http.client.HTTPConnection(place.netloc, timeout=30)
        line.request("POST", f"{place.path}/chat/completions", body, {"Content-Type": "application/json"})
        line.getresponse().read()
        line.close()
        return time.monotonic() - began

    alone = ask(0)
    with ThreadPoolExecutor(CALLS) as pool:
        together = sorted(pool.map(ask, range(CALLS)))
    say(
        f"the fake alone: one stream {alone:.2f} s, {CALLS} at once {together[0]:.2f} to {together[-1]:.2f} s"
    )
