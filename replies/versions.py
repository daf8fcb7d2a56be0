"""Drafts are versions: nothing that a user typed is ever overwritten."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import Coalesce, Length, Now

from emails.models import Email
from replies.models import Draft

MOST = 100  # versions of the reply to one message
MOST_CHARACTERS = 4_000_000  # of all of them together


class Full(Exception):
    """There is no room for another version, and nothing to drop that no person wrote."""


def append(draft: Draft) -> Draft:
    """Save a draft as its email's next version. Locks the email's row, so that two never take one number.

    Where there is no room, the oldest versions go that a model wrote and nobody touched or sent. Raises Full where the
    user's own fill it. What a model has written already is saved all the same: a press is what is refused.
    """
    with transaction.atomic():
        Email.objects.select_for_update(no_key=True).only("pk").get(pk=draft.email_id)
        versions = Draft.objects.filter(email_id=draft.email_id)
        newest = versions.aggregate(newest=Max("version"))["newest"] or 0
        if not has_room(versions, len(draft.text), drop=True) and draft.edited:
            raise Full
        draft.version = newest + 1
        draft.save(force_insert=True)
    return draft


def is_full(email: Email) -> bool:
    return not has_room(Draft.objects.filter(email_id=email.pk), 0)


def has_room(versions: QuerySet[Draft], characters: int, drop: bool = False) -> bool:
    """For one more, with so many characters, once those that may go have gone; to `drop` them, as few as needed."""
    used = versions.aggregate(count=Count("pk"), characters=Coalesce(Sum(Length("text")), 0))
    over = max(used["count"] + 1 - MOST, 0)
    too_long = max(used["characters"] + characters - MOST_CHARACTERS, 0)
    if not (over or too_long):
        return True
    untouched = versions.filter(edited=False, frozen_at=None, sent_at=None, sendings=None)
    going = []
    for pk, length in untouched.order_by("version").values_list("pk", Length("text")):
        if over <= 0 and too_long <= 0:
            break
        going.append(pk)
        over, too_long = over - 1, too_long - length
    if drop:
        Draft.objects.filter(pk__in=going).delete()
    return over <= 0 and too_long <= 0


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
