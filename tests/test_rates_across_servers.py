"""The rate limit holds over several server processes, because the count is in the database."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from mailai.ai.models import ServiceToken
from mailai.runs.models import TaskRun
from tests.factories import make_analysis, make_email, make_user

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def servers() -> Iterator[list[str]]:
    """Two gunicorns on the tests' database, each with a listening socket from here: nothing waits for a port."""
    processes, addresses = [], []
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "MAILAI_PRODUCTION": "0",
        "MAILAI_OPTIMIZE_RATE": "5/h",
        "WEB_CONCURRENCY": "1",
    }
    for _ in range(2):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "mailai.wsgi"]
        processes.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL
            )
        )
        addresses.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
        listener.close()
    yield addresses
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(20)


def database_url() -> str:
    place = connection.settings_dict
    login = f"{quote(place['USER'], safe='')}:{quote(place['PASSWORD'] or '', safe='')}"
    return f"postgres://{login}@{quote(place['HOST'], safe='')}:{place['PORT']}/{place['NAME']}"


class Visitor:
    """Somebody with a browser: logs in at one server and is known to both."""

    def __init__(self, server: str, name: str, password: str) -> None:
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        with self.opener.open(f"{server}/login/", timeout=30):
            pass
        form = {"username": name, "password": password, "csrfmiddlewaretoken": self.cookie("csrftoken")}
        with self.opener.open(f"{server}/login/", urlencode(form).encode(), timeout=30) as page:
            assert page.url == f"{server}/", "the login was refused"

    def cookie(self, name: str) -> str:
        return next(str(cookie.value) for cookie in self.jar if cookie.name == name)

    def press(self, address: str, body: dict[str, int]) -> tuple[int, str | None]:
        """The status and Retry-After of a press."""
        headers = {
            "Content-Type": "application/json",
            "X-CSRFToken": self.cookie("csrftoken"),
            "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar),
        }
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Retry-After"]


def test_it_accepts_five_of_eight_presses_at_two_servers(servers):
    user = make_user("alex")
    user.set_password("a long enough secret")
    user.save()
    rules = ServiceToken.objects.ensure_local(user)
    emails = [make_email(user) for _ in range(8)]
    for email in emails:
        make_analysis(email)
    visitor = Visitor(servers[0], "alex", "a long enough secret")

    paths = [f"{servers[number % 2]}/email/{email.pk}/optimize" for number, email in enumerate(emails)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda path: visitor.press(path, {"service_token_id": rules.pk}), paths))

    statuses = [status for status, _wait in answers]
    assert sorted(statuses) == [202] * 5 + [429] * 3
    assert all(int(wait) > 0 for status, wait in answers if status == 429)
    assert TaskRun.objects.count() == 5
