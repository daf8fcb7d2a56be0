"""Messages and what was made of them, for operators: numbers, codes and times. A message is named by its id."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from emails.models import Analysis, Correction, Email, MailAccount, Upload
from mailai.admin import AgeFilter, ProviderFilter, ReadOnlyAdmin


class ImportedFilter(AgeFilter):
    title = _("imported")
    column = "imported_at"


@admin.register(Email)
class EmailAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "received_at", "size", "unreadable", "trouble", "imported_at")
    list_filter = ("unreadable", "trouble", "mine", ImportedFilter)
    list_select_related = ("user", "account")
    also_load = ("user__username",)
    search_fields = ("=id", "user__username", "=message_id")
    search_help_text = _("Id, user name or the whole Message-ID")
    fields = (
        *("id", "user", "account", "size", "received_at", "imported_at"),
        *("unreadable", "trouble", "parser_version", "language", "mine", "sample", "content_hash"),
        *("seen_at", "done_at", "answered_at"),
    )


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "email_id",
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
    also_load = ("run__kind",)
    search_fields = ("=email__id", "email__user__username", "model")
    search_help_text = _("Id of the message, user name or model")
    fields = (
        *("email", "run", "kind", "score", "urgency", "importance", "category", "is_spam", "confidence"),
        *("language", "provider", "model", "prompt_version", "input_tokens", "output_tokens"),
        *("duration_ms", "created_at"),
    )


class CorrectedFilter(AgeFilter):
    title = _("corrected")
    column = "corrected_at"


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("id", "email_id", "urgency", "importance", "category", "is_spam", "corrected_at")
    list_filter = ("category", "is_spam", CorrectedFilter)
    list_select_related = ("email",)
    search_fields = ("=email__id", "email__user__username")
    search_help_text = _("Id of the message, or user name")
    fields = ("email", "urgency", "importance", "category", "is_spam", "corrected_at")


@admin.register(MailAccount)
class MailAccountAdmin(ReadOnlyAdmin):
    """Passwords are on no page, and neither is a button: an operator sees whether fetching works, and why not."""

    list_display = (
        "id",
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
    ordering = ("id",)
    list_select_related = ("user",)
    also_load = ("user__username",)
    search_fields = ("=id", "user__username", "imap_host", "smtp_host")
    search_help_text = _("Id, user name or server")
    fields = (
        *("id", "user", "imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
        *("since_days", "unseen_only", "fetch_minutes", "analyse_new", "may_write", "standing"),
        *("created_at", "last_fetch_at", "next_fetch_at", "failures", "last_error"),
    )


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    """What waits to be stored, and how far it is. What is in the files is on no page."""

    list_display = ("id", "owner", "status", "size", "messages", "done", "stored", "duplicates", "unreadable")
    list_filter = ("run__status",)
    list_select_related = ("run__user",)
    also_load = ("run__kind", "run__status", "run__user__username")
    search_fields = ("run__user__username",)
    fields = ("id", "run", "size", "messages", "done", "stored", "duplicates", "unreadable")

    @admin.display(description=_("user"), ordering="run__user__username")
    def owner(self, upload: Upload) -> str:
        return str(upload.run.user)

    @admin.display(description=_("status"), ordering="run__status")
    def status(self, upload: Upload) -> str:
        return upload.run.get_status_display()
