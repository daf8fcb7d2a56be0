"""When an account is fetched next: by its schedule, later and later while it fails, never against a refused login."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from emails.accounts.models import MailAccount
from mailai.runs.models import TaskRun

logger = logging.getLogger(__name__)

BATCH = 100  # accounts that one round claims
LONGEST = dt.timedelta(hours=6)
REFUSALS = 3  # of a login in a row, after which only its owner tries again: servers lock accounts
LOGIN = "mail_login"


def start_due() -> int:
    """Start a fetch of each account that is due. Safe on many hosts at once; one that fails stops no other."""
    started = 0
    with transaction.atomic():
        due = MailAccount.objects.due().select_for_update(skip_locked=True, of=("self",))
        for account in due.select_related("user").order_by("next_fetch_at")[:BATCH]:
            following = None if account.fetch_every is None else Now() + account.fetch_every
            MailAccount.objects.filter(pk=account.pk).update(next_fetch_at=following)
            try:
                with transaction.atomic():
                    _run, created = TaskRun.objects.start(account.user, "fetch", account=account)
                started += created
            except Exception:
                logger.exception("the fetch of account %s could not be started", account.pk)
    return started


def note_success(account: MailAccount, more: bool, error: str = "") -> None:
    """A fetch ended well. With `more` to come, the next one follows at once."""
    every = MailAccount.objects.get(pk=account.pk).fetch_every
    following = Now() if more else None if every is None else Now() + every
    changes = {} if more else {"last_fetch_at": Now()}
    MailAccount.objects.filter(pk=account.pk).update(
        failures=0, last_error=error, next_fetch_at=following, **changes
    )


def note_failure(account: MailAccount, code: str, for_good: bool) -> None:
    """A try failed; `for_good` if the run does not try again by itself, and so the schedule has to."""
    mine = MailAccount.objects.filter(pk=account.pk)
    mine.update(last_error=code)
    if not for_good:
        return
    # Refusals are counted on their own: a server that was out of reach before says nothing about the password.
    in_a_row = account.last_error == LOGIN if code == LOGIN else True
    mine.update(failures=F("failures") + 1 if in_a_row else 1)
    fresh = mine.get()
    if fresh.fetch_minutes is None or is_paused(fresh):
        mine.update(next_fetch_at=None)
    else:
        mine.update(
            next_fetch_at=Now() + wait_after(fresh.failures, dt.timedelta(minutes=fresh.fetch_minutes))
        )


def is_paused(account: MailAccount) -> bool:
    """Whether nothing is tried until the user acts."""
    return account.last_error == LOGIN and account.failures >= REFUSALS


def wait_after(failures: int, every: dt.timedelta) -> dt.timedelta:
    return min(max(every, every * 2 ** min(failures - 1, 20)), max(every, LONGEST))


def resume(account: MailAccount) -> None:
    """The user acted: failures count anew, and the schedule goes on at once."""
    following = None if account.fetch_every is None else Now()
    MailAccount.objects.filter(pk=account.pk).update(failures=0, last_error="", next_fetch_at=following)
