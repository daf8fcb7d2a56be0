"""The pages for what went wrong."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mailai.appearance.choosing import theme
from mailai.http import Refused, login_first, refusal, wants_page
from mailai.postgres.outage import is_away, outage

RETRY_AFTER = 5  # seconds


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
    """Django calls it where the exception is handled, whichever layer raised it: a view, the session, the admin."""
    error_raised = sys.exc_info()[1]
    if is_away(error_raised):
        return unavailable(request, error_raised)
    error = _("Something went wrong here, and it has been logged. Try again, or tell the operator.")
    return _plain(request, Refused(500, "internal", error))


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """While the database is away: in the caller's form, theme and language, with nothing that is not in the request."""
    if error is not None:
        outage.begin(error)
    with translation.override(translation.get_language_from_request(request)):
        text = _(
            "mailai cannot reach its database just now. What was saved is not lost. Try again in a moment."
        )
        refused = Refused(503, "unavailable", text, retry_after=RETRY_AFTER)
        if (
            "HX-Request" in request.headers
        ):  # htmx leaves the page as it is, which says so and goes on by itself
            answer = HttpResponse(render_to_string("_notice.html", {"refused": refused}), status=503)
        else:
            answer = _plain(request, refused)
    answer["Retry-After"] = str(RETRY_AFTER)
    answer["Cache-Control"] = "no-store"
    return answer


def _plain(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Without what a request brings along: its session, its user or the database may be what failed."""
    if not wants_page(request):
        return JsonResponse({"error": refused.error, "code": refused.code}, status=refused.status)
    here = request.get_full_path() if request.method == "GET" else ""
    context = {"refused": refused, "again": here if refused.status == 503 else "", **theme(request)}
    return HttpResponse(render_to_string("problem.html", context), status=refused.status)
