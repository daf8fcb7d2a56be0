"""One chat completion of the fake, as its behaviour wants it, written byte by byte to the client."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Protocol

from mailai.ai.fake.behaviour import Behaviour
from mailai.ai.fake.content import answer_to, invalid_answer, loose_answer, obedient_answer, prompt_of

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Transfer-Encoding": "chunked"}


class Out(Protocol):
    def write(self, data: bytes, /) -> object: ...

    def flush(self) -> object: ...


class Gone(Exception):
    """The client left, or the server stops."""


class Line:
    """The connection to the client, with waits that end when it leaves."""

    def __init__(self, connection: socket.socket, out: Out, stopping: threading.Event) -> None:
        self._connection = connection
        self._out = out
        self._stopping = stopping
        self.keep_alive = True

    def write(self, data: bytes) -> None:
        self._out.write(data)
        self._out.flush()

    def wait(self, seconds: float = float("inf")) -> None:
        """Wait so long, by default for ever; raises Gone as soon as nobody waits for the answer any more."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            readable, _, _ = select.select([self._connection], [], [], min(left, 0.05))
            if self._stopping.is_set() or (readable and not self._connection.recv(1, socket.MSG_PEEK)):
                raise Gone


class Completion:
    """An answer to `request`, the `nth` one to its model."""

    def __init__(
        self, line: Line, request: Mapping[str, Any], behaviour: Behaviour, nth: int, authorization: str
    ) -> None:
        self._line = line
        self._request = request
        self._behaviour = behaviour
        self._nth = nth
        self._authorization = authorization

    def send(self) -> None:
        behaviour = self._behaviour
        self._line.wait(behaviour.latency)
        if behaviour.silent:
            self._line.wait()
        refusal = self._refusal()
        if behaviour.drip_headers:
            self._drip_headers()
        elif behaviour.redirect:
            self._head(307, {"Location": "/elsewhere/chat/completions", "Content-Length": "0"})
        elif refusal is not None:
            self._send_json(*refusal)
        elif behaviour.html:
            self._send_body(200, "text/html", b"<!doctype html><title>Welcome</title><p>Log in, please.")
        elif self._request.get("stream"):
            self._stream()
        else:
            self._send_json(200, self._whole())

    def _refusal(self) -> tuple[int, dict[str, Any]] | None:
        """HTTP status and error object, if this request is not to be answered."""
        behaviour = self._behaviour
        form = self._request.get("response_format")
        kind = form.get("type") if isinstance(form, Mapping) else None
        if behaviour.status:
            return behaviour.status, _error("as you asked", f"status_{behaviour.status}")
        if behaviour.fail_first >= self._nth:
            return 503, _error("not yet", "server_error")
        if behaviour.quota:
            return 429, _error("You exceeded your current quota.", "insufficient_quota")
        if behaviour.too_long:
            return 400, _error("This model's maximum context length is 1 token.", "context_length_exceeded")
        if behaviour.echo_key:
            return 401, _error(f"Incorrect API key provided: {self._authorization}", "invalid_api_key")
        if kind is not None and (behaviour.no_json or (behaviour.no_schema and kind == "json_schema")):
            return 400, _error(f"response_format {kind} is not supported", "unsupported_value")
        if behaviour.no_usage and "stream_options" in self._request:
            return 422, _error("extra input: stream_options", "extra_forbidden")
        return None

    def _stream(self) -> None:
        behaviour = self._behaviour
        self._head(200, STREAM_HEADERS)
        if behaviour.hang:
            self._line.wait()
        while behaviour.comments:
            self._line.wait(max(behaviour.drip, 0.02))
            self._chunk(b": still thinking\n\n")
        if behaviour.cut:
            self._event(self._delta({"content": "The beginn"}))
            self._line.keep_alive = False
            return
        for event in self._events():
            self._line.wait(behaviour.drip)
            self._event(event)
        if behaviour.linger:
            self._line.wait()
        if not behaviour.torn:
            self._chunk(b"data: [DONE]\n\n")
        self._line.write(b"0\r\n\r\n")

    def _events(self) -> Iterator[Mapping[str, Any] | bytes]:
        behaviour, text = self._behaviour, self._text()
        size = max(8, len(text) // 20)
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        yield self._delta({"role": "assistant", "content": ""})
        while behaviour.endless:
            yield self._delta({"content": "".join(f"and so on, {number} " for number in range(700))})
        if behaviour.torn:
            pieces = pieces[: len(pieces) // 2]
        for piece in pieces:
            yield self._delta({"content": piece})
        if behaviour.error:
            yield _error("the engine stopped", "server_error")
        elif behaviour.junk:
            yield b"\xff\xfe{not json"
        elif not behaviour.torn:
            yield self._delta({}, self._finish())
            options = self._request.get("stream_options")
            if isinstance(options, Mapping) and options.get("include_usage"):
                yield self._frame("chat.completion.chunk", [], self._usage(text))

    def _whole(self) -> Mapping[str, Any]:
        text = self._text()
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": self._finish()}
        return self._frame("chat.completion", [choice], self._usage(text))

    def _text(self) -> str:
        behaviour = self._behaviour
        repaired = any(message.get("role") == "assistant" for message in self._request.get("messages", []))
        if behaviour.empty:
            return ""
        if behaviour.garbage:
            return "I would rather talk about the weather, which is lovely."
        if behaviour.invalid or (behaviour.invalid_once and not repaired):
            return invalid_answer(self._request)
        if behaviour.loose:
            return loose_answer(self._request)
        if behaviour.obedient:
            return obedient_answer(self._request)
        if behaviour.fenced:
            thought = "<think>What could {they} want?</think>\n"
            return f"{thought}Here it is:\n```json\n{answer_to(self._request)}\n```\nAnything else?"
        return answer_to(self._request)

    def _finish(self) -> str:
        if self._behaviour.length:
            return "length"
        return "content_filter" if self._behaviour.filter else "stop"

    def _usage(self, text: str) -> dict[str, int]:
        asked, answered = len(prompt_of(self._request)) // 4, len(text) // 4
        return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}

    def _delta(self, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        return self._frame(
            "chat.completion.chunk", [{"index": 0, "delta": delta, "finish_reason": finish}], None
        )

    def _frame(self, kind: str, choices: list[Any], usage: Mapping[str, int] | None) -> dict[str, Any]:
        frame = {"id": f"chatcmpl-{self._nth}", "object": kind, "created": int(time.time())}
        return frame | {"model": self._request["model"], "choices": choices, "usage": usage}

    def _drip_headers(self) -> None:
        self._line.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            self._line.wait(self._behaviour.drip_headers)
            self._line.write(b"X-Still: here\r\n")

    def _event(self, event: Mapping[str, Any] | bytes) -> None:
        self._chunk(b"data: " + (event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self._line.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _send_json(self, status: int, value: Mapping[str, Any]) -> None:
        self._send_body(status, "application/json", json.dumps(value).encode())

    def _send_body(self, status: int, kind: str, body: bytes) -> None:
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(body))})
        self._line.write(body)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(ValueError):
            status = HTTPStatus(status)
        phrase = status.phrase if isinstance(status, HTTPStatus) else "Unnamed"
        lines = [f"HTTP/1.1 {int(status)} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        if self._behaviour.retry_after:
            lines.append(f"Retry-After: {self._behaviour.retry_after:g}")
        if self._behaviour.retry_date:
            lines.append(f"Retry-After: {formatdate(time.time() + self._behaviour.retry_date, usegmt=True)}")
        self._line.write("\r\n".join([*lines, "", ""]).encode())


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "fake_error", "code": code, "param": None}}
