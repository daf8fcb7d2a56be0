"""The poll of an open page as long as there is nothing new: what most requests are.

A middleware and not a view, because all that other requests pass through takes twice as long as the answer: it has no
content that a policy could be about, and needs neither messages nor a language. Session, user and run are read in one
statement, which stands here as it is sent instead of being composed anew each time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from mailai.auth import COLUMNS, Backend
from mailai.runs.models import VERSION, TaskRun
from mailai.sessions import SessionStore, is_key

POLL = re.compile(r"/tasks/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/status")
HEADERS = {"Cache-Control": "no-store, private", "Vary": "HX-Request, Cookie"}
SEEN = {"received": "char_length(run.partial)"}
# A lease or a deadline that is over is something new: the run has to be rescued.
NOW = f"""
    SELECT session.session_data,
        concat_ws('.', {", ".join(SEEN.get(name, f"run.{name}") for name in VERSION)}),
        {", ".join(f"owner.{name}" for name in COLUMNS)}
    FROM {Session._meta.db_table} AS session, {TaskRun._meta.db_table} AS run
        JOIN {User._meta.db_table} AS owner ON owner.id = run.user_id
    WHERE session.session_key = %s AND session.expire_date > now() AND run.id = %s
        AND CASE run.status WHEN 'running' THEN run.lease_until ELSE run.deadline_at END > now()"""


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
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if poll is None or not seen or not is_key(key):
            return False
        with connection.cursor() as cursor:
            cursor.execute(NOW, [key, uuid.UUID(poll[1])])
            row = cursor.fetchone()
        if row is None:
            return False
        session, version, *columns = row
        owner = User.from_db(connection.alias, COLUMNS, columns)
        if not is_session_of(owner, SessionStore().decode(session)):
            return False
        request._cached_user = owner  # type: ignore[attr-defined]  # where Django's middleware looks for it
        return bool(version == seen)


def is_session_of(user: User, session: dict[str, Any]) -> bool:
    """Whether it is a login of the user's that counts. Whoever is told no is asked again by Django's own layers."""
    return (
        session.get(SESSION_KEY) == str(user.pk)
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
        and Backend().user_can_authenticate(user)
    )
