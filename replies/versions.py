"""Drafts are versions: nothing that a user typed is ever overwritten."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from emails.models import Email
from replies.models import Draft


def append(draft: Draft) -> Draft:
    """Save a draft as its email's next version. Locks the email's row, so that two never take one number."""
    with transaction.atomic():
        Email.objects.select_for_update(no_key=True).only("pk").get(pk=draft.email_id)
        newest = Draft.objects.filter(email_id=draft.email_id).aggregate(newest=Max("version"))["newest"]
        draft.version = (newest or 0) + 1
        draft.save(force_insert=True)
    return draft


def edit(draft: Draft, text: str, revision: int) -> Draft:
    """The user's text, saved onto the version that they were editing, or as a new version.

    A version that a model wrote stays as it was written; so does one that another tab has changed since
    `revision`, and one that was confirmed to be sent. Then the text becomes a version of its own. An unchanged text
    is left where it is.
    """
    if text == draft.text:
        return draft
    changed = Draft.objects.filter(pk=draft.pk, edited=True, revision=revision, frozen_at=None).update(
        text=text, revision=revision + 1, updated_at=Now()
    )
    if changed:
        draft.refresh_from_db()
        return draft
    return append(
        Draft(
            user_id=draft.user_id,
            email_id=draft.email_id,
            edited=True,
            style=draft.style,
            instructions=draft.instructions,
            text=text,
            provider=draft.provider,
            model=draft.model,
            read_ids=draft.read_ids,  # whoever edits a text keeps what it may tell
        )
    )
