"""Light, dark, or as the system has it, and the language: a choice is kept in a cookie, and with the account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from mailai.appearance.models import Appearance
from mailai.http import back_of, owner_id

COOKIE = "theme"
THEMES = {"system": _("As the system"), "light": _("Light"), "dark": _("Dark")}


def theme(request: HttpRequest) -> dict[str, object]:
    """For every template: `theme`, a name of THEMES, and all of them with their labels."""
    chosen = request.COOKIES.get(COOKIE, "")
    return {"theme": chosen if chosen in THEMES else "system", "themes": THEMES.items()}


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Of a plain form, back to its page; a script has changed what is shown before it asks."""
    chosen = request.POST.get("theme", "")
    answer = HttpResponse(status=204) if request.htmx else redirect(back_of(request) or "/")  # type: ignore[attr-defined]
    if chosen in THEMES:
        _set(answer, COOKIE, chosen)
        _keep(request, theme=chosen)
    return answer


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Django's own view, which sets the cookie."""
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        _keep(request, language=chosen)
    return set_language(request)


def bring(request: HttpRequest, answer: HttpResponse) -> None:
    """After a login: this browser shows what the user chose in another."""
    chosen = Appearance.objects.filter(user_id=owner_id(request)).first()
    if chosen and chosen.theme:
        _set(answer, COOKIE, chosen.theme)
    if chosen and chosen.language:
        _set(answer, settings.LANGUAGE_COOKIE_NAME, chosen.language)


def _keep(request: HttpRequest, **chosen: str) -> None:
    if request.user.is_authenticated:
        Appearance.objects.update_or_create(user_id=owner_id(request), defaults=chosen)


def _set(answer: HttpResponse, cookie: str, value: str) -> None:
    answer.set_cookie(
        cookie,
        value,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
