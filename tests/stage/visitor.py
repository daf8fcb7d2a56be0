"""A client with an address of its own, which speaks TLS to nginx and remembers cookies."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.stage.parts import HOST

PAGE = {"Accept": "text/html"}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **PAGE}


class Answer(NamedTuple):
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    def __init__(self, port: int, authority: Path, address: str) -> None:
        self.port, self.address = port, address
        self.trust = ssl.create_default_context(cafile=str(authority))
        self.cookies: dict[str, str] = {}
        self.set: SimpleCookie = SimpleCookie()  # with their flags

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Over a connection of its own. Raises OSError or HTTPException where nothing is answered."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(self.address, 0))
        visit = http.client.HTTPConnection(HOST, timeout=60)
        visit.sock = self.trust.wrap_socket(raw, server_hostname=HOST)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Origin": f"https://{HOST}", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        try:
            visit.request(method, path, body, sent | ({"Cookie": cookies} if cookies else {}) | headers)
            with visit.getresponse() as answer:
                for line in answer.headers.get_all("Set-Cookie", []):
                    self.set.load(line)
                    self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
                return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            visit.close()

    def log_in(self, name: str, password: str, **headers: str) -> Answer:
        page = self.ask("GET", "/login/", **PAGE)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        return self.ask("POST", "/login/", urlencode(fields), **FORM, **headers)

    def log_out(self) -> None:
        self.ask("POST", "/logout/", "", **FORM)

    def press(self, email: int, token: int) -> Answer:
        return self.ask("POST", f"/email/{email}/reprocess", json.dumps({"service_token_id": token}), **JSON)
