"""What the admin pages of all apps share: operators look, and act through named actions; nothing is edited.

What people wrote (bodies of mail, drafts, streamed text) is on none of these pages: an operator needs to see what
happened to a message, not the message.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailai.ai import providers
from mailai.ai.errors import FINAL, RETRYABLE
from mailai.runs.kinds import KINDS

AGES = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


class ReadOnlyAdmin(admin.ModelAdmin):
    """No add, change or delete, and no count of a whole large table.

    `list_select_related` counts for a single row's page, too: shown as read-only, each of its relations would be
    one more query, with all columns. `never_load` names columns that no page fetches, also through relations.
    """

    show_full_result_count = False
    list_per_page = 50
    never_load: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.list_select_related).defer(*self.never_load)  # type: ignore[misc]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions: looking takes the permission to view, acting that to change."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class KnownFilter(admin.SimpleListFilter):
    """A filter whose choices are known, so that no DISTINCT reads a whole large table."""

    parameter_name: str

    def known(self) -> Iterable[tuple[str, str]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return list(self.known())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class KindFilter(KnownFilter):
    title = _("kind")
    parameter_name = "kind"

    def known(self) -> Iterable[tuple[str, str]]:
        return [(name, name) for name in KINDS]


class ProviderFilter(KnownFilter):
    title = _("provider")
    parameter_name = "provider"

    def known(self) -> Iterable[tuple[str, str]]:
        return providers.choices()


class ErrorFilter(KnownFilter):
    title = _("error code")
    parameter_name = "error_code"

    def known(self) -> Iterable[tuple[str, str]]:
        return [(code, code) for code in sorted(RETRYABLE | FINAL)]


class AgeFilter(admin.SimpleListFilter):
    """By `column`: the last hour, day or week, or what is older."""

    title = _("age")
    parameter_name = "age"
    column = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("hour", _("the last hour")),
            ("day", _("the last day")),
            ("week", _("the last week")),
            ("older", _("older")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        age = AGES.get(self.value() or "")
        if age is not None:
            return queryset.filter(**{f"{self.column}__gte": Now() - age})
        if self.value() == "older":
            return queryset.filter(**{f"{self.column}__lt": Now() - AGES["week"]})
        return queryset
