"""How a user writes, and the drafts written for them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WritingProfile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="writing_profile")
    name = models.CharField(_("your name"), max_length=200, blank=True, default="")
    about = models.TextField(_("about you"), max_length=2000, blank=True, default="")
    signature = models.TextField(_("signature"), max_length=2000, blank=True, default="")
    greeting = models.CharField(_("greeting"), max_length=200, blank=True, default="")
    closing = models.CharField(_("closing"), max_length=200, blank=True, default="")
    preferences = models.TextField(_("preferences"), max_length=2000, blank=True, default="")

    def __str__(self) -> str:
        return f"writing profile of {self.user_id}"


class Style(models.TextChoices):
    PROFESSIONAL = "professional", _("Professional")
    FORMAL = "formal", _("Formal")
    FRIENDLY = "friendly", _("Friendly")
    BRIEF = "brief", _("Brief")
    DECLINE = "decline", _("Decline politely")


class DraftQuerySet(models.QuerySet["Draft"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> DraftQuerySet:
        return self.filter(user_id=user.pk)


class Draft(models.Model):
    """One version of a reply. A run appends a version; a user's edit of a run's version starts a version of its own.

    `revision` counts the saves of an edited version: a save that does not know the latest one starts a new version
    instead of overwriting what another tab wrote.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    email = models.ForeignKey("emails.Email", models.CASCADE, related_name="drafts")
    run = models.OneToOneField("runs.TaskRun", models.SET_NULL, null=True, blank=True, related_name="draft")
    version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=0)
    edited = models.BooleanField(default=False)
    style = models.CharField(max_length=20, choices=Style, default=Style.PROFESSIONAL)
    instructions = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    provider = models.CharField(max_length=50, blank=True, default="")
    model = models.CharField(max_length=200, blank=True, default="")
    # Ids of the messages that a run read for it, the one to answer first. They may be gone by now.
    read_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["email", "version"], name="one_draft_per_email_and_version"),
        ]
        indexes = [models.Index(fields=["user", "-updated_at"], name="draft_user_updated")]

    def __str__(self) -> str:
        return f"draft {self.version} of {self.email_id}"
