"""A run's status, and what its owner may do to it."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from mailai.http import Refused, back_of, contract, wants_page
from mailai.runs.models import TaskRun, TaskRunQuerySet
from mailai.runs.rescue import rescue_one
from mailai.runs.transitions import cancel, hurry
from mailai.runs.wording import error_of, message_of


@contract("GET")
def status(request: HttpRequest, task_id: str) -> HttpResponse:
    """A poll comes here only when there is something new (see unchanged)."""
    run = rescue_one(get_run(request, task_id))
    if request.htmx and run.is_active and TaskRun.was_active(request.GET.get("seen", "")):  # type: ignore[attr-defined]
        return run.definition.show_progress(request, run)
    return shown(request, run)


@contract("POST")
def cancel_run(request: HttpRequest, task_id: str) -> HttpResponse:
    run = get_run(request, task_id)
    cancelled = cancel(run)
    run.refresh_from_db()
    if not cancelled and run.irrevocable and run.is_active:
        raise Refused(409, "too_late", _("Too late: it is being sent."))
    return shown(request, run)


@contract("POST")
def retry_now(request: HttpRequest, task_id: str) -> HttpResponse:
    run = get_run(request, task_id)
    if not hurry(run):
        raise Refused(409, "wrong_state", _("This run is not waiting for another try."))
    run.refresh_from_db()
    return shown(request, run)


def get_run(request: HttpRequest, task_id: str, runs: TaskRunQuerySet | None = None) -> TaskRun:
    """The user's own run; a stranger's, an unknown and a malformed id are all 404."""
    runs = TaskRun.objects.all() if runs is None else runs
    return get_object_or_404(runs.of(request.user), pk=key_of(task_id))


def key_of(task_id: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(task_id)
    except ValueError:
        return None


def shown(request: HttpRequest, run: TaskRun) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return run.definition.show(request, run)
    if wants_page(request) and request.method == "POST":
        return redirect(back_of(request) or run.definition.page_of(run))
    return JsonResponse(run.as_dict(message_of(run), error_of(run)))
