"""The table behind mailai.cache."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from mailai.postgres.defaults import Model


class CacheEntryQuerySet(models.QuerySet["CacheEntry"]):
    """By the database's clock: every host then agrees on what has expired."""

    def live(self) -> "CacheEntryQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()))

    def expired(self) -> "CacheEntryQuerySet":
        return self.filter(expires_at__lte=Now())


class CacheEntry(Model):
    key = models.CharField(max_length=250, primary_key=True)
    # JSON as text, not jsonb: jsonb refuses NUL in strings. A counter is its decimal digits.
    value = models.TextField()
    expires_at = models.DateTimeField(null=True, db_index=True)  # null: never

    objects: ClassVar[CacheEntryQuerySet] = CacheEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "cache entries"

    def __str__(self) -> str:
        return self.key
