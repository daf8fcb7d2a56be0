"""Analyses of many messages at once, and the one bar that shows how far they are."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emails.access import get_batch
from emails.inbox.batch import begin, cancel_rest, try_again
from emails.inbox.models import Batch
from emails.inbox.selection import numbers_of
from emails.views.inbox import back
from mailai.ai.choice import named_token, tokens_for
from mailai.http import Refused, contract, wants_page
from mailai.postgres import clock
from mailai.runs.notifications.awaited import expect


@contract("POST")
def analyse(request: HttpRequest) -> HttpResponse:
    """Not against the rate of presses, but for MAILAI_BATCH_MAX messages at most."""
    token = named_token(request, request.POST.dict(), "base")
    ids = numbers_of(request.POST.get("ids", "").split("."))
    if not ids:
        raise Refused(
            400, "nothing_selected", _("No message is selected. Tick one or more, then choose again.")
        )
    if len(ids) > settings.MAILAI_BATCH_MAX:
        limit = {"n": settings.MAILAI_BATCH_MAX}
        raise Refused(400, "too_many", _("At most %(n)s messages can be analysed at once.") % limit)
    batch = begin(request.user, "base", ids, token)
    expect(request)
    if under_way := batch.params["under_way"]:
        said = ngettext(
            "%(n)s of them was being analysed already.",
            "%(n)s of them were being analysed already.",
            under_way,
        )
        messages.info(request, said % {"n": under_way})
    return answer(request, batch, back(request))


@contract("GET")
def status(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = get_batch(request, batch_id)
    if request.htmx and request.GET.get("seen") == batch.version:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return answer(request, batch)


@contract("POST")
def retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    """With the token that the batch was begun with, or the default where that one is of no use any more."""
    batch = get_batch(request, batch_id)
    tokens = tokens_for(request, batch.kind)
    if not tokens:
        raise Refused(400, "token_required", _("No token is left for this. Add one on the tokens page."))
    same = [token for token in tokens if token.pk == batch.params.get("token")]
    try_again(batch, (same or tokens)[0])
    expect(request)
    return answer(request, get_batch(request, batch_id))


@contract("POST")
def cancel(request: HttpRequest, batch_id: int) -> HttpResponse:
    cancel_rest(get_batch(request, batch_id))
    return answer(request, get_batch(request, batch_id))


@contract("POST")
def close(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Put the bar away; what is under way goes on."""
    batch = get_batch(request, batch_id)
    Batch.objects.filter(pk=batch.pk).update(closed_at=Now())
    batch.closed_at = clock.now()
    return answer(request, batch)


def answer(request: HttpRequest, batch: Batch, page: str = "") -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "emails/_batch.html", {"batch": batch})
    if wants_page(request):
        return redirect(page or reverse("inbox"))
    counts: dict[str, Any] = {
        name: getattr(batch, name, 0) for name in ("total", "done", "failed", "cancelled")
    }
    return JsonResponse({"batch_id": batch.pk, **counts}, status=202 if request.method == "POST" else 200)
