"""From a press to a run: the rate limit, the start and the answer, the same for every button."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django_ratelimit.core import get_usage

from mailai.http import Refused, back_of, wants_page
from mailai.runs.kinds import KINDS
from mailai.runs.models import TaskRun
from mailai.runs.notifications.awaited import expect


def press(
    request: HttpRequest,
    kind: str,
    message: str,
    email: Any = None,
    token: Any = None,
    params: dict[str, Any] | None = None,
    account: Any = None,
) -> HttpResponse:
    """Start a run, or find the one under way, and answer in the caller's form. Raises Refused 429.

    The email has to be whole enough for its panel.
    """
    return answer(request, begin(request, kind, email, token, params, account), message, email)


def answer(request: HttpRequest, run: TaskRun, message: str, subject: Any = None) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        if settings.MAILAI_SYNC:  # it has already ended, and changed what it is about
            run.refresh_from_db()
            subject = None
        return run.definition.show(request, run, subject)
    if wants_page(request):
        return redirect(back_of(request) or run.definition.page_of(run))
    return JsonResponse({"task_id": str(run.pk), "status": "queued", "message": message}, status=202)


def begin(
    request: HttpRequest,
    kind: str,
    email: Any = None,
    token: Any = None,
    params: dict[str, Any] | None = None,
    account: Any = None,
    delay: float = 0,
) -> TaskRun:
    """Start a run, or find the one under way. Raises Refused 429.

    The count of presses is raised in the transaction that inserts the run: a refused press is rolled back with its
    count, and a press that finds a run under way never raises it.
    """
    awaited = bool(request.htmx) or wants_page(request)  # type: ignore[attr-defined]
    if awaited:
        expect(request)
    run, created = TaskRun.objects.start(
        request.user, kind, email, token, params, account, delay, awaited, partial(_count, request, kind)
    )
    if not created and awaited and not run.awaited:  # one that began by itself
        TaskRun.objects.filter(pk=run.pk).update(awaited=True)
    return run


def presses_left(request: HttpRequest, kind: str) -> int | None:
    """How many presses the user has left in this hour (or whatever the rate's window is); None: no limit."""
    usage = _usage(request, kind, increment=False)
    return None if usage is None else max(0, usage["limit"] - usage["count"])


def _count(request: HttpRequest, kind: str) -> None:
    usage = _usage(request, kind, increment=True)
    if usage is None or not usage["should_limit"]:
        return
    wait = max(1, usage["time_left"])
    minutes = -(-wait // 60)
    error = ngettext(
        "You have used up your presses for now. The next one is free in %(minutes)s minute.",
        "You have used up your presses for now. The next one is free in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}
    raise Refused(429, "rate_limited", error, retry_after=wait)


def _usage(request: HttpRequest, kind: str, increment: bool) -> dict[str, Any] | None:
    return get_usage(request, group=f"press:{kind}", key="user", rate=KINDS[kind].rate, increment=increment)
