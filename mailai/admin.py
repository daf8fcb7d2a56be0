"""What the admin pages of all apps share: operators look, and act through named actions; nothing is edited.

What people wrote (bodies of mail, drafts, streamed text) and what was said of it (summaries, reasons) is on none of
these pages: an operator needs to see what happened to a message, not the message. Ids, kinds, codes, times, counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailai.ai import providers
from mailai.ai.errors import FINAL, RETRYABLE
from mailai.runs.kinds import KINDS

AGES = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


class OperatorsList(ChangeList):
    def get_ordering_field(self, field_name: Any) -> Any:
        """Of a relation its id: the order of what it leads to may be that of names which are on no page."""
        name = super().get_ordering_field(field_name)
        relation = next((field for field in self.lookup_opts.concrete_fields if field.name == name), None)
        return relation.attname if relation is not None and relation.is_relation else name


class OperatorsAdmin(admin.ModelAdmin):
    """What every page of the admin keeps to, Django's own included.

    An address can ask a list for what the list itself offers and for nothing else. Django lets it name any column
    (`?text__startswith=…`), and a row or none is an answer, a letter at a time.
    """

    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OperatorsList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in set(offered(self.get_list_filter(request) if request else self.list_filter))


class ReadOnlyAdmin(OperatorsAdmin):
    """No add, change or delete, no count of a whole large table, and no column that is not named.

    What a page shows is in `list_display` and `fields`; of these and of `also_load` alone is read what a row has.
    `list_select_related` counts for a single row's page, too: shown as read-only, each of its relations would be
    one more query, with all columns.
    """

    show_full_result_count = False
    list_per_page = 50
    list_select_related: ClassVar[tuple[str, ...]] = ()
    also_load: ClassVar[tuple[str, ...]] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(*self.list_select_related).only(*self._columns())

    def _columns(self) -> set[str]:
        own = {field.name for field in self.opts.concrete_fields}
        shown = {*self.list_display, *flatten(self.fields or ())} & own
        related = {f"{path}__id" for path in self.list_select_related}
        roots = {path.partition("__")[0] for path in self.list_select_related}
        return {self.opts.pk.name, *shown, *roots, *related, *self.also_load}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions: looking takes the permission to view, acting that to change."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


def offered(filters: Iterable[Any]) -> Iterator[str]:
    """The parameters that a list's filters put into its addresses."""
    for each in filters:
        if isinstance(each, type):
            yield each.parameter_name  # type: ignore[attr-defined]
        else:
            path, kind = (each, None) if isinstance(each, str) else each
            lookups = ("isempty",) if kind is admin.EmptyFieldListFilter else ("exact", "id__exact", "isnull")
            yield from (f"{path}__{lookup}" for lookup in lookups)


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
