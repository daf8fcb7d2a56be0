"""The main job without a browser: base, optimize and reply on every message, through the real queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from emails.models import Email
from mailai.ai.models import ServiceToken
from mailai.runs.models import ACTIVE, TaskRun
from mailai.runs.wording import error_of

POLL = 0.2  # seconds between looks at the runs
KINDS = ("base", "optimize", "reply")


@dataclass
class Rehearsed:
    """One message's runs, by kind. A kind that could not be started because the one before failed is absent."""

    email: Email
    runs: dict[str, TaskRun] = field(default_factory=dict)

    def result(self, kind: str) -> dict[str, Any]:
        run = self.runs.get(kind)
        return (run.result if run else None) or {}

    @property
    def problems(self) -> list[str]:
        said = [f"{kind}: {error_of(run)}" for kind, run in self.runs.items() if run.result is None]
        return said + [f"{kind}: not started" for kind in KINDS if kind not in self.runs]


def rehearse(
    user: Any,
    emails: Iterable[Email],
    token: ServiceToken,
    seconds: float,
    tell: Callable[[str, int, int], None],
) -> list[Rehearsed]:
    """Base for all, then optimize and reply for those that have an analysis. `tell(kind, done, of)` as they end.

    A command is not a press: press rates do not apply. After `seconds` in all, what still runs is left as it is.
    """
    give_up_at = time.monotonic() + seconds
    rehearsed = [Rehearsed(email) for email in emails]
    for kind in KINDS:
        ready = [one for one in rehearsed if kind == "base" or one.result("base")]
        for one in ready:
            one.runs[kind], _created = TaskRun.objects.start(user, kind, one.email, token)
        _wait(kind, ready, give_up_at, tell)
    return rehearsed


def _wait(
    kind: str, rehearsed: list[Rehearsed], give_up_at: float, tell: Callable[[str, int, int], None]
) -> None:
    ids = [one.runs[kind].pk for one in rehearsed]
    done = -1
    while True:
        active = TaskRun.objects.filter(pk__in=ids, status__in=ACTIVE).count()
        if len(ids) - active != done:
            done = len(ids) - active
            tell(kind, done, len(ids))
        if not active or time.monotonic() > give_up_at:
            break
        time.sleep(POLL)  # noqa: TID251 - the wait itself, with a deadline
    runs = TaskRun.objects.filter(pk__in=ids).in_bulk()
    for one in rehearsed:
        one.runs[kind] = runs[one.runs[kind].pk]
