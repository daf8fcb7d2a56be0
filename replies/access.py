"""A draft is fetched through its owner alone."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from emails.models import Email
from replies.models import Draft


def get_draft(request: HttpRequest, email: Email, draft_id: int) -> Draft:
    return get_object_or_404(Draft.objects.of(request.user), email=email, pk=draft_id)
