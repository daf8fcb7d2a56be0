"""The page of all runs, its polls, and what it does to many runs at once."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mailai.http import back_of, body_of, contract, wants_page
from mailai.runs.activity.again import (
    AT_ONCE,
    CANCELLED_AT_ONCE,
    REPEATED,
    again,
    again_all,
    cancel_all,
    repeatable,
)
from mailai.runs.activity.filter import Filter
from mailai.runs.activity.listing import checksum, news_of, page_of, poll_seconds, runs_of
from mailai.runs.models import TaskRun
from mailai.runs.press import answer
from mailai.runs.views import get_run
from mailai.runs.wording import kind_names


@require_safe
@login_required
@never_cache
def activity(request: HttpRequest) -> HttpResponse:
    wanted = Filter.read(request.GET)
    page = page_of(request.user, wanted, request.GET.get("before", ""))
    context = summary(request, wanted, [row.run for row in page.rows if row.run.is_active], page.newest) | {
        "page": page,
        "any": bool(page.rows) or TaskRun.objects.of(request.user).exists(),
        "states": choices(
            wanted,
            "state",
            {
                "active": _("Under way"),
                "failed": _("Failed"),
                "succeeded": _("Done"),
                "cancelled": _("Cancelled"),
            },
        ),
        "kinds": choices(wanted, "kind", kind_names()),
    }
    return render(request, "runs/activity.html", context)


@contract("GET")
def live(request: HttpRequest) -> HttpResponse:
    """The rows that have changed, the runs that are new, and the summary, as fragments; empty if nothing is."""
    wanted = Filter.read(request.GET)
    news = news_of(request.user, wanted, request.GET.getlist("run"), request.GET.get("newest", ""))
    context = summary(request, wanted, news.active, news.newest, news.crowded)
    if not news.changed and not news.fresh and request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "runs/_activity_news.html", context | {"news": news, "fragment": True})


@contract("POST")
def run_again(request: HttpRequest, task_id: str) -> HttpResponse:
    run = again(request, get_run(request, task_id, REPEATED))
    return answer(request, run, _("It has been queued again."))


@contract("POST")
def activity_again(request: HttpRequest) -> HttpResponse:
    tally = again_all(request, Filter.read(body_of(request)))
    if not wants_page(request):
        return JsonResponse({"started": tally.started, "refused": dict(tally.refused)})
    if tally.started or not tally.refused:
        told = ngettext("%(n)s run was started again.", "%(n)s runs were started again.", tally.started)
        messages.success(request, told % {"n": tally.started})
    for reason, n in tally.refused.items():
        told = ngettext("%(n)s run was not: %(reason)s", "%(n)s runs were not: %(reason)s", n)
        messages.warning(request, told % {"n": n, "reason": reason}, extra_tags="warn")
    return redirect(back_of(request) or "activity")


@contract("POST")
def activity_cancel(request: HttpRequest) -> HttpResponse:
    count = cancel_all(request, Filter.read(body_of(request)))
    if not wants_page(request):
        return JsonResponse({"cancelled": count})
    told = ngettext("%(n)s run was cancelled.", "%(n)s runs were cancelled.", count)
    messages.success(request, told % {"n": count})
    return redirect(back_of(request) or "activity")


def summary(
    request: HttpRequest, wanted: Filter, shown: list[TaskRun], newest: str, crowded: bool = False
) -> dict[str, Any]:
    """How much is under way and failed, whatever the page shows of it, and how the page asks on.

    It asks as long as it shows an active run, or as long as there is one of which it would show the next.
    """
    before = request.GET.get("before", "")
    active = wanted.of_kind(TaskRun.objects.of(request.user).active()).count()
    failed = repeatable(wanted.of_kind(runs_of(request.user))).count()
    polled = bool(shown) or (active > 0 and wanted.is_live and newest != "")
    seconds = poll_seconds(shown)
    return {
        "wanted": wanted,
        "active": active,
        "failed": failed,
        "cancellable": min(active, CANCELLED_AT_ONCE),
        "startable": min(failed, AT_ONCE),
        "newest": newest if wanted.is_live else "",
        "crowded": crowded,
        "seconds": seconds,
        "polled": polled,
        "seen": checksum(active, failed, crowded, polled, seconds),
        "before": before,
        "here": address(wanted.query(before=before)),
        "top": address(wanted.query()),
    }


def address(query: str) -> str:
    return reverse("activity") + (f"?{query}" if query else "")


def choices(wanted: Filter, name: str, labels: Any) -> list[dict[str, Any]]:
    """The links of one filter, all of it first."""
    every = {"": _("All")} | {value: str(label) for value, label in labels.items()}
    now = getattr(wanted, name)
    return [
        {"label": label, "query": wanted.query(**{name: value}), "chosen": value == now}
        for value, label in every.items()
    ]
