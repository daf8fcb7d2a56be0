"""The pages for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from mailai.http import Refused, login_first, refusal, wants_page


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
