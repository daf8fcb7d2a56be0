"""How long a run like this one usually takes, for whoever waits for it."""

from __future__ import annotations

import datetime as dt
from statistics import median

from django.core.cache import caches
from django.db.models import Subquery
from django.db.models.functions import Now

from mailai.ai.models import ServiceToken
from mailai.runs.models import Status, TaskRun

RECENT = dt.timedelta(days=30)
ENOUGH, MOST = 3, 20  # runs that say something, and that are looked at
SHORTEST = 2  # seconds; less is over before it is read
REMEMBERED = 60  # seconds, so that a poll does not ask each time


def usual_time(run: TaskRun) -> dt.timedelta | None:
    """From press to end, the median of the user's recent runs of this kind with this model. None: nobody knows."""
    if run.token_id is None:
        return None
    key = f"usual:{run.user_id}:{run.kind}:{run.token_id}"
    seconds: float = caches["process"].get_or_set(key, lambda: _median(run), REMEMBERED) or 0
    return dt.timedelta(seconds=seconds) if seconds >= SHORTEST else None


def _median(run: TaskRun) -> float:
    """In seconds; 0 if there are too few. A token lives for a day, so it is the model that counts."""
    same = ServiceToken.objects.filter(pk=run.token_id or 0)
    alike = TaskRun.objects.filter(
        user_id=run.user_id,
        kind=run.kind,
        status=Status.SUCCEEDED,
        batch=None,  # those waited for one another
        token__provider=Subquery(same.values("provider")),
        token__model=Subquery(same.values("model")),
        created_at__gt=Now() - RECENT,
    )
    times = alike.order_by("-created_at").values_list("created_at", "finished_at")[:MOST]
    lengths = [(end - start).total_seconds() for start, end in times if end is not None]
    return median(lengths) if len(lengths) >= ENOUGH else 0
