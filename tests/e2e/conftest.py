"""A browser against the real thing: a web server, a worker and a fake provider, all on the test database.

Everybody here is a user of their own with mail of their own, so nothing is cleared between tests.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

from emails.models import Email
from mailai.ai.fake import FakeOpenAI
from mailai.ai.models import ServiceToken
from tests.e2e import axe, nu
from tests.e2e.site import Site, serve
from tests.factories import make_email, make_user
from tests.smtp_server import smtp_server

numbers = itertools.count(1)
expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("THE BROWSER TESTS DID NOT RUN: there is no chromium. Install it: apt-get install chromium")
    missing = [str(tool) for tool in (axe.SOURCE, nu.JAR, "java") if not shutil.which(tool, os.F_OK)]
    if missing:
        pytest.fail(f"{', '.join(missing)} missing, which check the pages. Run sh .ci/setup browser")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments.append("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Playwright:
    # Its event loop stays in this thread until the session ends, but calls nothing of ours.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return playwright


@pytest.fixture(scope="session")
def browser(launch_browser: Callable[[], Browser]) -> Iterator[Browser]:
    """pytest-playwright's own, which the client of the same name in the other tests would hide."""
    browser = launch_browser()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config, delete_output_dir: None) -> Path:
    """Where screenshots and logs are left to be looked at."""
    folder = Path(pytestconfig.getoption("--output")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="package")
def site(browser: Browser, results: Path, django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    log, answers = results / "processes.log", results / "answers"
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        name = connection.settings_dict["NAME"]
        assert name.startswith("test_"), f"{name} is not a test database, and would be cleared"
        stack.callback(call_command, "flush", verbosity=0, interactive=False)
        smtp = stack.enter_context(smtp_server(results))
        site = stack.enter_context(serve(stack.enter_context(FakeOpenAI()), smtp, log, answers))
        yield site
    assert "Traceback" not in log.read_text(), log.read_text()
    assert nu.complaints(answers) == []


@pytest.fixture(autouse=True)
def transactional_db(site: Site) -> None:
    """Committed, because other processes must see it, and kept: pytest-django's own would clear all between tests.

    It keeps this name because pytest-django makes a test database only for tests that ask for it by name.
    """


@pytest.fixture
def person() -> User:
    return make_user(f"alex-{next(numbers)}", first_name="Alex", last_name="Kranich")


@pytest.fixture
def letter(person: User) -> Email:
    return make_email(person)


@pytest.fixture
def rules(person: User) -> ServiceToken:
    """The person's token for the built-in rules, which every new user has."""
    return ServiceToken.objects.ensure_local(person)


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains of: script errors, CSP violations, failed loads. Who expects some clears it."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def enter(
    site: Site, new_context: Callable[..., BrowserContext], complaints: list[str]
) -> Callable[..., BrowserContext]:
    """A browser context of its own on the site; with a user, it is logged in as them."""

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def enter(user: User | None = None, **options: Any) -> BrowserContext:
        context = new_context(**({"base_url": site.url, "locale": "en-GB"} | options))
        context.set_default_timeout(15_000)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        if user is not None:
            client = Client()
            client.force_login(user)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": site.url}])
        return context

    return enter


@pytest.fixture
def context(enter: Callable[..., BrowserContext], person: User) -> BrowserContext:
    return enter(person)


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
