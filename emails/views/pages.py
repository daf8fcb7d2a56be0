"""An email's page, and what the user says of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from emails.access import get_whole_email
from emails.conversation import conversation_of
from emails.effective import correction_of, effective
from emails.forms import CorrectionForm
from emails.inbox.marks import see
from emails.inbox.neighbours import Listed
from emails.models import Correction, Email
from emails.panels import latest_run
from emails.ranking import rank
from emails.reading import reading_context
from mailai.runs.kinds import KINDS


@require_safe
@login_required
@never_cache
def email(request: HttpRequest, email_id: int) -> HttpResponse:
    email = get_whole_email(request, email_id)
    if email.seen_at is None and request.method == "GET":
        see(Email.objects.filter(pk=email.pk))
    return render(request, "emails/email.html", page_context(request, email))


@require_POST
@login_required
def correct(request: HttpRequest, email_id: int) -> HttpResponse:
    email = get_whole_email(request, email_id)
    with transaction.atomic():
        # Two presses at once must not both find that there is no correction yet.
        Email.objects.select_for_update(no_key=True).only("pk").get(pk=email.pk)
        stored = Correction.objects.filter(email=email).first()
        form = CorrectionForm(request.POST, instance=stored or Correction(email=email))
        if form.is_valid():
            form.save()
            rank([email.pk])
    if form.errors:
        context = page_context(request, email) | {"correction_form": form}
        return render(request, "emails/email.html", context, status=400)
    messages.success(
        request, _("Your correction is saved. It counts from now on, whatever a later run says.")
    )
    return redirect(reverse("email", args=[email_id]) + Listed.read(request.GET.get("list", "")).way)


def page_context(request: HttpRequest, email: Email) -> dict[str, Any]:
    said = effective(email)
    return {
        "email": email,
        "listed": Listed.read(request.GET.get("list", "")),
        "effective": said,
        "correction_form": CorrectionForm(instance=correction_of(email)),
        "conversation": conversation_of(email),
        **reading_context(email, said),
        "panels": {
            # Replies know emails, never the reverse: their panel comes through the registry of kinds.
            kind: KINDS[kind].context_of(request, email, latest_run(email, kind))
            for kind in ("base", "optimize", "reply", "send", "save_draft")
        },
    }
