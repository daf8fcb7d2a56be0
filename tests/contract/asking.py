"""The three presses, and the three ways to make them: as a program, as htmx, as a form without JavaScript."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from emails.models import Email


@dataclass(frozen=True)
class Press:
    kind: str
    route: str
    panel: str

    def path(self, email: Email | int) -> str:
        return self.route.format(email if isinstance(email, int) else email.pk)


BASE = Press("base", "/email/{}/reprocess", "panel-base")
OPTIMIZE = Press("optimize", "/email/{}/optimize", "panel-optimize")
REPLY = Press("reply", "/emails/{}/generate-reply", "panel-reply")
PRESSES = (BASE, OPTIMIZE, REPLY)

HTMX = {"HX-Request": "true", "Accept": "*/*"}
PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


def as_json(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    """POST a JSON body; a str or bytes is sent as it is."""
    data = body if isinstance(body, str | bytes) else json.dumps({} if body is None else body)
    return client.post(path, data, content_type="application/json", headers=headers)


def as_htmx(client: Client, path: str, body: dict[str, Any] | None = None, target: str = "") -> Any:
    headers = HTMX | ({"HX-Target": target} if target else {})
    return client.post(path, body or {}, headers=headers)


def as_form(client: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(path, body or {}, headers=PAGE)


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which has exactly the keys `error` and `code`."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) == {"error", "code"}
    assert body["code"] == code
    assert body["error"]
    return body


def not_stored(response: Any) -> None:
    assert "no-store" in response["Cache-Control"]
    assert "HX-Request" in response["Vary"]
