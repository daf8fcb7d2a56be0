"""One analysis each for many messages: begun together, counted together, and ended together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from emails.inbox.models import Batch
from emails.models import Email
from mailai.runs.bulk import start_all
from mailai.runs.models import Status, TaskRun
from mailai.runs.transitions import cancel_all


def begin(user: Any, kind: str, email_ids: Sequence[int], token: Any) -> Batch:
    """A run for each of the user's own messages that has none of this kind under way; workers begin at once."""
    emails = list(
        Email.objects.of(user).filter(pk__in=email_ids).only("pk", "user_id").order_by("-received_at")
    )
    with transaction.atomic():
        # One bar at a time: the runs of an earlier batch go on without theirs.
        Batch.objects.of(user).filter(closed_at=None).update(closed_at=Now())
        batch = Batch.objects.create(user=user, kind=kind, total=len(emails), params={"token": token.pk})
        under_way = len(emails) - start_all(user, kind, emails, token, batch)
        batch.total -= under_way
        batch.params["under_way"] = under_way
        batch.save(update_fields=["total", "params"])
    return batch


def try_again(batch: Batch, token: Any) -> int:
    """A new run for each that failed; the failed one no longer counts. Returns how many were begun."""
    with transaction.atomic():
        Batch.objects.select_for_update(no_key=True).only("pk").get(pk=batch.pk)  # two presses take turns
        failed = TaskRun.objects.filter(batch=batch, status=Status.FAILED, email__isnull=False)
        runs = list(failed.only("pk", "email_id", "batch_id"))
        emails = [Email(pk=run.email_id, user_id=batch.user_id) for run in runs]
        begun = start_all(batch.user, batch.kind, emails, token, batch)
        TaskRun.objects.filter(pk__in=[run.pk for run in runs]).update(batch=None, awaited=False)
        Batch.objects.filter(pk=batch.pk).update(total=F("total") - len(runs) + begun, closed_at=None)
    return begun


def cancel_rest(batch: Batch) -> int:
    return cancel_all(TaskRun.objects.filter(batch=batch, user_id=batch.user_id))
