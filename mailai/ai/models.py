"""A user's credentials for models, and the ledger of every call made with them."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailai.ai import keyring, providers
from mailai.ai.ciphertext import Ciphertext, seal, unseal
from mailai.ai.errors import AIError
from mailai.ai.question import Credential
from mailai.postgres import clock
from mailai.postgres.defaults import Model

LOCAL = "local"


class Purpose(models.TextChoices):
    BASE = "base", _("Base analysis")
    OPTIMIZE = "optimize", _("Second opinion")
    REPLY = "reply", _("Reply draft")


def every_purpose() -> list[str]:
    return list(Purpose.values)


class ServiceTokenQuerySet(models.QuerySet["ServiceToken"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> ServiceTokenQuerySet:
        return self.filter(user_id=user.pk)

    def usable(self) -> ServiceTokenQuerySet:
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=Now()))

    def ensure_local(self, user: AbstractBaseUser | AnonymousUser) -> ServiceToken:
        """The user's token for the built-in rules, made on first need: it takes no key."""
        defaults = {"name": "Built-in rules", "model": providers.get(LOCAL).default_model, "user_id": user.pk}
        return self.get_or_create(user_id=user.pk, provider=LOCAL, defaults=defaults)[0]


class ServiceToken(Model):
    """One credential of one user. The key is write-only: it goes in encrypted and comes out in a worker alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=100)
    provider = models.CharField(_("provider"), max_length=50)
    model = models.CharField(_("model"), max_length=200)
    encrypted_key = Ciphertext(blank=True, default="", editable=False)
    key_hint = models.CharField(max_length=4, blank=True, default="", editable=False)
    base_url = models.CharField(_("address"), max_length=300, blank=True, default="")
    purposes = ArrayField(
        models.CharField(max_length=20, choices=Purpose), default=every_purpose, verbose_name=_("used for")
    )
    # How many calls may be under way at a time; empty: as many as there are workers.
    concurrency = models.PositiveSmallIntegerField(
        _("calls at a time"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=30, blank=True, default="", editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ServiceTokenQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint("user", condition=Q(provider=LOCAL), name="one_local_token_per_user"),
        ]
        indexes = [models.Index(fields=["user", "revoked_at"], name="token_user_usable")]

    def __str__(self) -> str:
        return f"token {self.pk} ({self.provider} · {self.model})"

    @property
    def label(self) -> str:
        """The name as the user gave it; that of the built-in rules in the reader's language."""
        return gettext("Built-in rules") if self.is_local else self.name

    @property
    def provider_label(self) -> str:
        return providers.label_of(self.provider)

    @property
    def is_local(self) -> bool:
        return self.provider == LOCAL

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and not self.is_expired

    def set_key(self, key: str) -> None:
        seal(self, "encrypted_key", key)
        self.key_hint = key[-4:] if len(key) >= 12 else ""

    def revoke(self) -> None:
        """Terminal: the key is erased at once, the row stays for the ledger."""
        self.revoked_at = clock.now()
        self.encrypted_key = ""
        self.save(update_fields=["revoked_at", "encrypted_key"])

    def check_usable(self) -> None:
        """Raises AIError `token_revoked` or `token_expired`."""
        if self.revoked_at is not None:
            raise AIError("token_revoked")
        if self.is_expired:
            raise AIError("token_expired")

    def credential(self) -> Credential:
        """The key in the clear, for one call.

        Raises AIError: `token_revoked`, `token_expired`, or `token_unreadable` if no key of the ring opens it, or it is
        another row's.
        """
        self.check_usable()
        try:
            key = unseal(self, "encrypted_key")
        except keyring.Undecryptable:
            raise AIError("token_unreadable") from None
        return Credential(provider=self.provider, model=self.model, key=key, base_url=self.base_url)

    def used(self, error: str = "") -> None:
        ServiceToken.objects.filter(pk=self.pk).update(last_used_at=Now(), last_error=error)


class AiCall(Model):
    """The usage ledger: a row per call, whatever came of it."""

    # Empty: of a user who was deleted.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="ai_calls")
    token = models.ForeignKey(ServiceToken, models.SET_NULL, null=True, related_name="calls")
    run = models.ForeignKey("runs.TaskRun", models.SET_NULL, null=True, related_name="calls")
    attempt = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=20)
    provider = models.CharField(max_length=50)
    model = models.CharField(max_length=200)
    prompt_version = models.CharField(max_length=40)
    started_at = models.DateTimeField(db_default=Now())
    duration_ms = models.PositiveIntegerField(default=0)
    first_text_ms = models.PositiveIntegerField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    error_code = models.CharField(max_length=30, blank=True, default="")

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("call to a model")
        verbose_name_plural = _("calls to models")
        indexes = [
            models.Index(fields=["user", "-started_at"], name="call_user_started"),
            models.Index(fields=["-started_at"], name="call_started"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.provider} · {self.model}"


def lifetime(choice: str, now: dt.datetime | None = None) -> dt.datetime | None:
    """When a token made now expires; choice is a number of days or "never"."""
    return None if choice == "never" else (now or clock.now()) + dt.timedelta(days=int(choice))
