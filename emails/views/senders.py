"""Whose remote images the user wants to see: the choice, and a page on which it is taken back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from emails.access import get_email_sender, get_shown_sender
from emails.inbox.neighbours import Listed
from emails.models import ShownSender
from mailai.http import owner_id


@require_safe
@login_required
@never_cache
def shown(request: HttpRequest) -> HttpResponse:
    return render(
        request, "emails/senders.html", {"senders": ShownSender.objects.filter(user_id=owner_id(request))}
    )


@require_POST
@login_required
def choose(request: HttpRequest, email_id: int) -> HttpResponse:
    """Always show the images of this message's sender, or with `show=no` never again unasked."""
    email = get_email_sender(request, email_id)
    address = email.sender_address.casefold()
    wanted = request.POST.get("show")
    if wanted not in ("yes", "no") or not address:
        messages.error(
            request, _("Nothing was changed: say whether the images of this sender are to be shown.")
        )
    elif wanted == "yes":
        ShownSender.objects.get_or_create(user_id=email.user_id, address=address)
        messages.success(
            request, _("From now on you see the remote images of %(address)s.") % {"address": address}
        )
    else:
        ShownSender.objects.filter(user_id=email.user_id, address=address).delete()
        messages.success(
            request,
            _("You are asked again before remote images of %(address)s are shown.") % {"address": address},
        )
    return redirect(reverse("email", args=[email_id]) + Listed.read(request.GET.get("list", "")).way)


@require_POST
@login_required
def forget(request: HttpRequest, sender_id: int) -> HttpResponse:
    sender = get_shown_sender(request, sender_id)
    sender.delete()
    messages.success(
        request,
        _("You are asked again before remote images of %(address)s are shown.") % {"address": sender.address},
    )
    return redirect("shown-senders")
