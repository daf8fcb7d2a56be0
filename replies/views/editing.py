"""Asking for a draft, editing it, and the writing profile."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_ratelimit.core import get_usage

from emails.access import get_email_key, get_panel_email
from emails.inbox.neighbours import Listed
from emails.models import Email
from mailai.ai.choice import named_or_default_token
from mailai.http import Refused, body_of, contract, owner_id, read_number, read_text, wants_page
from mailai.runs.press import press
from replies.access import get_draft
from replies.forms import WritingProfileForm
from replies.models import Draft, Style, WritingProfile
from replies.panels import editor
from replies.versions import MOST, Full, append, edit, is_full

LONGEST_INSTRUCTIONS = 4_000
LONGEST_DRAFT = 200_000
SAVES = "240/m"  # for each user; an editor saves after 0.7 s without a key


@contract("POST")
def generate_reply(request: HttpRequest, email_id: int) -> HttpResponse:
    email = get_panel_email(request, email_id)
    body = body_of(request)
    style = read_text(body, "style", 20) or Style.PROFESSIONAL
    if style not in Style.values:
        raise Refused(
            400,
            "style",
            _("There is no such style. Choose one of: %(styles)s.") % {"styles": ", ".join(Style.values)},
        )
    if is_full(email):
        raise full()
    params = {"style": str(style), "instructions": read_text(body, "instructions", LONGEST_INSTRUCTIONS)}
    token = named_or_default_token(request, body, "reply")
    return press(request, "reply", _("The reply draft has been queued."), email, token, params)


@contract("GET", "POST")
def draft(request: HttpRequest, email_id: int) -> HttpResponse:
    """GET: the editor as a fragment, on the version that `?version=` names. POST: autosave."""
    email = get_email_key(request, email_id)
    if request.method == "GET":
        return render(request, "replies/_editor.html", editor(request, email, request.GET.get("version", "")))
    saved, moved = save(request, email, body_of(request))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "replies/_saved.html", {"draft": saved, "moved": moved, "saved": True})
    if wants_page(request):
        return redirect(reverse("email", args=[email_id]) + listed_in(request).way)
    return JsonResponse({"draft_id": saved.pk, "version": saved.version, "revision": saved.revision})


def listed_in(request: HttpRequest) -> Listed:
    """The list that the message was opened from, as the editor's form names it."""
    return Listed.read(str(body_of(request).get("list") or ""))


def save(request: HttpRequest, email: Email, body: dict[str, Any]) -> tuple[Draft, bool]:
    """Where the text went, and whether into another version than the edited one. Raises Refused, Http404."""
    check_rate(request)
    text = body.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_DRAFT:
        raise Refused(400, "malformed", _("A draft needs its text, of 200,000 characters at most."))
    draft_id = read_number(body, "draft_id")
    try:
        if draft_id is None:
            return append(Draft(user_id=email.user_id, email=email, edited=True, text=_clean(text))), False
        draft = get_draft(request, email, draft_id)
        revision = read_number(body, "revision")
        saved = edit(draft, _clean(text), -1 if revision is None else revision)
    except Full:
        raise full() from None
    return saved, saved.pk != draft.pk


def check_rate(request: HttpRequest) -> None:
    """Nobody types so fast: it is a program that fills the database. Raises Refused 429."""
    usage = get_usage(request, group="save", key="user", rate=SAVES, increment=True)
    if usage is not None and usage["should_limit"]:
        error = _(
            "Too many saves in a short time. Wait a minute; until then your text stays in this page alone."
        )
        raise Refused(429, "rate_limited", error, retry_after=max(1, usage["time_left"]))


def full() -> Refused:
    error = _(
        "There is no room for another version: %(most)s of the reply to one message are kept. Open the latest one "
        "that you edited and go on there."
    )
    return Refused(409, "too_many_versions", error % {"most": MOST})


@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    stored = WritingProfile.objects.filter(user_id=owner_id(request)).first()
    form = WritingProfileForm(
        request.POST or None, instance=stored or WritingProfile(user_id=owner_id(request))
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. The next draft is written this way."))
        return redirect("profile")
    return render(request, "replies/profile.html", {"form": form})


def _clean(text: str) -> str:
    """As typed, with the line endings that a browser turns into CRLF back as they were."""
    return text.replace("\r\n", "\n").replace("\x00", "")
