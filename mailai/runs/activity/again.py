"""Starting anew what failed or was cancelled: the same checks and the same rate as a press."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext as _

from mailai.ai.choice import named_token
from mailai.ai.models import Purpose, ServiceToken
from mailai.http import Refused
from mailai.runs.activity.filter import Filter
from mailai.runs.activity.listing import runs_of
from mailai.runs.kinds import KINDS
from mailai.runs.models import Status, TaskRun, TaskRunQuerySet
from mailai.runs.press import begin
from mailai.runs.transitions import cancel

AT_ONCE = 25  # runs that one press starts anew
CANCELLED_AT_ONCE = 200
RECENT = dt.timedelta(days=7)  # older failures are started anew one by one only
REPEATED = TaskRun.objects.select_related("email", "token", "account").defer(
    "partial", "result", "email__raw", "email__text", "email__html", "email__headers"
)


@dataclass
class Tally:
    started: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """How many were not started, by the reason."""


def again(request: HttpRequest, run: TaskRun) -> TaskRun:
    """A new run about the same thing. Raises Refused as a press would, and 409 where there is nothing to repeat."""
    if run.status not in (Status.FAILED, Status.CANCELLED):
        raise Refused(
            409, "wrong_state", _("Only what failed or was cancelled can be tried again. Look at its page.")
        )
    if run.kind not in KINDS or not run.definition.repeats:
        raise Refused(409, "wrong_state", _("This cannot be tried again from here. Start it on its page."))
    token = token_of(request, run)
    run.definition.check(request, run)
    return begin(request, run.kind, run.email, token, run.params, run.account)


def again_all(request: HttpRequest, wanted: Filter) -> Tally:
    """The newest of the recent failures, those of each kind until its rate is used up."""
    tally = Tally()
    used_up: dict[str, str] = {}
    failures = repeatable(wanted.of_kind(runs_of(request.user))).values_list("pk", flat=True)
    for run in REPEATED.filter(pk__in=list(failures.order_by("-created_at")[:AT_ONCE])):
        if run.kind in used_up:
            tally.refused[used_up[run.kind]] += 1
            continue
        try:
            again(request, run)
            tally.started += 1
        except Refused as refused:
            tally.refused[refused.error] += 1
            if refused.status == 429:
                used_up[run.kind] = refused.error
    return tally


def repeatable(runs: TaskRunQuerySet) -> TaskRunQuerySet:
    """The recent failures that nobody has tried again yet."""
    kinds = [kind.name for kind in KINDS.values() if kind.repeats]
    since = Now() - RECENT
    untried = Q(("followed", False))
    return runs.filter(untried, status=Status.FAILED, kind__in=kinds, created_at__gt=since)


def cancel_all(request: HttpRequest, wanted: Filter) -> int:
    """One by one, because a statement that changes many rows would wait for, and hold up, the workers at them."""
    active = wanted.of_kind(TaskRun.objects.of(request.user).active()).only("pk")
    return sum(cancel(run) for run in active.order_by("-created_at")[:CANCELLED_AT_ONCE])


def token_of(request: HttpRequest, run: TaskRun) -> ServiceToken | None:
    """The token of the first start, checked as if it were named anew; None where the kind takes none."""
    if run.kind in Purpose.values:
        if run.token_id is None:
            raise Refused(409, "token_missing", _("The token is gone. Choose another one."))
        return named_token(request, {"service_token_id": run.token_id}, run.kind)
    if run.account_id is not None:
        return None
    if run.token is None or not run.token.is_usable:
        raise Refused(409, "token_expired", _("This token can no longer be used."))
    return run.token
