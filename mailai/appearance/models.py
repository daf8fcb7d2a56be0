"""How the pages look to a user, so that it follows them to another browser."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mailai.postgres.defaults import Model


class Appearance(Model):
    """What the user chose last; "" where they did not choose. A browser has it in cookies, which a login sets."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True)
    theme = models.CharField(max_length=10, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.theme or '–'} · {self.language or '–'}"
