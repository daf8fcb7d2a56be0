"""The fake OpenAI server, asked by plain HTTP as any client would."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mailai.ai.fake import FakeOpenAI
from mailai.ai.fake.behaviour import Behaviour, behaviour_of
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer
from mailai.ai.structured import response_format

ROOT = Path(__file__).resolve().parents[2]
MAIL = "From: Ada <ada@example.com>\nSubject: Budget 2031\n\nPlease approve."


def test_it_reads_a_behaviour_from_the_models_name() -> None:
    plain = Behaviour()
    assert behaviour_of("fake", plain) == plain
    assert behaviour_of("llama3.2:3b", plain) == plain
    wanted = behaviour_of("fake:status=429, retry_after=7,drip=0.2,torn", Behaviour(latency=1))
    assert wanted == Behaviour(latency=1, status=429, retry_after=7, drip=0.2, torn=True)
    for wrong in ("fake:tron", "fake:status=many"):
        with pytest.raises(ValueError, match=r"tron|many"):
            behaviour_of(wrong, plain)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("schema", [BaseAnswer, OptimizeAnswer])
def test_it_answers_with_json_that_fits_our_schemas(fake: FakeOpenAI, schema: Any, stream: bool) -> None:
    form = response_format(schema, "json_schema")
    text = said(fake, {"messages": talk(MAIL), "response_format": form, "stream": stream})
    answer = schema.model_validate_json(text)
    assert "Budget 2031" in answer.summary
    assert "Budget 2031" in answer.reasoning


def test_it_answers_with_json_when_only_the_prompt_asks_for_it(fake: FakeOpenAI) -> None:
    BaseAnswer.model_validate_json(said(fake, {"messages": talk(f"Answer in JSON.\n\n{MAIL}")}))


def test_it_answers_with_a_letter_otherwise(fake: FakeOpenAI) -> None:
    assert said(fake, {"messages": talk(MAIL)}).startswith("Hello Ada,\n\nthank you for “Budget 2031”.")


def test_it_says_the_same_to_the_same_prompt_and_varies_with_others(fake: FakeOpenAI) -> None:
    ask_json = {"response_format": {"type": "json_object"}}
    texts = [
        said(fake, ask_json | {"messages": talk(f"Subject: Case {number % 12}")}) for number in range(24)
    ]
    assert texts[:12] == texts[12:]
    assert len({(json.loads(text)["urgency"], json.loads(text)["importance"]) for text in texts}) > 3


def test_it_keeps_what_it_saw_with_the_key_masked(fake: FakeOpenAI) -> None:
    key = "sk-1234567890abcdef"
    call(fake, "POST", "/v1/chat/completions", {"model": "fake", "messages": talk(MAIL)}, key)
    call(fake, "GET", "/v1/models", None, key)
    _, raw = call(fake, "GET", "/requests")
    assert key not in raw
    chat, models = json.loads(raw)
    assert (chat["method"], chat["path"], models["path"]) == ("POST", "/v1/chat/completions", "/v1/models")
    assert chat["headers"]["authorization"] == "…cdef"
    assert chat["body"]["messages"] == talk(MAIL)
    assert fake.requests[0].body == chat["body"]
    stats = json.loads(call(fake, "GET", "/stats")[1])
    assert stats["requests"] == 2
    assert stats["models"] == {"fake": 1}
    assert call(fake, "DELETE", "/requests")[0] == 200
    assert json.loads(call(fake, "GET", "/requests")[1]) == []


def test_it_keeps_only_the_last_requests() -> None:
    with FakeOpenAI(keep=3) as fake:
        for number in range(5):
            said(fake, {"messages": talk(str(number))})
        assert [seen.body["messages"][0]["content"] for seen in fake.requests] == ["2", "3", "4"]


def test_it_fails_first_as_often_as_asked_and_then_answers(fake: FakeOpenAI) -> None:
    body = {"model": "fake:fail_first=2", "messages": talk(MAIL)}
    assert [call(fake, "POST", "/v1/chat/completions", body)[0] for _ in range(3)] == [503, 503, 200]


def test_it_says_what_is_wrong_with_a_request(fake: FakeOpenAI) -> None:
    status, raw = call(fake, "POST", "/v1/chat/completions", {"model": "fake:tron", "messages": []})
    assert status == 400
    assert "tron" in raw
    assert call(fake, "POST", "/v1/chat/completions", ["no object"])[0] == 400
    assert call(fake, "POST", "/v1/other", {"model": "fake"})[0] == 404
    assert call(fake, "GET", "/nowhere")[0] == 404


def test_its_command_serves_with_default_behaviour_and_says_how_to_use_it() -> None:
    command = [sys.executable, "-u", "manage.py", "fake_openai", "--port", "0", "--status", "418"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            url = line.split()[0]
            assert f"MAILAI_OPENAI_BASE_URL={url}" in line
            status, _ = exchange(url, "POST", "/v1/chat/completions", {"model": "gpt-5", "messages": []})
            assert status == 418
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def talk(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def said(fake: FakeOpenAI, body: dict[str, Any]) -> str:
    """The text of the answer, streamed or not."""
    status, raw = call(fake, "POST", "/v1/chat/completions", {"model": "fake"} | body)
    assert status == 200
    if not body.get("stream"):
        text: str = json.loads(raw)["choices"][0]["message"]["content"]
        return text
    lines = [line.removeprefix("data: ") for line in raw.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    deltas = [json.loads(line)["choices"][0]["delta"] for line in lines]
    return "".join(delta.get("content", "") for delta in deltas)


def call(fake: FakeOpenAI, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, str]:
    return exchange(fake.url, method, path, body, key)


def exchange(url: str, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, str]:
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
