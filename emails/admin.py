"""Messages and what was thought of them, for operators. Bodies are not shown."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from emails.models import Analysis, Correction, Email
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
