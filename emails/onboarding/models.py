"""Onboarding: what a user has said of the first steps; whether a step is done is mostly seen elsewhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from mailai.postgres.defaults import Model


class OnboardingManager(models.Manager["Onboarding"]):
    def note(self, user: Any, *moments: str) -> None:
        """That it happened now: `dismissed_at`, `looked_at`, `local_at`."""
        self.update_or_create(user_id=user.pk, defaults=dict.fromkeys(moments, Now()))


class Onboarding(Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="onboarding")
    looked_at = models.DateTimeField(null=True, blank=True)  # asked for the sample mailbox
    local_at = models.DateTimeField(null=True, blank=True)  # chose to do without a model
    dismissed_at = models.DateTimeField(null=True, blank=True)

    objects = OnboardingManager()

    def __str__(self) -> str:
        return f"first steps of {self.user_id}"
