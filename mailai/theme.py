"""Light, dark, or as the system has it: a person's choice, kept in a cookie of this browser."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from mailai.http import back_of

COOKIE = "theme"
THEMES = {"system": _("As the system"), "light": _("Light"), "dark": _("Dark")}


def theme(request: HttpRequest) -> dict[str, object]:
    """For every template: `theme`, a name of THEMES, and all of them with their labels."""
    chosen = request.COOKIES.get(COOKIE, "")
    return {"theme": chosen if chosen in THEMES else "system", "themes": THEMES.items()}


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Of a plain form, back to its page; a script has changed what is shown before it asks."""
    chosen = request.POST.get("theme", "")
    answer = HttpResponse(status=204) if request.htmx else redirect(back_of(request) or "/")  # type: ignore[attr-defined]
    if chosen in THEMES:
        answer.set_cookie(
            COOKIE,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer
