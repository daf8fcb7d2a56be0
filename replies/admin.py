"""Drafts, what was sent, and writing profiles, for operators. No text and no writer's wishes are shown."""

from __future__ import annotations

from django.contrib import admin

from mailai.admin import AgeFilter, ProviderFilter, ReadOnlyAdmin
from replies.models import Draft, Sending, WritingProfile


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = (
        "email",
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
    search_fields = ("email__subject", "user__username", "model")
    never_load = (
        "text",
        "instructions",
        "email__raw",
        "email__text",
        "email__html",
        "email__headers",
        "run__partial",
        "run__result",
        "run__params",
    )
    exclude = ("text", "instructions")


@admin.register(Sending)
class SendingAdmin(ReadOnlyAdmin):
    list_display = ("email", "state", "user", "account", "answer", "created_at", "sent_at")
    list_filter = ("state", AgeFilter)
    list_select_related = ("email", "user", "account")
    search_fields = ("email__subject", "user__username", "message_id")
    never_load = (
        "raw",
        "email__raw",
        "email__text",
        "email__html",
        "email__headers",
        "account__imap_secret",
        "account__smtp_secret",
    )
    exclude = ("raw",)


@admin.register(WritingProfile)
class WritingProfileAdmin(ReadOnlyAdmin):
    list_display = ("user", "name")
    list_select_related = ("user",)
    search_fields = ("user__username", "name")
