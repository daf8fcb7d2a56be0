"""Messages and what was thought of them, for operators. Bodies are not shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from emails.models import Analysis, Correction, Email, MailAccount, Upload
from mailai.admin import AgeFilter, ProviderFilter, ReadOnlyAdmin

BODIES = ("raw", "text", "html", "headers", "invitation")
BODIES_OF_EMAIL = tuple(f"email__{name}" for name in BODIES)


class ImportedFilter(AgeFilter):
    title = _("imported")
    column = "imported_at"


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = ("subject", "user", "sender_address", "received_at", "size", "unreadable", "imported_at")
    list_filter = ("unreadable", "trouble", "mine", ImportedFilter)
    list_select_related = ("user", "analysis")
    search_fields = ("subject", "sender_address", "user__username", "message_id")
    never_load = BODIES
    exclude = BODIES


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    list_display = (
        "email",
        "kind",
        "score",
        "urgency",
        "importance",
        "category",
        "is_spam",
        "provider",
        "model",
        "duration_ms",
        "created_at",
    )
    list_filter = ("kind", "category", "is_spam", ProviderFilter, AgeFilter)
    list_select_related = ("email", "run")
    search_fields = ("email__subject", "email__user__username", "model")
    never_load = (*BODIES_OF_EMAIL, "run__partial", "run__result", "run__params")


class CorrectedFilter(AgeFilter):
    title = _("corrected")
    column = "corrected_at"


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("email", "urgency", "importance", "category", "is_spam", "corrected_at")
    list_filter = ("category", "is_spam", CorrectedFilter)
    list_select_related = ("email",)
    search_fields = ("email__subject", "email__user__username")
    never_load = BODIES_OF_EMAIL


@admin.register(MailAccount)
class MailAccountAdmin(ReadOnlyAdmin):
    """Passwords are on no page, and neither is a button: an operator sees whether fetching works, and why not."""

    list_display = (
        "name",
        "user",
        "imap_host",
        "standing",
        "fetch_minutes",
        "last_fetch_at",
        "next_fetch_at",
        "failures",
        "last_error",
    )
    list_filter = ("standing", "analyse_new", AgeFilter)
    list_select_related = ("user",)
    search_fields = ("name", "address", "user__username", "imap_host")
    never_load = ("imap_secret", "smtp_secret")
    exclude = ("imap_secret", "smtp_secret")


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """What waits to be stored, and how far it is. What is in the files is on no page."""

    list_display = ("id", "owner", "status", "size", "messages", "done", "stored", "duplicates", "unreadable")
    list_filter = ("run__status",)
    list_select_related = ("run__user",)
    search_fields = ("run__user__username",)
    never_load = ("run__partial", "run__result", "run__params")

    @admin.display(description=_("user"), ordering="run__user")
    def owner(self, upload: Upload) -> str:
        return str(upload.run.user)

    @admin.display(description=_("status"), ordering="run__status")
    def status(self, upload: Upload) -> str:
        return upload.run.get_status_display()
