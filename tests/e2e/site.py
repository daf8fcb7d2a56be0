"""An installation to look at with a browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from mailai.ai.fake import FakeOpenAI
from tests.e2e.answers import FOLDER
from tests.processes import web, worker
from tests.smtp_server import SmtpServer


@dataclass(frozen=True)
class Site:
    url: str
    fake: FakeOpenAI
    """Whom every OpenAI token asks; a token's model says how it behaves."""
    smtp: SmtpServer
    """Whom every account sends by."""


@contextmanager
def serve(fake: FakeOpenAI, smtp: SmtpServer, log: Path, answers: Path) -> Iterator[Site]:
    """A web server and a worker on the tests' database; what they say goes to `log`, what is shown to `answers`."""
    keeping = {"DJANGO_SETTINGS_MODULE": "tests.e2e.settings", FOLDER: str(answers)}
    environment = {
        "MAILAI_OPENAI_BASE_URL": fake.url,
        "MAILAI_TOKEN_BASE_URL_PROVIDERS": "",
        "MAILAI_WORKERS": "3",
        "MAILAI_AUTHSERV_IDS": "mx.example.org",
        "WEB_CONCURRENCY": "1",
        "LOG_LEVEL": "WARNING",
        "MAILAI_MAIL_PRIVATE_HOSTS": "127.0.0.0/8",
        "MAILAI_MAIL_PORTS": str(smtp.tls_port),
        "MAILAI_MAIL_CA_FILE": str(smtp.authority.file),
        "MAILAI_UNDO_SECONDS": "4",
    }
    with web(log, **environment, **keeping) as url, worker(log, **environment):
        yield Site(url, fake, smtp)


def wait_for(page: Page, condition: Callable[[], object], seconds: float = 10) -> None:
    """Until the condition holds, for what a page does not show; the page's own events go on meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        page.wait_for_timeout(50)


def confirm(page: Page, yes: bool = True) -> None:
    """Answer what a page asks before it goes on."""
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.locator("[value=yes]" if yes else "[value=no]").click()
    expect(dialog).to_be_hidden()
