"""The fake's HTTP side: POST /v1/chat/completions, GET /v1/models; what it saw: GET /requests and /stats."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from mailai.ai.fake.behaviour import Behaviour, behaviour_of
from mailai.ai.fake.completion import Completion, Gone, Line

SECRET_HEADERS = ("authorization", "api-key", "x-api-key", "cookie", "proxy-authorization")
LARGEST_BODY = 64 * 1024 * 1024


@dataclass
class Seen:
    """A request as it arrived. `disconnected`: the client left before the answer was whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    disconnected: bool = False


class FakeOpenAI:
    """The server, in a thread of its own between `with FakeOpenAI() as fake` and its end.

    `fake.url` is the base URL for a client, `fake.requests` the last `keep` requests, oldest first.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, default: Behaviour | None = None, keep: int = 200
    ) -> None:
        self.default = default or Behaviour()
        self.requests: deque[Seen] = deque(maxlen=keep)
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._asked: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._server = _Server((host, port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.stop()

    def note(self, seen: Seen) -> None:
        with self._lock:
            self.requests.append(seen)
            self._counts[f"{seen.method} {seen.path}"] += 1

    def ask_count(self, model: str) -> int:
        """How often `model` was asked for, this time included."""
        with self._lock:
            self._asked[model] += 1
            return self._asked[model]

    def stats(self) -> dict[str, Any]:
        with self._lock:
            return {"requests": sum(self._counts.values()), "paths": self._counts, "models": self._asked}

    def reset(self) -> None:
        with self._lock:
            self.requests.clear()
            self._asked.clear()
            self._counts.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: FakeOpenAI

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is the normal case here, not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        fake = self.server.fake
        pages: dict[str, Callable[[], Any]] = {
            "/requests": lambda: [asdict(seen) for seen in list(fake.requests)],
            "/stats": fake.stats,
            "/v1/models": lambda: {"object": "list", "data": [_model("fake"), _model("fake:latency=2")]},
        }
        if self.path == "/v1/models":
            fake.note(self._seen(None))
        if self.path in pages:
            self._json(200, pages[self.path]())
        else:
            self._json(404, {"error": {"message": "no such path", "code": "not_found"}})

    def do_DELETE(self) -> None:
        if self.path == "/requests":
            self.server.fake.reset()
            self._json(200, {})
        else:
            self._json(404, {"error": {"message": "no such path", "code": "not_found"}})

    def do_POST(self) -> None:
        fake = self.server.fake
        raw = self.rfile.read(min(int(self.headers.get("content-length") or 0), LARGEST_BODY))
        try:
            body = json.loads(raw)
            model = str(body["model"])
            behaviour = behaviour_of(model, fake.default)
        except (ValueError, KeyError, TypeError) as error:
            fake.note(self._seen(None))
            self._json(400, {"error": {"message": f"bad request: {error}", "code": "invalid_request"}})
            return
        seen = self._seen(body)
        fake.note(seen)
        if self.path not in ("/v1/chat/completions", "/elsewhere/chat/completions"):
            self._json(404, {"error": {"message": "no such path", "code": "not_found"}})
            return
        line = Line(self.connection, self.wfile, fake.stopping)
        try:
            Completion(
                line, body, behaviour, fake.ask_count(model), self.headers.get("authorization", "")
            ).send()
        except (Gone, OSError):
            seen.disconnected = not fake.stopping.is_set()
            line.keep_alive = False
        self.close_connection = not line.keep_alive

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what came in is read at /requests."""

    def _seen(self, body: Any) -> Seen:
        headers = {name.lower(): value for name, value in self.headers.items()}
        for name in SECRET_HEADERS:
            if name in headers:
                headers[name] = _masked(headers[name])
        return Seen(self.command, self.path, headers, body)

    def _json(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _masked(value: str) -> str:
    """The last four characters, if enough others are hidden."""
    return f"…{value[-4:]}" if len(value) >= 12 else "…"


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": int(time.time()), "owned_by": "mailai"}
