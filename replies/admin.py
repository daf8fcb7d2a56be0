"""Drafts, what was sent, and writing profiles, for operators. No text, no wish and no address is shown."""

from __future__ import annotations

import re

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from mailai.admin import AgeFilter, ProviderFilter, ReadOnlyAdmin
from replies.models import Draft, Sending, WritingProfile

CODE = re.compile(r"\d{3}\b")  # RFC 5321 4.2: what an answer begins with


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "email_id",
        "version",
        "user",
        "style",
        "edited",
        "provider",
        "model",
        "created_at",
        "updated_at",
    )
    list_filter = ("style", "edited", ProviderFilter, AgeFilter)
    list_select_related = ("email", "user", "run")
    also_load = ("user__username", "run__kind")
    search_fields = ("=email__id", "user__username", "model")
    search_help_text = _("Id of the message, user name or model")
    fields = (
        *("email", "user", "run", "version", "revision", "edited", "style", "provider", "model"),
        *("frozen_at", "sent_at", "created_at", "updated_at"),
    )


@admin.register(Sending)
class SendingAdmin(ReadOnlyAdmin):
    list_display = ("id", "email_id", "state", "user", "account", "code", "created_at", "sent_at")
    list_filter = ("state", AgeFilter)
    list_select_related = ("email", "user", "account", "run")
    also_load = ("answer", "user__username", "run__kind")
    search_fields = ("=email__id", "user__username", "=message_id")
    search_help_text = _("Id of the message, user name or the whole Message-ID of the reply")
    fields = (
        *("email", "user", "account", "run", "state", "attempt", "revision", "code", "copy_error"),
        *("created_at", "sent_at"),
    )

    @admin.display(description=_("answer"))
    def code(self, sending: Sending) -> str:
        """Of the server's answer its code; its words often name the recipient."""
        found = CODE.match(sending.answer)
        return found[0] if found else "–"


@admin.register(WritingProfile)
class WritingProfileAdmin(ReadOnlyAdmin):
    list_display = ("id", "user")
    list_select_related = ("user",)
    also_load = ("user__username",)
    search_fields = ("user__username",)
    fields = ("user",)
