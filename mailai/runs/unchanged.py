"""The poll of an open page as long as there is nothing new: what most requests are.

A middleware and not a view, because all that other requests pass through takes twice as long as the answer: it has no
content that a policy could be about, and needs neither messages nor a language. Statement and check stand here as they
are sent, instead of being composed anew each time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user
from django.db import connection
from django.http import HttpRequest, HttpResponse

from mailai.runs.models import VERSION, TaskRun
from mailai.sessions import SessionStore

POLL = re.compile(r"/tasks/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/status")
HEADERS = {"Cache-Control": "no-store, private", "Vary": "HX-Request, Cookie"}
COLUMNS = {"received": "char_length(partial)"}
# A lease or a deadline that is over is something new: the run has to be rescued.
VERSION_NOW = f"""
    SELECT concat_ws('.', {", ".join(COLUMNS.get(name, name) for name in VERSION)}) FROM {TaskRun._meta.db_table}
    WHERE id = %s AND user_id = %s
        AND CASE status WHEN 'running' THEN lease_until ELSE deadline_at END > now()"""


class Unchanged:
    """An htmx poll says what it has `seen`; if nothing changed it gets an empty answer, and polling goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.has_seen_all(request):
            return HttpResponse(status=204, headers=HEADERS)
        return self.get_response(request)

    def has_seen_all(self, request: HttpRequest) -> bool:
        if request.method != "GET" or "HX-Request" not in request.headers:
            return False
        poll, seen = POLL.fullmatch(request.path_info), request.GET.get("seen")
        if poll is None or not seen:
            return False
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        user = get_user(request)
        if user.pk is None:
            return False
        request._cached_user = user  # type: ignore[attr-defined]  # where Django's middleware looks for it
        return is_unchanged(uuid.UUID(poll[1]), user.pk, seen)


def is_unchanged(run_id: uuid.UUID, user_id: int, seen: str) -> bool:
    """Whether the user's run is at the version that was `seen`, and in time."""
    with connection.cursor() as cursor:
        cursor.execute(VERSION_NOW, [run_id, user_id])
        return cursor.fetchone() == (seen,)
