"""Tokens and the ledger of calls, for operators. A key is on no page: only the hint that its owner sees, too."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailai.admin import AgeFilter, ErrorFilter, KindFilter, ProviderFilter, ReadOnlyAdmin
from mailai.ai.models import LOCAL, AiCall, ServiceToken


@admin.register(ServiceToken)
class ServiceTokenAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "user",
        "provider",
        "model",
        "key_hint",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_error",
        "revoked_at",
    )
    list_filter = (ProviderFilter, AgeFilter, ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    also_load = ("user__username",)
    search_fields = ("=id", "user__username", "model")
    search_help_text = _("Id, user name or model")
    fields = (
        "user",
        "provider",
        "model",
        "key_hint",
        "base_url",
        "purposes",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_error",
        "revoked_at",
    )
    actions = ("revoke",)

    @admin.action(description=_("Revoke the selected tokens and erase their keys"), permissions=["operate"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ServiceToken]) -> None:
        revoked = 0
        for token in tokens.filter(revoked_at=None).exclude(provider=LOCAL):
            token.revoke()
            revoked += 1
            self.log_change(request, token, "revoked")
        told = ngettext("%(n)s token was revoked.", "%(n)s tokens were revoked.", revoked) % {"n": revoked}
        self.message_user(request, told, messages.SUCCESS if revoked else messages.WARNING)


class StartedFilter(AgeFilter):
    column = "started_at"


@admin.register(AiCall)
class AiCallAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "user",
        "kind",
        "provider",
        "model",
        "duration_ms",
        "first_text_ms",
        "input_tokens",
        "output_tokens",
        "error_code",
    )
    list_filter = (KindFilter, ProviderFilter, ErrorFilter, StartedFilter)
    list_select_related = ("user", "token", "run")
    also_load = ("user__username", "token__provider", "token__model", "run__kind")
    search_fields = ("user__username", "model", "error_code")
    fields = (
        *("user", "token", "run", "attempt", "kind", "provider", "model", "prompt_version", "started_at"),
        *("duration_ms", "first_text_ms", "input_tokens", "output_tokens", "error_code"),
    )
