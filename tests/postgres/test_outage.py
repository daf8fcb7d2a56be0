"""A database that is away: who asks is told at once, in their own form, and all goes on by itself when it is back."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError

from mailai.postgres.outage import Outage, is_away
from tests.chaos.server import Server
from tests.processes import wait_until, web

SEED = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from mailai.ai.models import ServiceToken
from tests.factories import make_user, make_email, make_run
from tests.processes import login_of
import json
user = make_user("alex", is_staff=True, is_superuser=True)
token = ServiceToken.objects.ensure_local(user)
email = make_email(user)
run = make_run(user, "base", "queued", email=email)
print(json.dumps({"headers": login_of(user), "email": email.pk, "run": str(run.pk), "token": token.pk}))
"""
PAGE = {"Accept": "text/html"}
JSON = {"Content-Type": "application/json"}
HTMX = {"HX-Request": "true"}
MANY = 40


class Scene(NamedTuple):
    server: Server
    url: str
    log: Path
    headers: dict[str, str]
    email: int
    run: str
    token: int

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any, str]:
        visit = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        visit.request(method, path, body, self.headers | headers)
        with visit.getresponse() as answer:
            said = answer.read().decode()
        visit.close()
        return answer.status, answer.headers, said


@pytest.fixture(scope="module")
def scene(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """gunicorn with one process on a PostgreSQL of its own."""
    log = tmp_path_factory.mktemp("outage") / "log"
    with tempfile.TemporaryDirectory(prefix="pg") as folder, django_db_blocker.unblock():
        server = Server(Path(folder))
        server.start()
        try:
            with psycopg.connect(server.address.replace("/chaos?", "/postgres?"), autocommit=True) as link:
                link.execute("CREATE DATABASE chaos")
            env = {"DATABASE_URL": server.address, "WEB_CONCURRENCY": "1"}
            with web(log, **env) as url:
                yield Scene(server, url, log, **seeded(env))
        finally:
            server.kill()


def seeded(env: dict[str, str]) -> Any:
    known = {"DJANGO_SETTINGS_MODULE": "mailai.settings", "SECRET_KEY": settings.SECRET_KEY}
    done = subprocess.run(
        [sys.executable, "-c", SEED],
        cwd=settings.BASE_DIR,
        env=os.environ | known | env | {"MAILAI_PRODUCTION": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def away(scene: Scene) -> Scene:
    """Its server has been killed after it answered. The tests of a module stand in the order of what happens."""
    wait_until(lambda: scene.ask("GET", "/", **PAGE)[0] == 200)
    scene.log.write_text("")
    scene.server.kill()
    return scene


def test_a_person_gets_a_page(away: Scene) -> None:
    shown = {"Accept": "text/html", "Cookie": away.headers["Cookie"] + "; theme=dark; django_language=de"}
    status, headers, page = away.ask("GET", "/?sender=a@b.c", **shown)

    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "5", "no-store")
    assert "mailai erreicht seine Datenbank gerade nicht." in page
    assert '<html lang="de" data-theme="dark">' in page
    assert 'href="/?sender=a@b.c"' in page
    assert away.ask("GET", re.findall(r'rel="stylesheet" href="([^"]+)"', page)[0])[0] == 200


@pytest.mark.parametrize("path", ["/login/", "/admin/", "/admin/runs/taskrun/", "/activity/", "/tokens/"])
def test_every_page_is_that_page(away: Scene, path: str) -> None:
    status, _headers, page = away.ask("GET", path, **PAGE)

    assert status == 503
    assert "cannot reach its database" in page


def test_a_login_is_not_refused_as_wrong(away: Scene) -> None:
    body = "username=alex&password=x&csrfmiddlewaretoken=" + away.headers["X-CSRFToken"]
    form = {"Content-Type": "application/x-www-form-urlencoded", **PAGE}
    status, _headers, page = away.ask("POST", "/login/", body, Cookie=csrf_only(away), **form)

    assert status == 503
    assert "cannot reach its database" in page


def csrf_only(scene: Scene) -> str:
    return scene.headers["Cookie"].split("; ")[1]


def test_a_program_gets_json(away: Scene) -> None:
    asked = [("POST", f"/email/{away.email}/reprocess", "{}"), ("GET", f"/tasks/{away.run}/status", None)]
    for method, path, body in asked:
        status, headers, said = away.ask(method, path, body, **JSON)

        assert (status, headers["Retry-After"]) == (503, "5")
        assert headers["Content-Type"] == "application/json"
        assert json.loads(said)["code"] == "unavailable"
        assert "database" in json.loads(said)["error"]


@pytest.mark.parametrize(
    "path", ["/tasks/{run}/status?seen=1", "/tasks/{run}/status", "/activity/live?newest=0_0"]
)
def test_a_poll_gets_a_fragment_and_goes_on(away: Scene, path: str) -> None:
    status, headers, said = away.ask("GET", path.format(run=away.run), **HTMX)

    assert (status, headers["Retry-After"]) == (503, "5")
    assert 'data-code="unavailable"' in said
    assert "<html" not in said


def test_probes_tell_which_part_is_ill(away: Scene) -> None:
    assert away.ask("GET", "/healthz")[0] == 200
    assert away.ask("GET", "/healthz/database")[0] == 503
    assert away.ask("GET", "/readyz")[0] == 503


def test_it_is_told_at_once_and_logged_once(away: Scene) -> None:
    began = time.monotonic()

    statuses = {away.ask("GET", "/", **PAGE)[0] for _ in range(MANY)}

    assert statuses == {503}
    assert time.monotonic() - began < MANY  # the pool's patience would make it five times as long
    lines = [line for line in away.log.read_text().splitlines() if "health check" not in line]
    assert len(lines) == 1, lines
    assert "the database is away: " in lines[0]


def test_it_goes_on_when_it_is_back(away: Scene) -> None:
    away.server.start()

    wait_until(lambda: away.ask("GET", "/", **PAGE)[0] == 200)

    assert "the database is back after" in away.log.read_text()
    body = json.dumps({"service_token_id": away.token})
    status, _headers, said = away.ask("POST", f"/email/{away.email}/reprocess", body, **JSON)
    assert (status, json.loads(said)["status"]) == (202, "queued")


def raised(code: str | None, kind: type[Exception] = OperationalError) -> Exception:
    error = kind("x")
    error.__cause__ = psycopg.errors.lookup(code)("x") if code else psycopg.OperationalError("x")
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (raised(None), True),
        (raised(None, InterfaceError), True),
        (raised("57P01"), True),  # ended by the operator
        (raised("57P03"), True),  # starts
        (raised("53300"), True),  # has no connection left
        (raised("08006"), True),
        (raised("40P01"), False),  # two transactions in each other's way
        (raised("57014"), False),  # a statement that took too long
        (raised("55P03"), False),  # a lock that was not to be had
        (DataError("x"), False),
        (ValueError("x"), False),
        (None, False),
    ],
)
def test_it_is_not_called_away_for_what_one_statement_did(error: Exception | None, away: bool) -> None:
    assert is_away(error) is away


class TestOutage:
    def test_one_asks_for_all(self) -> None:
        asked: list[int] = []

        def fails() -> None:
            asked.append(1)
            raise psycopg.OperationalError("gone")

        outage = Outage()
        for _ in range(5):
            with pytest.raises(psycopg.OperationalError, match="gone"):
                outage.pass_or_raise(fails)
        assert len(asked) == 1

    def test_it_asks_no_more_while_all_is_well(self) -> None:
        asked: list[int] = []
        outage = Outage()
        for _ in range(5):
            outage.pass_or_raise(lambda: asked.append(1))
        assert len(asked) == 1
