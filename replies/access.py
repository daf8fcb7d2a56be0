"""A draft and what became of it are fetched through their owner alone."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from emails.models import Email
from replies.models import Draft, Sending


def get_draft(request: HttpRequest, email: Email, draft_id: int) -> Draft:
    return get_object_or_404(Draft.objects.of(request.user), email=email, pk=draft_id)


def get_sending(request: HttpRequest, sending_id: uuid.UUID) -> Sending:
    mine = Sending.objects.of(request.user).select_related("run", "draft", "account", "email")
    return get_object_or_404(mine.defer("email__raw", "email__html"), pk=sending_id)
