"""From the editor to a message that goes out: prepare it, look at it, confirm it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from emails.access import get_email
from emails.inbox.neighbours import Listed
from emails.models import Email
from emails.parsing import parse
from mailai.http import Refused, body_of, contract, wants_page
from mailai.runs.press import press
from replies.access import get_sending
from replies.cautions import cautions_of
from replies.composing.mailbox import shown
from replies.confirming import confirm
from replies.forms import SendForm
from replies.models import Draft
from replies.outgoing import prepare
from replies.panels import editor, send_form
from replies.sources import sources_of
from replies.views.editing import listed_in, save


@contract("POST")
def prepare_reply(request: HttpRequest, email_id: int) -> HttpResponse:
    """The message as it would go out, to be confirmed on a page of its own."""
    email = get_email(request, email_id)
    draft, form = filled_in(request, email)
    if form.errors:
        return with_errors(request, email, draft, form)
    listed, said = listed_in(request), form.cleaned_data
    sending = prepare(draft, said["account"], said["to"], said["cc"], said["quote"])
    page = reverse("sending", args=[sending.pk]) + listed.way
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(page)
    if wants_page(request):
        return redirect(page)
    body = {
        "sending_id": str(sending.pk),
        "draft_id": draft.pk,
        "cautions": cautions_of(sending, sources_of(sending)),
    }
    return JsonResponse(body, status=201)


@contract("POST")
def save_to_server(request: HttpRequest, email_id: int) -> HttpResponse:
    """The reply into the mail server's folder of drafts, to go on with it elsewhere."""
    email = get_email(request, email_id)
    draft, form = filled_in(request, email)
    if form.errors:
        return with_errors(request, email, draft, form)
    said = form.cleaned_data
    if not said["account"].may_write:
        raise Refused(
            409,
            "may_not_write",
            _("This account may not store mail on its server. Allow that on its page first."),
        )
    params = {"draft": draft.pk, "to": said["to"], "cc": said["cc"], "quote": said["quote"]}
    params["account"] = said["account"].pk
    return press(request, "save_draft", _("The draft is being saved on the server."), email, params=params)


@contract("POST")
def recipients(request: HttpRequest, email_id: int) -> HttpResponse:
    """The form anew, to the sender alone or to all; the text is left where it is."""
    email = get_email(request, email_id)
    body = body_of(request)
    mode = "all" if body.get("mode") == "all" else "one"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "replies/_send.html", send_form(request, email, mode))
    if body.get("draft_id") or str(body.get("text") or "").strip():
        save(request, email, body)
    return redirect(page_of(email, listed_in(request), reply=mode) + "#send")


@require_safe
@login_required
@never_cache
def confirmation(request: HttpRequest, sending_id: uuid.UUID) -> HttpResponse:
    """What will go out, read from the very bytes, to whom, and what was read for it."""
    sending = get_sending(request, sending_id)
    message = parse(bytes(sending.raw))
    listed = Listed.read(request.GET.get("list", ""))
    sources = sources_of(sending)
    context = {
        "sending": sending,
        "email": sending.email,
        "message": message,
        "sender": shown([[message.sender_name, message.sender_address]]),
        "to": shown(message.to),
        "cc": shown(message.cc),
        "cautions": cautions_of(sending, sources),
        "sources": sources,
        "page": page_of(sending.email, listed),
        "editor_page": page_of(sending.email, listed, draft=sending.draft.version) + "#editor",
        "undo_seconds": settings.MAILAI_UNDO_SECONDS,
    }
    return render(request, "replies/confirm.html", context)


@contract("POST")
def send(request: HttpRequest, sending_id: uuid.UUID) -> HttpResponse:
    sending = get_sending(request, sending_id)
    run = confirm(request, sending, again=bool(body_of(request).get("again")))
    if request.htmx:  # type: ignore[attr-defined]
        return run.definition.show(request, run)
    if wants_page(request):
        return redirect(run.definition.page_of(run))
    message = _("It goes out in %(seconds)s seconds.") % {"seconds": settings.MAILAI_UNDO_SECONDS}
    return JsonResponse({"task_id": str(run.pk), "status": "queued", "message": message}, status=202)


def page_of(email: Email, listed: Listed, **fields: object) -> str:
    """The message's page, with the list that it was opened from."""
    named = {"list": listed.query[1:]} if listed.query else {}
    query = urlencode(named | fields)
    return reverse("email", args=[email.pk]) + (f"?{query}" if query else "")


def filled_in(request: HttpRequest, email: Email) -> tuple[Draft, SendForm]:
    """The text, saved, and whom it goes to. Raises Refused where there is no text."""
    body = body_of(request)
    if not str(body.get("text") or "").strip():
        raise Refused(400, "empty", _("There is no text yet. Write the reply first."))
    draft, _moved = save(request, email, body)
    form = SendForm(request.user, {name: as_typed(body.get(name)) for name in SendForm.base_fields})
    form.full_clean()
    return draft, form


def as_typed(value: Any) -> Any:
    """A program may name recipients as a list of addresses."""
    return ", ".join(str(each) for each in value) if isinstance(value, list) else value


def with_errors(request: HttpRequest, email: Email, draft: Draft, form: SendForm) -> HttpResponse:
    if not (request.htmx or wants_page(request)):  # type: ignore[attr-defined]
        field, errors = next(iter(form.errors.items()))
        raise Refused(400, str(field), " ".join(str(error) for error in errors))
    context = send_form(request, email, "one") | {"form": form, "draft": draft, "fragment": True}
    if request.htmx:  # type: ignore[attr-defined]
        return retarget(reswap(render(request, "replies/_send.html", context), "outerHTML"), "#send")
    context |= editor(request, email, str(draft.version))
    context["listed"] = listed_in(request)
    context["editor_page"] = page_of(email, context["listed"], draft=draft.version) + "#editor"
    return render(request, "replies/send.html", context, status=400)
