"""What is not kept for ever: ended runs, the ledger, dead credentials, and what the queue leaves behind."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django_q.models import Task

from mailai.ai.models import LOCAL, AiCall, ServiceToken
from mailai.postgres.models import CacheEntry
from mailai.runs.hosts import WorkerHost
from mailai.runs.models import TERMINAL, Status, TaskRun
from mailai.runs.pulse import left_behind

logger = logging.getLogger(__name__)

BATCH = 1000
STRAGGLERS = dt.timedelta(days=2)  # after an update, a host of the version before may still work
QUEUE_RESULTS = dt.timedelta(days=7)

Rows = QuerySet[Any]


@dataclass(frozen=True)
class Rule:
    name: str
    outdated: Callable[[], Rows]
    """The rows that have had their time, by the database's clock, oldest first where there may be many."""
    end: Callable[[Rows], object] = QuerySet.delete


def prune_a_little() -> dict[str, int]:
    """At most BATCH rows of every rule. A rule that fails does not stop the others; the reaper comes again."""
    pruned = {}
    for rule in RULES:
        try:
            pruned[rule.name] = prune_batch(rule)
        except Exception:
            if not connection.is_usable():
                raise
            logger.exception("%s could not be pruned; they are tried again later", rule.name)
    return pruned


def prune_all(rule: Rule) -> int:
    """In batches, each a transaction of its own, until nothing is left."""
    total = 0
    while pruned := prune_batch(rule):
        total += pruned
    return total


def prune_batch(rule: Rule) -> int:
    """Rows that somebody else is at are passed over: two hosts share the work."""
    with transaction.atomic():
        outdated = rule.outdated()
        locked = outdated.select_for_update(skip_locked=True, of=("self",))[:BATCH]
        keys = list(locked.values_list("pk", flat=True))
        if keys:
            rule.end(outdated.model.objects.filter(pk__in=keys).order_by())
    return len(keys)


def ended_runs() -> Rows:
    """But for the latest of a message and kind, or of a token's or an account's, which a page shows."""
    later = TaskRun.objects.filter(kind=OuterRef("kind"), created_at__gt=OuterRef("created_at"))
    replaced = Q(Exists(later.filter(email=OuterRef("email_id"))))
    retested = Q(Exists(later.filter(email=None, token=OuterRef("token_id"))), email=None)
    # A failure replaces no success: what the last good test found on the server is on the account's page.
    of_account = later.filter(email=None, account=OuterRef("account_id"))
    outdone = Q(Exists(of_account.filter(status__in=(OuterRef("status"), Status.SUCCEEDED))), email=None)
    nobodys = Q(email=None, token=None, account=None)
    old = TaskRun.objects.filter(before("finished_at", "runs"), status__in=TERMINAL)
    return old.filter(replaced | retested | outdone | nobodys).order_by("finished_at")


def left_texts() -> Rows:
    """What streamed in of runs that a version before this ended, which left it there."""
    lately = TaskRun.objects.filter(status__in=TERMINAL, finished_at__gt=Now() - STRAGGLERS)
    return lately.exclude(partial="").order_by("finished_at")


def ledger() -> Rows:
    return AiCall.objects.filter(before("started_at", "calls")).order_by("started_at")


def expired_keys() -> Rows:
    expired = before("expires_at", "expired_keys")
    return ServiceToken.objects.filter(expired).exclude(encrypted_key="").order_by()


def dead_tokens() -> Rows:
    """Revoked ones, and expired ones without a key; the ledger keeps what was asked with them."""
    dead = before("revoked_at", "tokens") | before("expires_at", "tokens") & Q(encrypted_key="")
    return ServiceToken.objects.filter(dead).exclude(provider=LOCAL).order_by()


def before(column: str, kept: str) -> Q:
    """Older than what is `kept` so long; nothing is where that is for ever."""
    days = settings.MAILAI_KEEP_DAYS[kept]
    return Q(**{f"{column}__lt": Now() - dt.timedelta(days=days)}) if days else Q(pk__in=[])


RULES = (
    Rule("ended runs", ended_runs),
    Rule("texts of ended runs", left_texts, end=lambda runs: runs.update(partial="")),
    Rule("calls in the ledger", ledger),
    Rule("keys of expired tokens", expired_keys, end=lambda tokens: tokens.update(encrypted_key="")),
    Rule("revoked and expired tokens", dead_tokens),
    Rule("results of the queue", lambda: Task.objects.filter(stopped__lt=Now() - QUEUE_RESULTS).order_by()),
    Rule("beats of dead clusters", left_behind),
    Rule("workers not seen for a day", lambda: WorkerHost.objects.forgotten()),
    Rule("expired counters", lambda: CacheEntry.objects.expired()),
    Rule("expired sessions", lambda: Session.objects.filter(expire_date__lt=Now())),
)
