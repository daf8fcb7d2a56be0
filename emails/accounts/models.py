"""MailAccount: an IMAP mailbox and, where given, the SMTP server that sends for it."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mailai.ai.ciphertext import Ciphertext, seal, unseal
from mailai.postgres.defaults import Model


class Security(models.TextChoices):
    """How the connection is encrypted. `none` is for servers on the same machine, where the operator allows them."""

    TLS = "tls", _("SSL/TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("not encrypted")


class Standing(models.TextChoices):
    """Whether mail may be fetched: only after a test that went well, or when its owner says so knowingly."""

    UNTESTED = "untested", _("not tested yet")
    WORKS = "works", _("tested")
    KEPT = "kept", _("kept although the test failed")


class MailAccountQuerySet(models.QuerySet["MailAccount"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> MailAccountQuerySet:
        return self.filter(user_id=user.pk)

    def due(self) -> MailAccountQuerySet:
        """Accounts of active users whose schedule says that it is time to fetch."""
        return self.filter(next_fetch_at__lte=Now(), user__is_active=True).exclude(standing=Standing.UNTESTED)


def inbox_only() -> list[str]:
    return ["INBOX"]


class MailAccount(Model):
    """One mailbox of one user. The passwords are write-only: in encrypted, out in a worker alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="accounts")
    name = models.CharField(_("name"), max_length=100)
    address = models.EmailField(_("address"), max_length=320)  # what mail is sent from
    imap_host = models.CharField(_("IMAP server"), max_length=253)
    imap_port = models.PositiveIntegerField(_("port"), default=993)
    imap_security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.TLS)
    imap_user = models.CharField(_("user name"), max_length=320)
    imap_secret = Ciphertext(blank=True, default="", editable=False)
    folders = ArrayField(models.CharField(max_length=255), default=inbox_only, verbose_name=_("folders"))
    since_days = models.PositiveIntegerField(_("how many days back"), null=True, blank=True)  # empty: all
    unseen_only = models.BooleanField(_("only unread mail"), default=False)
    may_write = models.BooleanField(_("may change flags and store mail on the server"), default=False)
    fetch_minutes = models.PositiveIntegerField(
        _("fetch every … minutes"), null=True, blank=True
    )  # empty: by hand
    analyse_new = models.BooleanField(_("analyse new mail"), default=False)
    smtp_host = models.CharField(
        _("SMTP server"), max_length=253, blank=True, default=""
    )  # empty: cannot send
    smtp_port = models.PositiveIntegerField(_("port"), default=465)
    smtp_security = models.CharField(_("encryption"), max_length=10, choices=Security, default=Security.TLS)
    smtp_user = models.CharField(_("user name"), max_length=320, blank=True, default="")  # empty: as for IMAP
    smtp_secret = Ciphertext(blank=True, default="", editable=False)  # empty: as for IMAP
    sent_folder = models.CharField(_("folder of sent mail"), max_length=255, blank=True, default="")
    drafts_folder = models.CharField(_("folder of drafts"), max_length=255, blank=True, default="")
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.UNTESTED, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_fetch_at = models.DateTimeField(null=True, blank=True, editable=False)  # the last that went well
    next_fetch_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(
        default=0, editable=False
    )  # in a row, since the last that went well
    last_error = models.CharField(max_length=30, blank=True, default="", editable=False)

    objects = MailAccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("mail account")
        verbose_name_plural = _("mail accounts")
        indexes = [
            models.Index(
                fields=["next_fetch_at"], condition=Q(next_fetch_at__isnull=False), name="account_due"
            ),
        ]

    def __str__(self) -> str:
        return f"mail account {self.pk}"

    @property
    def can_send(self) -> bool:
        return bool(self.smtp_host)

    @property
    def may_fetch(self) -> bool:
        return self.standing != Standing.UNTESTED

    @property
    def fetch_every(self) -> dt.timedelta | None:
        return None if self.fetch_minutes is None else dt.timedelta(minutes=self.fetch_minutes)

    def set_imap_password(self, password: str) -> None:
        seal(self, "imap_secret", password)

    def set_smtp_password(self, password: str) -> None:
        seal(self, "smtp_secret", password)

    def imap_password(self) -> str:
        """In the clear, for one connection. Raises keyring.Undecryptable."""
        return unseal(self, "imap_secret")

    def smtp_login(self) -> tuple[str, str]:
        """User name and password for sending; IMAP's where there are no others. Raises keyring.Undecryptable."""
        column = "smtp_secret" if self.smtp_secret else "imap_secret"
        return self.smtp_user or self.imap_user, unseal(self, column)


class Folder(Model):
    """How far one folder of an account has been fetched (RFC 3501 2.3.1.1: a UID counts under its UIDVALIDITY)."""

    account = models.ForeignKey(MailAccount, models.CASCADE, related_name="folder_states")
    name = models.CharField(max_length=255)
    uidvalidity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)  # all up to this one are stored, or passed over
    # UIDs that the server lists and does not give out. They are asked for again later.
    passed_over = ArrayField(models.BigIntegerField(), default=list, blank=True)
    passed_over_at = models.DateTimeField(null=True, blank=True)  # when they were asked for last

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="one_state_per_folder")]

    def __str__(self) -> str:
        return f"folder {self.pk} of {self.account_id}"

    @property
    def validity(self) -> int:
        """The UIDVALIDITY that its UIDs count under; 0, which no server gives, before the first look."""
        return self.uidvalidity or 0

    @property
    def valid_copies(self) -> models.QuerySet[ServerCopy]:
        return self.copies.filter(uidvalidity=self.validity)

    @property
    def void_copies(self) -> models.QuerySet[ServerCopy]:
        """Under an older UIDVALIDITY. They stand until all of the folder has been looked at again."""
        return self.copies.exclude(uidvalidity=self.validity)


class ServerCopy(Model):
    """Where a message lies on its server, for its flags there."""

    email = models.ForeignKey("emails.Email", models.CASCADE, related_name="server_copies")
    folder = models.ForeignKey(Folder, models.CASCADE, related_name="copies")
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "server copies"
        constraints = [
            models.UniqueConstraint(fields=["folder", "uidvalidity", "uid"], name="one_copy_per_uid"),
        ]

    def __str__(self) -> str:
        return f"copy {self.uid} in {self.folder_id}"
