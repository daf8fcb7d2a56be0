"""Asking a model: whole answers, structured ones, fall-backs and the repair."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from mailai.ai.client import ask
from mailai.ai.errors import AIError
from mailai.ai.fake import FakeOpenAI
from mailai.ai.question import Credential
from mailai.ai.reply import MAX_CHARACTERS
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer
from mailai.ai.transport import SILENCE
from tests.ai.asking import KEY, asked, question
from tests.processes import wait_until

pytestmark = pytest.mark.usefixtures("fake")


def test_it_returns_a_valid_analysis_with_model_and_tokens() -> None:
    answer = asked("fake")
    assert isinstance(answer.content, BaseAnswer)
    assert "Budget 2031" in answer.content.summary
    assert [str(deadline.date) for deadline in answer.content.deadlines] == ["2031-04-02"]
    assert answer.model == "fake"
    assert answer.input_tokens is not None
    assert answer.input_tokens > 10
    assert answer.output_tokens is not None
    assert answer.output_tokens > 50


def test_it_returns_suggestions_for_the_optimize_schema() -> None:
    answer = asked("fake", OptimizeAnswer)
    assert isinstance(answer.content, OptimizeAnswer)
    assert answer.content.suggestions


def test_it_returns_plain_text_and_streams_the_same_text() -> None:
    pieces: list[str] = []
    answer = asked("fake", None, on_text=pieces.append)
    assert isinstance(answer.content, str)
    assert answer.content.startswith("Hello Ada")
    assert len(pieces) > 5
    assert "".join(pieces) == answer.content


def test_it_sends_a_minimal_strict_request(fake: FakeOpenAI) -> None:
    asked("fake")
    (seen,) = fake.requests
    assert set(seen.body) == {
        *("model", "messages", "stream", "stream_options", "response_format", "max_completion_tokens")
    }
    form = seen.body["response_format"]["json_schema"]
    assert form["strict"] is True
    assert form["schema"]["required"] == list(BaseAnswer.model_fields)
    assert form["schema"]["additionalProperties"] is False
    assert not {"maxLength", "minLength", "maximum", "maxItems", "pattern", "default"} & _keys(form["schema"])
    assert "maxLength 600" in form["schema"]["properties"]["summary"]["description"]


def test_it_sends_the_key_and_no_trace_of_the_machine(
    fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-someone-else")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone-else")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Extra: 1\nAuthorization: Bearer sk-of-someone-else")
    asked("fake")
    headers = fake.requests[0].headers
    assert headers["authorization"] == f"…{KEY[-4:]}"
    assert set(headers) == {
        *("host", "accept", "accept-encoding", "authorization"),
        *("content-type", "content-length", "user-agent"),
    }


def test_it_sends_no_authorization_without_a_key(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone-else")
    asked("fake", provider="ollama", key="")
    assert "authorization" not in fake.requests[0].headers


def test_it_ignores_proxy_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert isinstance(asked("fake").content, BaseAnswer)


@pytest.mark.parametrize(
    ("model", "forms"),
    [
        ("fake:no_schema", ["json_schema", "json_object"]),
        ("fake:no_json", ["json_schema", "json_object", None]),
    ],
)
def test_it_steps_down_from_a_refused_response_format_and_remembers(
    fake: FakeOpenAI, model: str, forms: list[str | None]
) -> None:
    assert isinstance(asked(model).content, BaseAnswer)
    assert [_form(seen.body) for seen in fake.requests] == forms
    assert "JSON schema" in fake.requests[-1].body["messages"][0]["content"]
    fake.reset()
    asked(model)
    assert [_form(seen.body) for seen in fake.requests] == forms[-1:]


def test_it_does_without_token_counts_where_stream_options_are_refused(fake: FakeOpenAI) -> None:
    answer = asked("fake:no_usage", None)
    assert answer.input_tokens is None
    assert answer.output_tokens is None
    assert ["stream_options" in seen.body for seen in fake.requests] == [True, False]
    assert isinstance(asked("fake:no_usage,no_json").content, BaseAnswer)


def test_it_sends_no_response_format_to_a_provider_that_ignores_it(fake: FakeOpenAI) -> None:
    assert isinstance(asked("fake", provider="anthropic").content, BaseAnswer)
    assert _form(fake.requests[0].body) is None
    assert "JSON schema" in fake.requests[0].body["messages"][0]["content"]


def test_it_finds_the_json_between_thinking_fences_and_chatter() -> None:
    assert isinstance(asked("fake:fenced").content, BaseAnswer)


def test_it_repairs_an_invalid_answer_once_and_counts_the_tokens_of_both(fake: FakeOpenAI) -> None:
    answer = asked("fake:invalid_once")
    assert isinstance(answer.content, BaseAnswer)
    assert len(fake.requests) == 2
    asking = fake.requests[1].body["messages"]
    assert [message["role"] for message in asking] == ["system", "user", "assistant", "user"]
    assert json.loads(asking[2]["content"])["urgency"] == 7
    assert "urgency" in asking[3]["content"]
    assert "category" in asking[3]["content"]
    first = len("".join(message["content"] for message in asking[:2])) // 4
    assert answer.input_tokens is not None
    assert answer.input_tokens > 2 * first


@pytest.mark.parametrize(
    ("model", "detail"),
    [("fake:invalid", "invalid: urgency, category"), ("fake:garbage", "no JSON object")],
)
def test_it_gives_up_after_one_repair(fake: FakeOpenAI, model: str, detail: str) -> None:
    with pytest.raises(AIError) as failure:
        asked(model)
    assert failure.value.code == "invalid_output"
    assert failure.value.detail == detail
    assert len(fake.requests) == 2


@pytest.mark.parametrize("schema", [None, BaseAnswer])
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("fake:torn", "unreachable"),
        ("fake:cut", "unreachable"),
        ("fake:junk", "unreachable"),
        ("fake:html", "unreachable"),
        ("fake:length", "truncated"),
        ("fake:filter", "refused"),
        ("fake:empty", "invalid_output"),
        ("fake:endless", "invalid_output"),
        ("fake:error", "overloaded"),
    ],
)
def test_it_takes_only_a_whole_answer_for_an_answer(model: str, code: str, schema: Any) -> None:
    with pytest.raises(AIError) as failure:
        asked(model, schema)
    assert failure.value.code == code


def test_it_stops_reading_an_endless_answer() -> None:
    pieces: list[str] = []
    with pytest.raises(AIError):
        asked("fake:endless", None, on_text=pieces.append)
    assert MAX_CHARACTERS * 0.9 < sum(map(len, pieces)) <= MAX_CHARACTERS


def test_it_lets_an_exception_of_on_text_through_and_hangs_up(fake: FakeOpenAI) -> None:
    class Cancelled(Exception):
        pass

    cancelled = Cancelled("by the user")

    def cancel(text: str) -> None:
        raise cancelled

    with pytest.raises(Cancelled) as raised:
        asked("fake:drip=0.05", None, on_text=cancel)
    assert raised.value is cancelled
    assert raised.value.__context__ is None
    wait_until(lambda: fake.requests[0].disconnected)


@pytest.mark.parametrize("model", ["fake:silent", "fake:hang"])
def test_it_lets_an_exception_of_on_silence_through_and_hangs_up(model: str, fake: FakeOpenAI) -> None:
    class Cancelled(Exception):
        pass

    cancelled, looks = Cancelled("by the user"), 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled) as raised:
        ask(question(None), Credential("openai", model, KEY), began + 30, lambda text: None, look)
    assert raised.value is cancelled
    assert time.monotonic() - began > 1.9 * SILENCE
    wait_until(lambda: fake.requests[0].disconnected)


def test_it_cleans_what_postgres_would_refuse() -> None:
    subject = "Nul\0 and half \ud83d pair"
    answer = asked("fake", user=f"From: Ada\nSubject: {subject}\n\nHello")
    assert isinstance(answer.content, BaseAnswer)
    answer.content.summary.encode()
    assert "\0" not in answer.content.summary
    assert "Nul and half" in answer.content.summary


def test_it_asks_the_server_a_token_names_only_where_the_operator_allows_it(
    fake: FakeOpenAI, settings: Any
) -> None:
    settings.MAILAI_BASE_URLS = {"openai": "http://127.0.0.1:9/v1"}
    with pytest.raises(AIError) as failure:
        asked("fake", base_url=fake.url)
    assert failure.value.code == "bad_request"
    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = ["openai"]
    with pytest.raises(AIError) as failure:
        asked("fake", base_url=fake.url)
    assert (failure.value.code, len(fake.requests)) == ("server_address", 0)
    settings.MAILAI_TOKEN_PRIVATE_HOSTS = ["127.0.0.0/8"]
    assert isinstance(asked("fake", base_url=fake.url).content, BaseAnswer)


def test_a_name_that_leads_inside_is_refused_and_looked_up_once(
    fake: FakeOpenAI, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, looked_up = urlsplit(fake.url).port, []
    answers = [["8.8.8.8", "127.0.0.1"], ["127.0.0.1"]]  # as a name server may say that has both in mind

    def getaddrinfo(host: str, *_args: Any, **_options: Any) -> list[Any]:
        if host == "model.example":
            looked_up.append(host)
        addresses = answers.pop(0) if host == "model.example" else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = ["openai"]
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(AIError) as failure:
        asked("fake", base_url=f"http://model.example:{port}/v1")

    assert (failure.value.code, len(fake.requests), looked_up) == ("server_address", 0, ["model.example"])
    settings.MAILAI_TOKEN_PRIVATE_HOSTS = ["model.example"]
    assert isinstance(asked("fake", base_url=f"http://model.example:{port}/v1").content, BaseAnswer)
    assert looked_up == ["model.example"] * 2


def _form(body: Any) -> str | None:
    form = body.get("response_format")
    return form["type"] if form else None


def _keys(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_keys, node))
    return set(node).union(*map(_keys, node.values())) if isinstance(node, dict) else set()
