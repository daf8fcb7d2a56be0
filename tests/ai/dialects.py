"""A server that answers with what a test wrote, byte by byte: the dialects of servers that nobody here wrote."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Scripted:
    """One answer. `status` 200 with a text is a stream unless `kind` says otherwise; `torn` leaves out its end."""

    body: bytes
    status: int = 200
    kind: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    torn: bool = False


@dataclass
class Dialect:
    """Answers in order, the last one again and again; `bodies` are the requests that came."""

    url: str
    answers: list[Scripted]
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, body: dict[str, Any]) -> Scripted:
        self.bodies.append(body)
        return self.answers[min(len(self.bodies), len(self.answers)) - 1]


@contextmanager
def speaking(*answers: Scripted) -> Iterator[Dialect]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            scripted = dialect.answer(body)
            self.send_response(scripted.status)
            for name, value in {"Content-Type": scripted.kind, **scripted.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(scripted.body) + scripted.torn))
            self.end_headers()
            self.wfile.write(scripted.body)
            self.close_connection = scripted.torn

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        dialect = Dialect(f"http://127.0.0.1:{server.server_address[1]}/v1", list(answers))
        yield dialect
        server.shutdown()
        thread.join()


def chunk(content: Any = None, finish: Any = None, **delta: Any) -> dict[str, Any]:
    said = ({} if content is None else {"content": content}) | delta
    return {"model": "m", "choices": [{"index": 0, "delta": said, "finish_reason": finish}]}


def stream(*chunks: Any, end: bytes = b"\n\n", done: bool = True) -> bytes:
    rows = [b"data: " + (each if isinstance(each, bytes) else json.dumps(each).encode()) for each in chunks]
    return b"".join(row + end for row in [*rows, *([b"data: [DONE]"] if done else [])])


def refusing(status: int, body: Any, **headers: str) -> Scripted:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Scripted(raw, status, "application/json", headers)
