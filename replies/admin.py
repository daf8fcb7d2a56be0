"""Drafts and writing profiles, for operators. A draft's text and its writer's wishes are not shown."""

from __future__ import annotations

from django.contrib import admin

from mailai.admin import AgeFilter, ProviderFilter, ReadOnlyAdmin
from replies.models import Draft, WritingProfile


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


@admin.register(WritingProfile)
class WritingProfileAdmin(ReadOnlyAdmin):
    list_display = ("user", "name")
    list_select_related = ("user",)
    search_fields = ("user__username", "name")
