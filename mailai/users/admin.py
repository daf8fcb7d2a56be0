"""Users and groups, for operators: nobody gets rights here that a superuser has not given.

Django lets whoever may change users make anybody a superuser, themselves included.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangosGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangosUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mailai.admin import OperatorsAdmin
from mailai.users.leaving import end_access

admin.site.unregister((User, Group))


@admin.register(User)
class UserAdmin(OperatorsAdmin, DjangosUserAdmin):
    """Whoever may change users changes those who are no operators, and no rights; a superuser changes all."""

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
        """Whose account is no longer wanted is deactivated: Django would name all that goes with it."""
        return False


@admin.register(Group)
class GroupAdmin(OperatorsAdmin, DjangosGroupAdmin):
    """A group's permissions are its members' rights: superusers alone change them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
