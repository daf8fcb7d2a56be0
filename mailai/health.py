"""Whether this process can work: for load balancers and monitoring, which have no login.

/healthz: the process answers, also while its database is away: to start it anew would mend nothing, and without it
nobody is told what is wrong. /healthz/database: so does its database, and pages can be read. /readyz: besides, the
database has had all migrations of this code (one that is ahead is well), its keys and passwords open with this host's
key ring, and a worker was seen lately, so presses are worked on. They tell that and nothing else.

A middleware and not a view, because a probe sends whatever Host it likes (an address, mostly) and speaks plain HTTP
behind the proxy: it must pass neither the check of the host nor the redirect to https, and needs no session. That is
safe because nothing of the answer comes from the request.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from mailai.ai.ciphertext import is_wrong
from mailai.postgres import direct
from mailai.postgres.outage import PATIENCE, first_line
from mailai.postgres.pending import pending
from mailai.runs.hosts import ALIVE, WorkerHost

logger = logging.getLogger(__name__)

REMEMBERED = 1.0  # seconds, so that a flood of probes costs the database one connection a second
RING_REMEMBERED = 60.0  # seconds: what is stored is read for it
WORKER_SEEN = f"""
    SELECT EXISTS (SELECT FROM {WorkerHost._meta.db_table}
        WHERE seen_at > statement_timestamp() - make_interval(secs => %s))"""

OK, NO_WORKER, UNAVAILABLE = "ok", "no worker", "unavailable"
MIGRATIONS_PENDING, WRONG_RING = "migrations_pending", "wrong_token_keys"


class Health:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.probes = {
            "/healthz": Probe(lambda: OK),
            "/healthz/database": Probe(database_answers),
            "/readyz": Probe(presses_are_worked_on),
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = self.probes.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        status = probe.ask()
        answer = JsonResponse({"status": status}, status=200 if status == OK else 503)
        answer["Content-Length"] = str(len(answer.content))
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


class Probe:
    """Asks once for all who want to know at the same time, and makes nobody wait longer than that may take."""

    def __init__(self, look: Callable[[], str], remembered: float | None = None) -> None:
        self.look, self.remembered = look, remembered
        self._status, self._looked_at = UNAVAILABLE, float("-inf")
        self._looking, self._well = threading.Lock(), True

    def ask(self) -> str:
        if not self._looking.acquire(timeout=PATIENCE):
            return UNAVAILABLE
        try:
            known = self.remembered if self.remembered and self._status != UNAVAILABLE else REMEMBERED
            if time.monotonic() - self._looked_at > known:
                self._status = self._look()
                self._looked_at = time.monotonic()
            return self._status
        finally:
            self._looking.release()

    def _look(self) -> str:
        try:
            status = self.look()
            self._well = True
            return status
        except Exception as error:  # whatever it is: this process cannot work with its database
            if self._well:  # once, and not for each probe until it is well again
                logger.warning("a health check failed: %s", first_line(error))
            self._well = False
            return UNAVAILABLE


def database_answers() -> str:
    with connect():
        return OK


def presses_are_worked_on() -> str:
    with connect() as connection:
        if pending(connection):
            return MIGRATIONS_PENDING
        if (ring := RING.ask()) != OK:
            return ring
        row = connection.execute(WORKER_SEEN, [ALIVE.total_seconds()]).fetchone()
        return OK if row and row[0] else NO_WORKER


def ring_opens() -> str:
    with connect() as connection:
        return WRONG_RING if is_wrong(connection) else OK


def connect() -> psycopg.Connection[tuple[Any, ...]]:
    """A connection of its own: that all of the pool are in use is no sign of bad health, and no reason to wait.

    It is made when the server has answered and let us in. Raises psycopg.Error within PATIENCE seconds.
    """
    return direct.connect(connect_timeout=PATIENCE)


RING = Probe(ring_opens, RING_REMEMBERED)
