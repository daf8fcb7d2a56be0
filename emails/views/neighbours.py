"""From one message to the next of its list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from emails.access import get_listed_email
from emails.inbox.neighbours import Listed, next_of, previous_of
from mailai.http import contract


@contract("GET")
def neighbour(request: HttpRequest, email_id: int, forward: bool) -> HttpResponse:
    email = get_listed_email(request, email_id)
    listed = Listed.read(request.GET.get("list", ""))
    found = (next_of if forward else previous_of)(request.user, email, listed)
    if found is None:
        end = (
            _("This is the last message of the list.")
            if forward
            else _("This is the first message of the list.")
        )
        messages.info(request, end)
    email, listed = found or (email, listed)
    return redirect(reverse("email", args=[email.pk]) + listed.way)
