"""An account's card: one partial for the page, each press and every poll."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from emails.access import get_account
from emails.accounts.models import Folder, MailAccount
from emails.accounts.schedule import is_paused
from mailai.runs.models import TaskRun

KINDS = ("fetch", "account_test")


def account_of(request: HttpRequest, run: TaskRun) -> MailAccount:
    return get_account(request, run.account_id or 0)


def page(run: TaskRun) -> str:
    return reverse("accounts") + f"#account-{run.account_id}"


def context(
    request: HttpRequest, account: MailAccount, run: TaskRun | None, passed: int | None = None
) -> dict[str, Any]:
    result = (run.result or {}) if run is not None else {}
    return {
        "account": account,
        "run": run,
        "test": result if run is not None and run.kind == "account_test" else {},
        "fetched": result if run is not None and run.kind == "fetch" else {},
        "paused": is_paused(account),
        "passed_over": passed_over([account])[account.pk] if passed is None else passed,
        # The next part of a long fetch starts by itself: the card looks for it.
        "awaits": account.may_fetch and bool(result.get("more")),
    }


def latest_run(account: MailAccount) -> TaskRun | None:
    return account.runs.filter(kind__in=KINDS).order_by("-created_at").first()


def rows(request: HttpRequest) -> list[dict[str, Any]]:
    """Every account with its latest run."""
    owned = list(MailAccount.objects.of(request.user))
    latest = TaskRun.objects.filter(account__in=owned, kind__in=KINDS).order_by("account_id", "-created_at")
    runs = {run.account_id: run for run in latest.distinct("account_id")}
    passed = passed_over(owned)
    return [context(request, account, runs.get(account.pk), passed[account.pk]) for account in owned]


def passed_over(accounts: Sequence[MailAccount]) -> Counter[int]:
    """Of each account how many messages its server lists and does not give out."""
    counts: Counter[int] = Counter()
    for account_id, uids in Folder.objects.filter(account__in=accounts).values_list(
        "account_id", "passed_over"
    ):
        counts[account_id] += len(uids)
    return counts
