"""The one place where a private row is fetched by its id: always through its owner. A stranger gets 404."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from emails.models import Attachment, Email, MailAccount


def get_email(request: HttpRequest, email_id: int) -> Email:
    """The message with all that its page shows."""
    return get_object_or_404(
        Email.objects.of(request.user).select_related("analysis", "correction").defer("raw"), pk=email_id
    )


def get_panel_email(request: HttpRequest, email_id: int) -> Email:
    """Without what is large: a poll reads it every second."""
    emails = Email.objects.of(request.user).light().select_related("analysis", "correction")
    return get_object_or_404(emails, pk=email_id)


def get_email_key(request: HttpRequest, email_id: int) -> Email:
    """That it is there and the user's own, and no more: what a press needs."""
    return get_object_or_404(Email.objects.of(request.user).only("pk", "user_id"), pk=email_id)


def get_account(request: HttpRequest, account_id: int) -> MailAccount:
    return get_object_or_404(MailAccount.objects.of(request.user), pk=account_id)


def get_attachment(request: HttpRequest, email_id: int, position: int) -> Attachment:
    return get_object_or_404(Attachment, email_id=email_id, position=position, email__user_id=request.user.pk)
