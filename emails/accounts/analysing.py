"""New mail gets its base analysis by itself, where its account asks for it and up to a daily limit."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from emails.accounts.models import MailAccount
from emails.models import Email
from mailai.ai.choice import tokens_of
from mailai.runs.models import TaskRun

EARLIER = dt.timedelta(hours=1)  # than the account: servers' clocks differ, and headers tell whole seconds
BY_ITSELF = {"by_itself": True}  # params of such a run


def analyse_new(account: MailAccount, fresh: list[int]) -> int:
    """Start a run for each of the fresh messages that is new mail. Returns how many the limit left out.

    New is what arrived since the account was added: its first fetch may bring ten years of mail. What the user
    wrote needs no analysis.
    """
    new = Email.objects.filter(
        pk__in=fresh, received_at__gte=account.created_at - EARLIER, mine=False, unreadable=False
    )
    wanted = list(new.only("pk", "user_id").order_by("-received_at"))
    tokens = tokens_of(account.user, "base") if wanted else []
    if not tokens:
        return len(wanted)
    left = max(0, settings.MAILAI_AUTO_ANALYSES_PER_DAY - started_today(account.user))
    for email in wanted[:left]:
        TaskRun.objects.start(account.user, "base", email, tokens[0], BY_ITSELF)
    return len(wanted[left:])


def started_today(user: Any) -> int:
    day = Now() - dt.timedelta(days=1)
    return TaskRun.objects.of(user).filter(kind="base", created_at__gt=day, params__by_itself=True).count()
