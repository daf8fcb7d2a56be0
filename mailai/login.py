"""The one door: everybody's login, the operators' too, with limits on attempts at a password."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_variables

from mailai import attempts
from mailai.appearance.choosing import bring

logger = logging.getLogger(__name__)


class LoginForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": gettext_lazy("User name or password is wrong. Mind upper and lower case."),
    }

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if self.request is None or not name or not password:
            return self.cleaned_data  # the fields say themselves what is missing
        with one_attempt(self.request, name):
            return super().clean()


class OldPasswordForm(AdminPasswordChangeForm):
    """Who changes a password tells the old one, which somebody at an open session of another's does not know."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables()
    def clean_old_password(self) -> str:
        with one_attempt(self.request, self.user.get_username()):
            return super().clean_old_password()


@contextmanager
def one_attempt(request: HttpRequest, name: str) -> Iterator[None]:
    """In it, a form looks at a password: raises ValidationError instead where there were too many attempts.

    Beyond a limit nobody may learn whether a guess was right, so it is not looked at.
    """
    try:
        attempt = attempts.begin(request, name)
    except attempts.TooMany as refused:
        raise ValidationError(
            too_many(refused.wait), code="too_many", params={"wait": refused.wait}
        ) from None
    try:
        yield
    except ValidationError:
        log_failure(request, name, attempt)
        raise
    attempts.give_back(attempt)


def too_many(wait: int) -> str:
    minutes = -(-wait // 60)
    return ngettext(
        "Too many wrong passwords. Try again in %(minutes)s minute.",
        "Too many wrong passwords. Try again in %(minutes)s minutes.",
        minutes,
    ) % {"minutes": minutes}


def log_failure(request: HttpRequest, name: str, attempt: list[attempts.Counted]) -> None:
    """One line, for people and for programs that block addresses.

    A name is told only if an account has it: into the field of the name, people also type their password.
    """
    known = get_user_model().objects.filter(username=name).exists()
    full = [counted.until for counted in attempt if counted.last]
    logger.warning(
        "login failed: %s from %s%s",
        repr(name) if known else "an unknown name",
        request.META.get("REMOTE_ADDR") or "an unknown address",
        f"; no more attempts until {max(full).isoformat(timespec='seconds')}" if full else "",
    )


class Login(LoginView):
    """Django's login, with the form above, which knows the browser again."""

    http_method_names = ["get", "head", "post", "options"]
    template_name = "login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"nobody": not get_user_model().objects.exists()}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        attempts.remember(self.request, answer, form.get_user().get_username())
        bring(self.request, answer)
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return refused_in_time(form, super().form_invalid(form))


class ChangePassword(PasswordChangeView):
    """The admin's page."""

    form_class = OldPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | admin.site.each_context(self.request)

    def form_invalid(self, form: Any) -> HttpResponse:
        return refused_in_time(form, super().form_invalid(form))


def refused_in_time(form: Any, answer: HttpResponse) -> HttpResponse:
    """The page of a form with errors; 429 where there were too many attempts."""
    for error in (error for errors in form.errors.as_data().values() for error in errors):
        if error.code == "too_many":
            answer.status_code = 429
            answer["Retry-After"] = str(error.params["wait"])
    return answer


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin's own login page knows no limit on attempts, so there is only the one above."""
    if request.user.is_authenticated:
        raise Http404  # logged in, but not an operator
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
