"""Login, and the pages for what went wrong."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_ratelimit.core import is_ratelimited

from mailai.appearance.choosing import bring
from mailai.http import Refused, login_first, refusal, wants_page


class LoginForm(AuthenticationForm):
    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": gettext_lazy("User name or password is wrong. Mind upper and lower case."),
    }


class Login(LoginView):
    """Django's login, with a limit on guesses per address."""

    template_name = "login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"nobody": not get_user_model().objects.exists()}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_ratelimited(request, group="login", key="ip", rate=settings.MAILAI_LOGIN_RATE, increment=True):
            form = self.get_form(TooManyGuesses)
            return self.render_to_response(self.get_context_data(form=form), status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        bring(self.request, answer)
        return answer


class TooManyGuesses(AuthenticationForm):
    """Looks at no password: beyond the limit nobody may learn whether a guess was right."""

    def clean(self) -> dict[str, Any]:
        raise ValidationError(_("Too many attempts from this address. Wait a minute, then try again."))


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin's own login page knows no limit on guesses, so there is only the one above."""
    if request.user.is_authenticated:
        raise Http404  # logged in, but not an operator
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if not request.user.is_authenticated and not wants_page(request):
        return login_first(request)  # to a program without a session the token is not what is missing
    error = _("This page is out of date. Reload it and try again; nothing was changed.")
    return refusal(request, Refused(403, "csrf", error))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refusal(request, Refused(404, "not_found", _("There is no such page, or it is not yours.")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, Refused(400, "malformed", _("The request could not be read.")))


def server_error(request: HttpRequest) -> HttpResponse:
    error = _("Something went wrong here, and it has been logged. Try again, or tell the operator.")
    return _plain(request, Refused(500, "internal", error))


def _plain(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Without what a request brings along: its session, its user or the database may be what failed."""
    if not wants_page(request):
        return JsonResponse({"error": refused.error, "code": refused.code}, status=refused.status)
    return HttpResponse(render_to_string("problem.html", {"refused": refused}), status=refused.status)
