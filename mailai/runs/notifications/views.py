"""The poll for what ended meanwhile, and the ways in which that is seen."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from mailai.http import contract
from mailai.runs.activity.listing import Row, runs_of
from mailai.runs.notifications.awaited import context_of, notifications_of, seen
from mailai.runs.views import get_run, key_of


@contract("GET")
def notifications(request: HttpRequest) -> HttpResponse:
    """As a fragment, which asks on as long as something is under way; empty if nothing has changed since `seen`."""
    news = notifications_of(request.user)
    if request.GET.get("seen") == news.version:
        return HttpResponse(status=204)
    return render(request, "runs/_notifications.html", context_of(request, news))


@contract("POST")
def notifications_seen(request: HttpRequest) -> HttpResponse:
    """The user has seen what these keys name, or does not want to."""
    seen(request.user, *read_keys(request.POST.getlist("key")))
    return render(request, "runs/_notifications.html", context_of(request))


@contract("GET")
def notification(request: HttpRequest, key: str) -> HttpResponse:
    """To the page that shows it; so it has been seen."""
    runs, batches = read_keys([key])
    page = "" if batches else Row(get_run(request, key, runs_of(request.user))).page
    seen(request.user, runs, batches)
    return redirect(page or settings.LOGIN_REDIRECT_URL)


def read_keys(keys: list[str]) -> tuple[list[uuid.UUID], list[int]]:
    """The runs and the batches that they name. What cannot be read is passed over."""
    runs = [run for run in map(key_of, keys) if run]
    numbers = [key.removeprefix("batch-") for key in keys if key.startswith("batch-")]
    return runs, [
        int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < 18
    ]
