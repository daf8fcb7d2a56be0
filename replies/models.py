"""How a user writes, the drafts written for them, and what of it went out."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailai.postgres.defaults import Model


class WritingProfile(Model):
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


class Draft(Model):
    """One version of a reply. A run appends a version; a user's edit of a run's version starts a version of its own.

    `revision` counts the saves of an edited version: a save that does not know the latest one starts a new version
    instead of overwriting what another tab wrote. So does every save once the version is frozen: confirmed to be sent.
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
    # Ids of the messages that a run read for it, or for the version that it was edited from; the one to answer first.
    # They may be gone by now.
    read_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["email", "version"], name="one_draft_per_email_and_version"),
        ]
        indexes = [models.Index(fields=["user", "-updated_at"], name="draft_user_updated")]

    def __str__(self) -> str:
        return f"draft {self.version} of {self.email_id}"


class SendingQuerySet(models.QuerySet["Sending"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> SendingQuerySet:
        return self.filter(user_id=user.pk)


class Sending(Model):
    """One message on its way out, as bytes that were shown to the user and are never made anew.

    At most once: `handing_over` is committed before the server can have taken the message. Who finds it later, without
    the server's answer, does not know what became of it and does not send again.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("not sent")
        HANDING_OVER = "handing_over", _("being handed over")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused")
        UNKNOWN = "unknown", _("not known whether it was sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sendings")
    email = models.ForeignKey(
        "emails.Email", models.CASCADE, related_name="sendings"
    )  # the one that is answered
    draft = models.ForeignKey(Draft, models.CASCADE, related_name="sendings")
    revision = models.PositiveIntegerField()  # of the draft, when this was composed
    account = models.ForeignKey("emails.MailAccount", models.SET_NULL, null=True, related_name="sendings")
    run = models.OneToOneField(
        "runs.TaskRun", models.SET_NULL, null=True, related_name="sending"
    )  # the latest
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(default=0)  # of the run, which hands it over
    message_id = models.CharField(max_length=320, unique=True)  # without < >
    sender = models.CharField(max_length=320)
    to = models.JSONField(default=list)  # [[name, address], …], as cc
    cc = models.JSONField(default=list)
    quote = models.BooleanField(default=True)
    raw = models.BinaryField()
    answer = models.CharField(max_length=300, blank=True, default="")  # the server's, with its code
    refused = models.JSONField(default=list)  # [[address, the server's answer], …]
    copy_error = models.CharField(
        max_length=30, blank=True, default=""
    )  # why it is not in the server's folder
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = SendingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft"],
                condition=models.Q(state__in=("handing_over", "sent")),
                name="one_sending_per_draft",
            ),
        ]
        indexes = [models.Index(fields=["email", "-created_at"], name="sending_latest_of_email")]

    def __str__(self) -> str:
        return f"sending {self.pk}"

    @property
    def recipients(self) -> list[str]:
        return [address for _name, address in [*self.to, *self.cc]]

    @property
    def reached(self) -> list[str]:
        """The recipients for whom the server took it."""
        refused = {address for address, _answer in self.refused}
        return [address for address in self.recipients if address not in refused]

    @property
    def outcome(self) -> str:
        """prepared, active, undone, sent, failed or unknown: what the state means now that the run is where it is."""
        if self.state in (self.State.SENT, self.State.FAILED, self.State.UNKNOWN):
            return str(self.state)
        if self.run is None:
            return "unknown" if self.state == self.State.HANDING_OVER else "prepared"
        if self.run.is_active:
            return "active"
        if self.state == self.State.HANDING_OVER:
            return "unknown"
        return "undone" if self.run.status == "cancelled" else "failed"
