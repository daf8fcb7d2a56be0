"""What a user says of the first steps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from emails.onboarding.models import Onboarding
from mailai.http import back_of, contract


@contract("POST")
def dismiss(request: HttpRequest) -> HttpResponse:
    Onboarding.objects.note(request.user, "dismissed_at")
    return redirect("inbox")


@contract("POST")
def stay_local(request: HttpRequest) -> HttpResponse:
    """The built-in rules are enough; a token can be added at any time."""
    Onboarding.objects.note(request.user, "local_at")
    return redirect(back_of(request) or "inbox")
