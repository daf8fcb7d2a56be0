"""The end of a run, whoever brings it about: one place, and one line in the log.

The line has ids, times and codes, and nothing of what the run was about. It comes when the end is committed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Now

from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun, TaskRunQuerySet

logger = logging.getLogger("mailai.runs.ended")  # a name for operators, who may send it elsewhere

IDS = ("user_id", "email_id", "account_id", "token_id", "batch_id")
TOLD = ("pk", "kind", "attempt", "max_attempts", "created_at", "started_at", *IDS)

Held = Sequence[dict[str, Any]]


def hold(runs: TaskRunQuerySet, wait: bool = True) -> Held:
    """Lock those of the runs that are still as the query wants them, for `end`. Inside the caller's transaction.

    Without `wait`, those that somebody else is at are passed over.
    """
    provider = ServiceToken.objects.filter(pk=OuterRef("token_id")).values("provider")
    locked = runs.select_for_update(no_key=True, skip_locked=not wait).order_by("pk")
    return list(locked.annotate(provider=Subquery(provider), now=Now()).values(*TOLD, "provider", "now"))


def end(held: Held, status: str, **changes: Any) -> int:
    """Make them terminal, without the text that streamed in. Returns how many."""
    if not held:
        return 0
    ended = TaskRun.objects.filter(pk__in=[run["pk"] for run in held]).update(
        status=status, lease_until=None, finished_at=Now(), partial="", **changes
    )
    for run in held:
        transaction.on_commit(partial(tell, run, status, changes.get("error_code", "")))
    return ended


def tell(run: dict[str, Any], status: str, code: str) -> None:
    began = run["started_at"] or run["now"]
    ids = " ".join(f"{name.removesuffix('_id')}={run[name]}" for name in IDS if run[name] is not None)
    logger.info(
        "run=%s %s kind=%s status=%s code=%s attempt=%s/%s waited=%.1f worked=%.1f provider=%s",
        run["pk"],
        ids,
        run["kind"],
        status,
        code or "-",
        run["attempt"],
        run["max_attempts"],
        (began - run["created_at"]).total_seconds(),
        (run["now"] - began).total_seconds(),
        run["provider"] or "-",
    )
