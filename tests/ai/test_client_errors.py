"""What goes wrong between us and a vendor: codes, waits, and no word of the vendor's."""

from __future__ import annotations

import gzip
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailai.ai.errors import AIError
from mailai.ai.fake import FakeOpenAI
from mailai.ai.vendor_errors import retry_after
from tests.ai.asking import KEY, asked

pytestmark = pytest.mark.usefixtures("fake")


def failure_of(model: str = "fake", **kwargs: Any) -> AIError:
    with pytest.raises(AIError) as failure:
        asked(model, None, **kwargs)
    return failure.value


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "auth"),
        (402, "quota"),
        (403, "auth"),
        (404, "model_missing"),
        (405, "bad_request"),
        (408, "timeout"),
        (409, "overloaded"),
        (413, "too_long"),
        (422, "bad_request"),
        (429, "rate_limited"),
        (500, "overloaded"),
        (502, "overloaded"),
        (503, "overloaded"),
        (504, "overloaded"),
        (529, "overloaded"),
        (302, "unreachable"),
        (204, "unreachable"),
    ],
)
def test_it_maps_a_status_to_a_code(status: int, code: str) -> None:
    failure = failure_of(f"fake:status={status}")
    assert failure.code == code
    assert str(status) in failure.detail or status == 204


def test_it_asks_once_where_asking_differently_cannot_help(fake: FakeOpenAI) -> None:
    for model in (
        "fake:status=401",
        "fake:status=404",
        "fake:status=429",
        "fake:status=503",
        "fake:too_long",
    ):
        fake.reset()
        failure_of(model)
        assert len(fake.requests) == 1, model


def test_it_tells_quota_from_rate_limit_and_length_from_other_bad_requests() -> None:
    assert failure_of("fake:quota").code == "quota"
    failure = failure_of("fake:too_long")
    assert failure.code == "too_long"
    assert "too long" in failure.detail


@pytest.mark.parametrize("status", [429, 503])
def test_it_reads_retry_after_as_seconds_and_as_a_date(status: int) -> None:
    assert failure_of(f"fake:status={status},retry_after=7").retry_after == 7
    wait = failure_of(f"fake:status={status},retry_date=30").retry_after
    assert wait is not None
    assert 25 < wait <= 30
    assert failure_of(f"fake:status={status}").retry_after is None
    assert failure_of(f"fake:status={status},retry_after=9999999").retry_after == 24 * 3600


def test_it_does_not_follow_a_redirect(fake: FakeOpenAI) -> None:
    failure = failure_of("fake:redirect")
    assert failure.code == "unreachable"
    assert failure.detail.startswith("HTTP 307")
    assert [seen.path for seen in fake.requests] == ["/v1/chat/completions"]


def test_it_never_repeats_the_key() -> None:
    failure = failure_of("fake:echo_key")
    assert failure.code == "auth"
    assert failure.__context__ is None
    assert failure.__cause__ is None
    told = "".join(traceback.format_exception(failure)) + repr(failure) + failure.detail
    assert KEY not in told
    assert "Incorrect" not in told


@pytest.mark.parametrize("key", ["sk-ключ-ключ-ключ", "sk-a\nX-Injected: 1", "sk a"])
def test_it_refuses_a_key_that_cannot_be_sent(fake: FakeOpenAI, key: str) -> None:
    failure = failure_of(key=key)
    assert failure.code == "auth"
    assert key not in str(failure)
    assert not fake.requests


def test_it_refuses_to_ask_without_a_needed_key_or_a_known_provider(fake: FakeOpenAI) -> None:
    assert failure_of(key="  ").code == "auth"
    assert failure_of(provider="gone").code == "bad_request"
    assert not fake.requests


