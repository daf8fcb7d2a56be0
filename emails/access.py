"""The one place where a private row is fetched by its id: always through its owner. A stranger gets 404."""

from __future__ import annotations

from django.db.models.functions import Substr
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from emails.inbox.models import Batch
from emails.models import Attachment, Email, MailAccount, ShownSender

HEAD = 64 * 1024  # bytes of a message in which its header is looked for


def get_whole_email(request: HttpRequest, email_id: int) -> Email:
    """As get_email, with the beginning of its source as `head`."""
    emails = Email.objects.of(request.user).select_related("analysis", "correction").defer("raw")
    return get_object_or_404(emails.annotate(head=Substr("raw", 1, HEAD)), pk=email_id)


def get_email_source(request: HttpRequest, email_id: int, limit: int | None = None) -> Email:
    """With its source alone, as `source`: all of it, or `limit` bytes."""
    emails = Email.objects.of(request.user).only("pk", "user_id", "size", "subject", "message_id")
    return get_object_or_404(emails.annotate(source=Substr("raw", 1, limit)), pk=email_id)


def get_email(request: HttpRequest, email_id: int) -> Email:
    """The message with what its frame and its text show."""
    return get_object_or_404(
        Email.objects.of(request.user).select_related("analysis", "correction").defer("raw"), pk=email_id
    )


def get_panel_email(request: HttpRequest, email_id: int) -> Email:
    """With what its panels show, and without what is large."""
    emails = Email.objects.of(request.user).light().select_related("analysis", "correction")
    return get_object_or_404(emails, pk=email_id)


def get_email_key(request: HttpRequest, email_id: int) -> Email:
    """That it is there and the user's own, and no more."""
    return get_object_or_404(Email.objects.of(request.user).only("pk", "user_id"), pk=email_id)


def get_listed_email(request: HttpRequest, email_id: int) -> Email:
    """With what says where it stands in a list."""
    emails = Email.objects.of(request.user).only("pk", "user_id", "received_at", "rank_score")
    return get_object_or_404(emails, pk=email_id)


def get_email_sender(request: HttpRequest, email_id: int) -> Email:
    emails = Email.objects.of(request.user).only("pk", "user_id", "sender_address")
    return get_object_or_404(emails, pk=email_id)


def get_shown_sender(request: HttpRequest, sender_id: int) -> ShownSender:
    return get_object_or_404(ShownSender, pk=sender_id, user_id=request.user.pk)


def get_account(request: HttpRequest, account_id: int) -> MailAccount:
    return get_object_or_404(MailAccount.objects.of(request.user), pk=account_id)


def get_batch(request: HttpRequest, batch_id: int) -> Batch:
    """With its counts."""
    return get_object_or_404(Batch.objects.of(request.user).counted(), pk=batch_id)


def get_attachment(request: HttpRequest, email_id: int, position: int) -> Attachment:
    return get_object_or_404(Attachment, email_id=email_id, position=position, email__user_id=request.user.pk)
