"""What a browser loads besides a page, as production serves it: compressed, kept for ever, and little."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_account, make_draft, make_email, make_sending
from tests.processes import Processes, Visitor, wait_until, web

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 100_000  # bytes of CSS and JavaScript together
LOADED = re.compile(r"<link rel=\"stylesheet\" href=\"([^\"]+)\"|<script[^>]* src=\"([^\"]+)\"")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """gunicorn as it runs in production, behind a proxy that ends TLS."""
    env = {
        "MAILAI_PRODUCTION": "1",
        "MAILAI_TRUSTED_PROXIES": "1",
        "DJANGO_SETTINGS_MODULE": "tests.production",
        "MAILAI_TEST_STATIC": str(tmp_path / "static"),
        "WEB_CONCURRENCY": "1",
    }
    log = tmp_path / "log"
    collecting = Processes(["manage.py", "collectstatic", "--noinput"], log, env)
    assert collecting.popen.wait(60) == 0, log.read_text()
    with web(log, **env) as url:
        yield url


def pages(patterns: list[Any], start: str = "/") -> Iterator[tuple[str, str]]:
    """Every address of ours, as a name and a pattern."""
    for pattern in patterns:
        path = start + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not path.startswith("/admin"):
            yield from pages(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name), path


def test_no_page_loads_more_than_it_may(site: str, user: User) -> None:
    email = make_email(user)
    known = {
        "<int:email_id>": email.pk,
        "<int:account_id>": make_account(user).pk,
        "<uuid:sending_id>": make_sending(make_draft(email)).pk,
    }
    visitor = Visitor(site, user)
    https = {"X-Forwarded-Proto": "https", "Accept": "text/html"}
    wait_until(lambda: visitor.ask("GET", "/", **https)[0] == 200)
    loads: dict[str, set[str]] = {}
    for name, path in pages(get_resolver().url_patterns):
        for part, value in known.items():
            path = path.replace(part, str(value))
        if "<" not in path and name not in ("logout", "None"):
            status, body = visitor.ask("GET", path, **https)
            if status == 200 and body.lstrip().startswith(b"<!doctype"):
                loads[name] = {link or script for link, script in LOADED.findall(body.decode())}
    sizes = {path: size_of(site + path) for paths in loads.values() for path in paths}

    assert {"inbox", "email", "accounts", "account-edit", "sending", "figures", "activity"} <= set(loads)
    assert all(len(paths) > 3 for name, paths in loads.items() if name != "email-frame"), loads
    whole = {name: sum(sizes[path] for path in paths) for name, paths in loads.items()}
    assert max(whole.values()) <= MOST, whole


def size_of(url: str) -> int:
    """Bytes of a style sheet or script on the wire. It loads nothing more itself, and is never asked for again."""
    asked = Request(url, headers={"Accept-Encoding": "gzip", "X-Forwarded-Proto": "https"})
    with urlopen(asked) as answer:
        headers, body = answer.headers, answer.read()
    assert headers["Content-Encoding"] == "gzip", url
    assert "immutable" in headers["Cache-Control"], url
    assert not re.search(r"@import|\bimport\b", gzip.decompress(body).decode()), url
    return len(body)