def test_it_is_unreachable_when_nobody_listens(settings: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{unused.getsockname()[1]}/v1"}
        failure = failure_of()
    assert failure.code == "unreachable"
    assert failure.detail == "ConnectionRefusedError"


def test_it_is_unreachable_when_the_name_is_unknown(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.MAILAI_BASE_URLS = {"openai": "http://nowhere.invalid/v1"}
    failure = failure_of()
    assert failure.code == "unreachable"
    assert failure.detail == "gaierror"


def test_it_is_unreachable_when_tls_fails(settings: Any) -> None:
    with serving(lambda peer: peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"https://127.0.0.1:{port}/v1"}
        failure = failure_of()
    assert failure.code == "unreachable"
    assert failure.detail == "SSLError"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n\r\ndata: [" + b"[" * 100_000 + b"\n\n",
        b'HTTP/1.1 200 OK\r\n\r\ndata: {"choices": {"delta": 3}, "usage": [], "model": 4}\n\n',
        b'HTTP/1.1 200 OK\r\n\r\ndata: "words"\n\ndata: [1]\n\ndata: null\n\n',
        b'HTTP/1.1 200 OK\r\n\r\ndata: {"choices": [{"delta": {"content": 5}}]}\n\n',
        b'HTTP/1.1 200 OK\r\n\r\ndata: {"choices": [7, null]}\n\n',
        b'HTTP/1.1 200 OK\r\n\r\ndata: {"error": "sorry"}\n\n',
    ],
)
def test_it_survives_strange_answers(settings: Any, answer: bytes) -> None:
    with serving(lambda peer: peer.sendall(answer)) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{port}/v1"}
        failure = failure_of()
    assert failure.code in ("unreachable", "overloaded")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ('{"code": "insufficient_quota"}', "quota"),
        ('{"code": 429}', "rate_limited"),
        ('{"code": "502"}', "overloaded"),
        ('{"type": "overloaded_error"}', "overloaded"),
        ('{"type": "rate_limit_error"}', "rate_limited"),
        ('{"code": "content_filter"}', "refused"),
    ],
)
def test_it_maps_an_error_inside_the_stream(settings: Any, error: str, code: str) -> None:
    body = f'HTTP/1.1 200 OK\r\n\r\ndata: {{"error": {error}}}\n\n'
    with serving(lambda peer: peer.sendall(body.encode())) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{port}/v1"}
        assert failure_of().code == code


def test_it_unpacks_nothing_that_it_did_not_ask_for(settings: Any) -> None:
    frame = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n'
    head = b"HTTP/1.1 200 OK\r\n"
    with serving(lambda peer: peer.sendall(head + b"\r\n" + frame)) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{port}/v1"}
        assert asked("fake", None).content == "Hi"
    packed = head + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(frame)
    with serving(lambda peer: peer.sendall(packed)) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{port}/v1"}
        assert failure_of().code == "unreachable"


def test_it_stops_reading_an_endless_line(settings: Any) -> None:
    def flood(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\ndata: ")
        while True:
            peer.sendall(b"x" * 1_000_000)

    with serving(flood) as port:
        settings.MAILAI_BASE_URLS = {"openai": f"http://127.0.0.1:{port}/v1"}
        assert failure_of().code == "unreachable"


def hear_out(peer: socket.socket) -> None:
    """All of a request: who hangs up on what it has not read takes its own answer back."""
    if peer.recv(1, socket.MSG_PEEK) == b"\x16":  # the beginning of TLS
        peer.recv(65536)
        return
    with peer.makefile("rb") as said:
        length = 0
        while line := said.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        said.read(length)


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server that reads one request, says what `answer` says and hangs up; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                peer, _ = server.accept()
                with peer:
                    hear_out(peer)
                    answer(peer)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)
        assert not thread.is_alive()


def test_a_date_to_wait_for_is_by_the_clock_that_named_it() -> None:
    wanted = {"retry-after": "Wed, 01 Jan 2031 00:02:00 GMT"}

    assert retry_after(wanted | {"date": "Wed, 01 Jan 2031 00:00:30 GMT"}) == 90
    assert retry_after(wanted | {"date": "Wed, 01 Jan 2031 00:03:00 GMT"}) is None
    assert retry_after(wanted | {"date": "yesterday"}) == 24 * 3600
