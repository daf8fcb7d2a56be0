"""Users and groups, for operators: nobody gets rights here that a superuser has not given.

Django lets whoever may change users make anybody a superuser, themselves included.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangosUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mailai.admin import OperatorsAdmin
from mailai.runs.models import TaskRun
from mailai.users.deleting import Kept, belongings, shut_out
from mailai.users.leaving import end_access

AT_ONCE = 100  # users that one action takes on
WHY_KEPT = {
    "self": _("You cannot delete yourself. Ask another superuser."),
    "rights": _("Only superusers delete users."),
    "last": _("The last superuser stays. Make somebody else one first."),
}

admin.site.unregister((User, Group))


@admin.register(User)
class UserAdmin(OperatorsAdmin, DjangosUserAdmin):
    """Whoever may change users changes those who are no operators, and no rights; a superuser changes all."""

    actions = ("delete_users",)
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    fieldsets_of_staff = (
        (None, {"fields": ("username", "is_active")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None and not is_superuser(request):
            return self.fieldsets_of_staff
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Also asked by the page that sets a password."""
        allowed = super().has_change_permission(request, obj)
        is_operator = obj is not None and (obj.is_staff or obj.is_superuser)
        return allowed and (is_superuser(request) or not is_operator)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active:
            end_access(obj.pk)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return is_superuser(request) and (obj is None or obj.pk != request.user.pk)

    def get_actions(self, request: HttpRequest) -> Any:
        """Without Django's own: it would read and name each row that goes."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        user = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, user):
            raise PermissionDenied
        if user is None:
            raise Http404
        return self.delete_users(request, User.objects.filter(pk=user.pk)) or redirect(users_page())

    @admin.action(description=_("Delete the selected users with all that is theirs"), permissions=["delete"])
    def delete_users(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Ask first; then shut them out at once, and have a run remove what is theirs."""
        chosen = list(users[:AT_ONCE])
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Delete users"),
                "chosen": [(user, counts_of(user)) for user in chosen],
            }
            return TemplateResponse(request, "admin/users/delete_users.html", context)
        going = [user for user in chosen if self._shut_out(request, user)]
        if going:
            TaskRun.objects.start(
                request.user, "delete_user", params={"users": [user.pk for user in going]}, awaited=True
            )
            told = ngettext(
                "%(n)s user is being deleted. See how far it is under Activity.",
                "%(n)s users are being deleted. See how far it is under Activity.",
                len(going),
            )
            self.message_user(request, told % {"n": len(going)}, messages.SUCCESS)
        return None

    def _shut_out(self, request: HttpRequest, user: User) -> bool:
        try:
            shut_out(user.pk, request.user.pk)
        except Kept as kept:
            self.message_user(request, f"{user.get_username()}: {WHY_KEPT[kept.code]}", messages.ERROR)
            return False
        self.log_change(request, user, "deletion ordered")
        return True


@admin.register(Group)
class GroupAdmin(OperatorsAdmin, DjangosGroupAdmin):
    """A group's permissions are its members' rights: superusers alone change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)


def counts_of(user: User) -> list[str]:
    """So many of each sort of thing that is the user's, in words."""
    counts = [(rows.count(), rows.model._meta) for _field, rows in belongings(user.pk)]
    return [
        f"{count} {meta.verbose_name_plural if count > 1 else meta.verbose_name}"
        for count, meta in counts
        if count
    ]


def users_page() -> str:
    return reverse("admin:auth_user_changelist")


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
