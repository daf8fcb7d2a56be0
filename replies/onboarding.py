"""The step of the first ones that is about writing."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from replies.models import WritingProfile


def has_profile() -> Exists:
    return Exists(WritingProfile.objects.filter(user=OuterRef("pk")))
