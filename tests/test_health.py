"""What a load balancer and a monitor are told: without a login, whatever Host they send, and never late."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import override_script_prefix
from django.utils import timezone

from mailai import health
from mailai.health import Probe
from mailai.runs.hosts import WorkerHost
from tests.processes import wait_until, web

pytestmark = pytest.mark.django_db(transaction=True)
PATHS = ("/healthz", "/healthz/database", "/readyz")
ASKING = PATHS[1:]  # what asks the database
SMALL = {"WEB_CONCURRENCY": "1", "WEB_THREADS": "4"}


@pytest.fixture(autouse=True)
def fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WHITENOISE_USE_FINDERS = False
    monkeypatch.setattr(health, "REMEMBERED", -1.0)


@pytest.fixture
def worker_host() -> WorkerHost:
    return WorkerHost.objects.create(name="a", pid=1, slots=4, version="1")


def told(answer: Any) -> tuple[int, dict[str, str]]:
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Length"] == str(len(answer.content))
    return answer.status_code, answer.json()


def test_it_is_well(client):
    assert told(client.get("/healthz")) == (200, {"status": "ok"})


def test_it_is_ready_while_a_worker_is_seen(client, worker_host):
    assert told(client.get("/readyz")) == (200, {"status": "ok"})

    WorkerHost.objects.update(seen_at=timezone.now() - timedelta(seconds=61))

    assert told(client.get("/readyz")) == (503, {"status": "no worker"})
    assert told(client.get("/healthz")) == (200, {"status": "ok"})


def test_it_is_not_ready_where_nobody_works(client):
    assert told(client.get("/readyz")) == (503, {"status": "no worker"})


@pytest.mark.parametrize("path", PATHS)
class TestEveryProbe:
    def test_it_needs_neither_session_nor_known_host_nor_https(self, client, settings, worker_host, path):
        settings.SECURE_SSL_REDIRECT = True
        settings.ALLOWED_HOSTS = ["mail.example.com"]

        answer = Client(headers={"host": "10.0.0.7:8000"}).get(path)

        assert told(answer) == (200, {"status": "ok"})
        assert not answer.cookies
        assert Client(headers={"host": "10.0.0.7:8000"}).get("/login/").status_code != 200

    def test_it_answers_head(self, client, worker_host, path):
        answer = client.head(path)

        assert (answer.status_code, answer.content) == (200, b"")

    @pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
    def test_it_takes_no_other_method(self, client, path, method):
        answer = getattr(client, method)(path)

        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")

    def test_it_tells_nothing_of_what_is_wrong(self, client, monkeypatch, path):
        monkeypatch.setattr(connections["default"], "get_connection_params", nowhere)

        told_now = (503, {"status": "unavailable"}) if path in ASKING else (200, {"status": "ok"})
        assert told(client.get(path)) == told_now

    def test_it_is_no_page_below(self, client, path):
        assert client.get(f"{path}/").status_code == 404


def nowhere() -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": 1, "user": "x", "password": "hunter2", "dbname": "x"}


class TestProbe:
    def test_it_asks_once_a_second_at_most(self, monkeypatch):
        monkeypatch.setattr(health, "REMEMBERED", 60.0)
        asked: list[int] = []
        probe = Probe(lambda: asked.append(1) or "ok")

        assert [probe.ask() for _ in range(5)] == ["ok"] * 5
        assert len(asked) == 1

    def test_it_lets_nobody_wait_for_somebody_elses_long_look(self, monkeypatch):
        monkeypatch.setattr(health, "PATIENCE", 0.1)
        release, looking = threading.Event(), threading.Event()

        def look() -> str:
            looking.set()
            release.wait(10)
            return "ok"

        probe = Probe(look)
        first = threading.Thread(target=probe.ask)
        first.start()
        looking.wait(5)
        try:
            assert probe.ask() == "unavailable"
        finally:
            release.set()
            first.join()
        assert probe.ask() == "ok"


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word, like a host that hangs."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


def get(url: str, path: str) -> tuple[int, Any]:
    return ask(url, "GET", path)


def ask(url: str, method: str, path: str, **headers: str) -> tuple[int, Any]:
    """The status, and what the JSON says; nothing for another body."""
    visit = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    visit.request(method, path, headers=headers)
    with visit.getresponse() as answer:
        said = answer.read()
        return answer.status, json.loads(said) if answer.getheader(
            "Content-Type"
        ) == "application/json" else None


def test_it_answers_in_time_where_the_database_hangs(tmp_path):
    with (
        silent() as port,
        web(tmp_path / "log", DATABASE_URL=f"postgres://x:hunter2@127.0.0.1:{port}/x", **SMALL) as url,
    ):
        assert ask(url, "POST", "/healthz")[0] == 405  # it has started
        assert get(url, "/healthz/database") == (503, {"status": "unavailable"})
        assert get(url, "/readyz") == (503, {"status": "unavailable"})
        assert get(url, "/healthz") == (200, {"status": "ok"})
    assert "hunter2" not in (tmp_path / "log").read_text()


def test_it_does_not_wait_for_the_pool(tmp_path):
    """All connections of the pool are in use: that is much to do and no illness."""
    cookie = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz123456"}
    with web(tmp_path / "log", MAILAI_DB_POOL="1", **SMALL) as url, ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE django_session")
            busy = pool.submit(ask, url, "GET", "/", **cookie)
            wait_until(somebody_waits_for_it)
            assert get(url, "/healthz/database") == (200, {"status": "ok"})
        busy.result()


def somebody_waits_for_it() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'django_session'::regclass"
        )
        return bool(cursor.fetchone()[0])


def test_a_page_asks_for_it_under_the_sites_own_prefix(client: Client) -> None:
    with override_script_prefix("/mail/"):
        page = client.get("/login/").content.decode()

    assert 'data-probe="/mail/healthz/database"' in page
