"""Batch: one action on many messages that goes on in the background, as so many runs."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Now

from mailai.postgres.defaults import Model

UNDER_WAY = Q(runs__status__in=("queued", "running", "retrying"))


class BatchQuerySet(models.QuerySet["Batch"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> BatchQuerySet:
        return self.filter(user_id=user.pk)

    def counted(self) -> BatchQuerySet:
        """With how many of their runs are under way, failed and cancelled, as `active`, `failed`, `cancelled`."""
        return self.annotate(
            active=Count("runs", filter=UNDER_WAY),
            failed=Count("runs", filter=Q(runs__status="failed")),
            cancelled=Count("runs", filter=Q(runs__status="cancelled")),
        )


class Batch(Model):
    """`total` runs of one kind, begun together. A user closes its bar when they have seen the end of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="batches")
    kind = models.CharField(max_length=20)
    params = models.JSONField(
        default=dict, blank=True
    )  # {"token": id, "under_way": runs that others had begun}
    total = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    # What `counted` adds.
    active: int
    failed: int
    cancelled: int

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "batches"
        indexes = [
            models.Index(F("user"), F("id").desc(), condition=Q(closed_at=None), name="batch_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.total}"

    @property
    def done(self) -> int:
        """Runs that came to a good end; those that were pruned since count as such."""
        return max(0, self.total - self.active - self.failed - self.cancelled)

    @property
    def ended(self) -> int:
        return self.total - self.active

    @property
    def version(self) -> str:
        """Changes whenever something that its bar shows changes."""
        return f"{self.total}.{self.active}.{self.failed}.{self.cancelled}"
