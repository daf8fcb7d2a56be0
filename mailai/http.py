"""How a view refuses: as JSON {error, code} for a program, as a visible fragment for htmx, as a page for a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from mailai.ai.answers import storable_values
from mailai.postgres.violations import is_dangling

View = Callable[..., HttpResponse]


class Refused(Exception):
    """A request that is not carried out. `error` is for a person, `code` for a program."""

    def __init__(self, status: int, code: str, error: str, retry_after: int | None = None) -> None:
        super().__init__(error)
        self.status, self.code, self.error, self.retry_after = status, code, error, retry_after


def contract(*methods: str) -> Callable[[View], View]:
    """A route of the public contract: login, methods and refusals answered in the caller's own form."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if not request.user.is_authenticated:
                    response = login_first(request)
                elif request.method not in methods:
                    raise Refused(405, "method_not_allowed", _("This address does not take that method."))
                else:
                    response = view(request, *args, **kwargs)
            except (Http404, ObjectDoesNotExist):  # it was not there, or has gone since it was found
                response = refusal(request, Refused(404, "not_found", _("There is no such thing here.")))
            except IntegrityError as error:
                if not is_dangling(error):
                    raise
                gone = _("It has been removed meanwhile. Go back and load the page anew.")
                response = refusal(request, Refused(404, "gone", gone))
            except Refused as refused:
                response = sent_back(request, refused) or refusal(request, refused)
            if response.status_code == 405:
                response["Allow"] = ", ".join(methods)
            patch_vary_headers(response, ["HX-Request"])
            patch_cache_control(response, no_store=True, private=True)
            return response

        return answer

    return decorate


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """htmx does not swap 4xx, which would look like a dead button: its fragment comes with 200."""
    if request.htmx:  # type: ignore[attr-defined]
        # A poll that is refused will be refused again: htmx stops polling at 286.
        status = 286 if request.method == "GET" else 200
        response = render(request, "_notice.html", {"refused": refused}, status=status)
        if request.htmx.target:  # type: ignore[attr-defined]
            retarget(response, f"#{request.htmx.target} .notice")  # type: ignore[attr-defined]
            reswap(response, "innerHTML")
    elif wants_page(request):
        response = render(request, "problem.html", {"refused": refused}, status=refused.status)
    else:
        body = {"error": refused.error, "code": refused.code}
        response = JsonResponse(body, status=refused.status)
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return response


def back_of(request: HttpRequest) -> str:
    """The page of ours that a plain form names as where it wants to return to, "" without one."""
    back = request.POST.get("back", "") if request.method == "POST" else ""
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if ours and back.startswith("/") and wants_page(request) else ""


def sent_back(request: HttpRequest, refused: Refused) -> HttpResponse | None:
    """To the page that the form stands on, which tells the reason; None where the form names none."""
    back = "" if request.htmx else back_of(request)  # type: ignore[attr-defined]
    if not back:
        return None
    messages.error(request, refused.error)
    return redirect(back)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The request's fields, from JSON or from a form. Raises Refused 400."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        body = storable_values(json.loads(request.body or b"{}"))
    except (ValueError, RecursionError):
        raise Refused(400, "malformed", _("The body is not valid JSON.")) from None
    if not isinstance(body, dict):
        raise Refused(400, "malformed", _("The body must be a JSON object."))
    return body


def read_text(body: dict[str, Any], name: str, longest: int) -> str:
    """A text field, "" where it is absent. Raises Refused 400."""
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise Refused(400, "malformed", _("%(name)s must be text.") % {"name": name})
    if len(value) > longest:
        limit = {"name": name, "longest": longest}
        raise Refused(400, "too_long", _("%(name)s may have %(longest)s characters.") % limit)
    return value.replace("\x00", "").strip()


def read_number(body: dict[str, Any], name: str) -> int | None:
    """A number that a column can hold, from a form or from JSON; None where it is absent. Raises Refused 400."""
    value = body.get(name)
    if value in (None, ""):
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Refused(400, "malformed", _("%(name)s must be a number.") % {"name": name})
    return int(text)


def owner_id(request: HttpRequest) -> int:
    """The logged-in user's id; behind a login this never raises."""
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk


def wants_page(request: HttpRequest) -> bool:
    """A plain form in a browser without JavaScript: it wants a page back, not JSON."""
    return "text/html" in request.headers.get("Accept", "") and request.content_type != "application/json"


def page_before(request: HttpRequest) -> str:
    """The page of ours that a form was sent from, as far as the browser tells; else the first one."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()})
    return (local_part(page) if ours else "") or "/"


def local_part(url: str) -> str:
    """An address without its scheme and host."""
    return urlunsplit(("", "", *urlsplit(url)[2:]))


def login_first(request: HttpRequest) -> HttpResponse:
    """For a request of nobody: the login page, or 401 for a program."""
    if request.htmx:  # type: ignore[attr-defined]
        here = local_part(request.htmx.current_url or "")  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(redirect_to_login(here or "/")["Location"])
    if wants_page(request):
        return redirect_to_login(request.get_full_path() if request.method == "GET" else page_before(request))
    error = _("Please log in.")
    return JsonResponse({"error": error, "code": "not_logged_in"}, status=401)
