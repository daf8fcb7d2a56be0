"""The deadline holds against servers that are slow in every way we know."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from django.test import override_settings

from mailai.ai.errors import AIError
from mailai.ai.fake import FakeOpenAI
from mailai.ai.schemas import BaseAnswer
from tests.ai.asking import asked
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("fake")
LIMIT = 0.8
MARGIN = 30  # a busy machine; what does not hold the deadline waits for ever


@pytest.mark.parametrize(
    "model",
    [
        "fake:silent",
        "fake:hang",
        "fake:comments",
        "fake:drip=0.1",
        "fake:drip_headers=0.02",
        "fake:latency=5",
        "fake:latency=0.45,no_schema",
        "fake:latency=0.45,invalid_once",
    ],
)
def test_it_is_over_at_the_deadline(fake: FakeOpenAI, model: str) -> None:
    started = time.monotonic()
    with pytest.raises(AIError) as failure:
        asked(model, BaseAnswer, LIMIT)
    took = time.monotonic() - started
    assert failure.value.code == "timeout"
    assert failure.value.detail == "no complete answer within 0.8 s"
    assert LIMIT - 0.01 <= took < LIMIT + MARGIN
    assert len(fake.requests) == (2 if "0.45" in model else 1)


def test_it_hangs_up_at_the_deadline(fake: FakeOpenAI) -> None:
    with pytest.raises(AIError):
        asked("fake:hang", None, 0.2)
    wait_until(lambda: fake.requests[0].disconnected)


def test_it_does_not_ask_when_the_deadline_has_passed(fake: FakeOpenAI) -> None:
    with pytest.raises(AIError) as failure:
        asked("fake", None, -1)
    assert failure.value.code == "timeout"
    assert not fake.requests


def test_it_counts_the_time_that_on_text_takes() -> None:
    pause = threading.Event()
    started = time.monotonic()
    with pytest.raises(AIError) as failure:
        asked("fake", None, LIMIT, on_text=lambda text: [pause.wait(0.2)].clear())
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < LIMIT + 0.2 + MARGIN


def test_it_does_not_wait_long_behind_a_whole_answer() -> None:
    started = time.monotonic()
    answer = asked("fake:linger", None, 600)
    assert isinstance(answer.content, str)
    assert 1.5 < time.monotonic() - started < MARGIN


def test_it_keeps_a_whole_answer_whose_stream_outlives_the_deadline() -> None:
    assert isinstance(asked("fake:linger", None, LIMIT).content, str)


def test_it_does_not_wait_for_a_slow_name_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answered.wait(MARGIN) and [])
    settings.MAILAI_BASE_URLS = {"openai": "http://slow.invalid/v1"}
    started = time.monotonic()
    with pytest.raises(AIError) as failure:
        asked("fake", None, LIMIT)
    answered.set()
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < LIMIT + MARGIN


def test_it_does_not_wait_for_a_server_that_never_reads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        started = time.monotonic()
        with pytest.raises(AIError) as failure:
            _ask_at(url, "x" * 20_000_000)
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < LIMIT + MARGIN


def test_it_does_not_wait_for_a_handshake_that_never_comes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        started = time.monotonic()
        with pytest.raises(AIError) as failure:
            _ask_at(f"https://127.0.0.1:{server.getsockname()[1]}/v1", "hello")
    assert failure.value.code == "timeout"
    assert time.monotonic() - started < LIMIT + MARGIN


def _ask_at(url: str, user: str) -> None:
    with override_settings(MAILAI_BASE_URLS={"openai": url}):
        asked("fake", None, LIMIT, user=user)
