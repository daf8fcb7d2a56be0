"""Real processes on the tests' database, a worker and a web server, and somebody who visits the latter.

Every process that is started here, and every child of it, carries a mark in its environment, by which all of them
are found and ended, also those that a killed parent left behind.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils.crypto import get_random_string

T = TypeVar("T")
PATIENCE = 90  # seconds; a busy machine is slow, not wrong
MARK = "MAILAI_TEST_MARK"
MEASURED = "FAULTS_TEST"  # set while tests.faults notes what each test runs: who is killed has told nothing
WORKER = ("manage.py", "worker")


def wait_until(condition: Callable[[], T], seconds: float = PATIENCE, every: float = 0.03) -> T:
    """What the condition said as soon as it was true. Fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (said := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(every)  # noqa: TID251 - the wait itself
    return said


def database_url() -> str:
    """The tests' database, as another process reaches it."""
    params = connection.get_connection_params()
    password = f":{quote(params['password'], safe='')}" if params.get("password") else ""
    place = f"host={quote(str(params.get('host', '')), safe='')}&port={params.get('port') or 5432}"
    return f"postgres://{quote(params['user'], safe='')}{password}@/{params['dbname']}?{place}"


def pushers() -> int:
    """How many clusters on the tests' database wait for rings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE '%%WITH RECURSIVE lane%%' AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


class Processes:
    """A command of ours and whatever it starts."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str], **options: Any) -> None:
        self.mark = uuid.uuid4().hex
        self.log = log
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,
            "MAILAI_TOKEN_KEYS": ",".join(settings.MAILAI_TOKEN_KEYS),
            "MAILAI_PRODUCTION": "0",
            MARK: self.mark,
        }
        with log.open("ab") as sink:
            self.popen = subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env=environment | env,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                **options,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def all(self) -> list[psutil.Process]:
        """All that live, oldest first."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                alive = process.status() != psutil.STATUS_ZOMBIE
                if alive and process.environ().get(MARK) == self.mark:
                    found.append(process)
        return sorted(found, key=lambda process: (process.create_time(), process.pid))

    def end(self) -> None:
        """Nothing of it is left."""
        if MEASURED in os.environ:
            with suppress(subprocess.TimeoutExpired):
                self.popen.terminate()
                self.popen.wait(20)
        while left := self.all():
            for process in left:
                with suppress(psutil.Error):
                    process.kill()
        self.popen.wait()


class Worker(Processes):
    """`manage.py worker`: supervisor, cluster, sentinel, and the sentinel's pusher, monitor and workers."""

    def __init__(self, log: Path, command: tuple[str, ...] = WORKER, **env: str) -> None:
        super().__init__([*command], log, {"MAILAI_WORKERS": "2", **env})

    def cluster(self) -> psutil.Process | None:
        """The main process of the cluster that runs now."""
        with suppress(psutil.Error):
            children = psutil.Process(self.popen.pid).children()
            return next((child for child in children if "--cluster" in child.cmdline()), None)
        return None

    def below_sentinel(self) -> list[psutil.Process]:
        """Workers, monitor and pusher, in this order unless one was replaced."""
        with suppress(psutil.Error, IndexError, AttributeError):
            return self.cluster().children()[0].children()  # type: ignore[union-attr]
        return []

    def listens(self) -> bool:
        """Whether a pusher of this cluster waits for rings: what is enqueued now is worked on at once."""
        return bool(pushers()) and len(self.below_sentinel()) >= 3

    def asking(self, port: int) -> list[psutil.Process]:
        """The workers that are connected to a model's server at this port."""
        found = []
        for process in self.below_sentinel():
            with suppress(psutil.Error):
                peers = [
                    link.raddr for link in process.net_connections("tcp") if link.status == "ESTABLISHED"
                ]
                if any(peer and peer.port == port for peer in peers):
                    found.append(process)
        return found


@contextmanager
def worker(log: Path, command: tuple[str, ...] = WORKER, **env: str) -> Iterator[Worker]:
    """A worker that listens."""
    running = Worker(log, command, **env)
    try:
        wait_until(running.listens)
        yield running
    finally:
        running.end()


@contextmanager
def web(log: Path, **env: str) -> Iterator[str]:
    """The address of gunicorn as it is recommended. The socket is ours, so nobody waits for the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        command = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", f"fd://{listener.fileno()}"]
        running = Processes(command, log, env, pass_fds=[listener.fileno()])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            running.end()


def login_of(user: Any) -> dict[str, str]:
    """A new session of the user's, as the headers of their requests."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    token = get_random_string(32)
    return {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}; csrftoken={token}",
        "X-CSRFToken": token,
    }


class Visitor:
    """A logged-in user with a connection of their own to the web server; one thread at a time."""

    def __init__(self, url: str, user: Any) -> None:
        self._place = urlsplit(url).netloc
        self._headers = login_of(user) | {"Content-Type": "application/json"}
        self._connection = self._connect()

    def get(self, path: str) -> tuple[int, Any]:
        status, body = self.ask("GET", path)
        return status, json.loads(body)

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """The status, and the body as what its JSON says."""
        status, answer = self.ask("POST", path, json.dumps(body or {}))
        return status, json.loads(answer)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, bytes]:
        try:
            return self._ask_once(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self._connection.close()  # the server ended an idle connection; a browser would connect anew, too
            self._connection = self._connect()
            return self._ask_once(method, path, body, headers)

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._place, timeout=30)

    def _ask_once(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        self._connection.request(method, path, body, self._headers | headers)
        with self._connection.getresponse() as answer:
            return answer.status, answer.read()
