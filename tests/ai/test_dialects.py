"""What servers that speak "OpenAI-compatible" really send: streams, refusals, and how often a message may be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mailai.ai.errors import AIError
from mailai.ai.schemas import BaseAnswer, OptimizeAnswer
from tests.ai.asking import asked
from tests.ai.dialects import Dialect, Scripted, chunk, refusing, speaking, stream

GOOD = {"urgency": 2, "importance": 3, "category": "info_only", "summary": "It is so.", "is_spam": False}
JSON = json.dumps(GOOD)
ANALYSIS = Scripted(stream(chunk(JSON), chunk(None, "stop")))
HELLO = [chunk("", role="assistant"), chunk("Hel"), chunk("lo")]


@pytest.fixture(autouse=True)
def _vendors_alone(settings: Any) -> None:
    settings.MAILAI_PROVIDERS = {}
    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = []


def said_by(
    settings: Any, *answers: Scripted, schema: Any = None, provider: str = "openai"
) -> tuple[Any, Dialect]:
    """The answer's content or the error, and the requests that it took."""
    with speaking(*answers) as dialect:
        settings.MAILAI_BASE_URLS = {provider: dialect.url}
        try:
            return asked("m", schema, provider=provider).content, dialect
        except AIError as error:
            return error, dialect


WHOLE = {
    "stop in every chunk": stream(*(chunk(piece, "stop") for piece in ("Hel", "lo"))),
    "text behind a premature stop": stream(chunk("Hel", None), chunk(None, "stop"), chunk("lo"), chunk("", "stop")),
    **{f"finish {reason!r}": stream(*HELLO, chunk(None, reason)) for reason in (
        "stop", "eos", "eos_token", "end_turn", "stop_sequence", "STOP", "end", "COMPLETE", "null", "", "whatever",
    )},
    "no finish but [DONE]": stream(*HELLO),
    "no [DONE] but finish": stream(*HELLO, chunk(None, "stop"), done=False),
    "events without data": b"data:\n\nretry: 3000\n\nid: 7\n\nevent: x\n\n: ping\n\n" + stream(*HELLO),
    "CR LF": stream(*HELLO, chunk(None, "stop"), end=b"\r\n\r\n"),
    "CR": stream(*HELLO, chunk(None, "stop"), end=b"\r\r"),
    "no blank": stream(*HELLO, chunk(None, "stop")).replace(b"data: ", b"data:"),
    "byte order mark": b"\xef\xbb\xbf" + stream(*HELLO, chunk(None, "stop")),
    "no last line end": stream(*HELLO, chunk(None, "stop"), done=False).rstrip(b"\n"),
    "event names": stream(*HELLO, chunk(None, "stop")).replace(b"data: {", b"event: message\ndata: {"),
    "data over two lines": b'data: {"choices": [{"delta":\ndata: {"content": "Hello"}}]}\n\ndata: [DONE]\n\n',
    "null choices and deltas": stream({"choices": None}, {"choices": []}, {"choices": [{"delta": None}]}, *HELLO),
    "usage alone": stream(*HELLO, chunk(None, "stop"), {"choices": [], "usage": {"prompt_tokens": 3}}),
    "message for delta": stream({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
    "parts of text": stream(chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]),
                            chunk([{"type": "text", "text": "Hello"}], "stop")),
    "thoughts beside": stream(chunk(None, reasoning_content="Hm"), chunk("", reasoning="Hm"), *HELLO),
    "null content": stream({"choices": [{"delta": {"content": None, "role": "assistant"}}]}, *HELLO),
    "null error": stream(*({**each, "error": None} for each in HELLO)),
}  # fmt: skip


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE)
def test_it_reads_a_stream_in_every_dialect(settings: Any, body: bytes) -> None:
    content, dialect = said_by(settings, Scripted(body))
    assert (content, len(dialect.bodies)) == ("Hello", 1)


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "text/plain"])
def test_it_reads_whole_json_though_it_asked_for_a_stream(settings: Any, kind: str) -> None:
    body = {"model": "m", "choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    assert said_by(settings, Scripted(json.dumps(body, indent=1).encode(), kind=kind))[0] == "Hello"


TORN = {
    "neither finish nor [DONE]": Scripted(stream(*HELLO, done=False)),
    "nothing": Scripted(b""),
    "cut off": Scripted(stream(*HELLO, done=False), torn=True),
    "cut off with stop in every chunk": Scripted(stream(chunk("Hel", "stop"), done=False), torn=True),
    "a page": Scripted(b"<!doctype html><p>Log in", kind="text/html"),
    "no JSON": Scripted(b"data: {broken\n\n"),
}


@pytest.mark.parametrize("answer", TORN.values(), ids=TORN)
def test_a_torn_answer_is_never_an_answer(settings: Any, answer: Scripted) -> None:
    failure, dialect = said_by(settings, answer)
    assert (failure.code, failure.retryable, len(dialect.bodies)) == ("unreachable", True, 1)


@pytest.mark.parametrize(
    ("chunks", "code"),
    [
        *(([*HELLO, chunk(None, reason)], "truncated") for reason in ("length", "max_tokens", "MAX_TOKENS")),
        *(([*HELLO, chunk(None, reason)], "refused") for reason in ("content_filter", "refusal", "SAFETY")),
        ([chunk(None, "stop", refusal="I cannot")], "refused"),
        ([chunk(None, "stop")], "invalid_output"),
        ([chunk("<think>Hm, and so on"), chunk(None, "stop")], "unfinished"),
        ([chunk(None, reasoning_content="Hm"), chunk(None, "stop")], "unfinished"),
        ([{"error": {"code": 429, "message": "slow down"}}], "rate_limited"),
        ([{"error": {"code": "401", "message": "no"}}], "auth"),
        ([{"choices": [{"error": {"code": 502, "message": "x"}, "delta": {}}]}], "overloaded"),
        ([*HELLO, {"error": {"message": "Trying to keep the first 9 tokens when context the overflows"}}], "too_long"),
        ([*HELLO, chunk(None, "error")], "overloaded"),
    ],
)  # fmt: skip
def test_it_knows_why_a_stream_gave_no_answer(settings: Any, chunks: list[Any], code: str) -> None:
    failure, dialect = said_by(settings, Scripted(stream(*chunks)))
    assert (failure.code, len(dialect.bodies)) == (code, 1)


def test_it_knows_an_error_event(settings: Any) -> None:
    named = b'event: error\ndata: {"error": {"message": "The prompt is too long: context length 4096"}}\n\n'
    assert said_by(settings, Scripted(named))[0].code == "too_long"
    plain = b'event: error\ndata: "the context length is 4096 tokens"\n\n'
    assert said_by(settings, Scripted(plain))[0].code == "too_long"


def test_it_takes_an_analysis_from_where_the_thoughts_belong(settings: Any) -> None:
    answer = Scripted(stream(chunk(None, reasoning_content=JSON), chunk("", "stop")))
    content, dialect = said_by(settings, answer, schema=BaseAnswer)
    assert (content.summary, len(dialect.bodies)) == ("It is so.", 1)


def error(**said: Any) -> dict[str, Any]:
    return {"error": said}


REFUSALS: list[tuple[str, Any, int, Any, str]] = [
    ("openai length", None, 400, error(code="context_length_exceeded", message="x"), "too_long"),
    ("llama.cpp 400", None, 400, error(type="exceed_context_size_error", n_ctx=4096), "too_long"),
    ("llama.cpp 500", None, 500, error(type="exceed_context_size_error", code=500), "too_long"),
    ("vllm", None, 400, {"message": "This model's maximum context length is 4096 tokens."}, "too_long"),
    ("anthropic length", None, 400, error(type="invalid_request_error", message="prompt is too long"), "too_long"),
    ("mistral length", None, 400, {"message": "Prompt contains 40 tokens", "code": 3051}, "too_long"),
    ("lm studio", None, 400, "Trying to keep the first 9 tokens when context the overflows", "too_long"),
    ("anthropic credit", None, 400, error(type="invalid_request_error", message="credit balance is too low"), "quota"),
    ("openrouter credit", None, 402, error(code=402, message="Insufficient credits"), "quota"),
    ("openai quota", None, 429, error(code="insufficient_quota", message="You exceeded your current quota"), "quota"),
    ("gemini key", None, 400, [error(code=400, details=[{"reason": "API_KEY_INVALID"}])], "auth"),
    ("a detail", None, 401, {"detail": "Invalid API key"}, "auth"),
    ("200 with 401", None, 200, error(code=401, message="No auth credentials found"), "auth"),
    ("mistral model", None, 400, {"type": "invalid_model", "code": "1500"}, "model_missing"),
    ("openrouter model", None, 400, error(message="x/y is not a valid model ID", code=400), "model_missing"),
    ("openai model", None, 403, error(code="model_not_found", message="no access"), "model_missing"),
    ("no chat model", None, 404, error(message="This is not a chat model"), "model_missing"),
    ("azure filter", None, 400, error(code="content_filter", status=400), "refused"),
    ("moderation", None, 403, error(code=403, message="Your input was flagged"), "refused"),
    ("200 with 429", None, 200, error(code=429, message="slow"), "rate_limited"),
    ("groq size", None, 413, error(message="Request too large: tokens per minute (TPM): Limit 6000"), "rate_limited"),
    ("error words in capitals", None, 400, error(code="CONTEXT_LENGTH_EXCEEDED"), "too_long"),
    ("a plain 400", BaseAnswer, 400, error(message="bad"), "bad_request"),
    ("a plain 500", BaseAnswer, 500, error(message="oops"), "overloaded"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "status", "body", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_refusal_is_told_by_its_cause_and_the_mail_is_sent_once(
    settings: Any, schema: Any, status: int, body: Any, code: str
) -> None:
    failure, dialect = said_by(settings, refusing(status, body), schema=schema)
    assert (failure.code, len(dialect.bodies)) == (code, 1)
    assert failure.__cause__ is None
    assert failure.__context__ is None


def test_it_holds_a_server_in_the_house_to_the_limits_of_the_schema(settings: Any) -> None:
    _content, dialect = said_by(settings, ANALYSIS, schema=BaseAnswer, provider="ollama")
    (body,) = dialect.bodies
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["summary"] == {"type": "string", "minLength": 1, "maxLength": 600}
    assert schema["properties"]["tags"]["maxItems"] == 12
    assert "de" in schema["properties"]["language"]["enum"]
    assert (schema["additionalProperties"], schema["$defs"]["Deadline"]["additionalProperties"]) == (
        False,
        False,
    )
    assert body["max_tokens"] == 3000


def test_it_gives_up_the_limits_where_a_server_refuses_them(settings: Any) -> None:
    refused = refusing(400, error(message="failed to parse grammar: number of repetitions exceeds limits"))
    content, dialect = said_by(settings, refused, ANALYSIS, schema=BaseAnswer, provider="ollama")
    assert content.summary == "It is so."
    assert "maxLength" in json.dumps(dialect.bodies[0])
    simpler = dialect.bodies[1]["response_format"]["json_schema"]["schema"]
    assert "maxLength" not in simpler["properties"]["summary"]


def test_it_names_the_output_limit_as_the_server_knows_it(settings: Any) -> None:
    refused = refusing(
        400, error(message="'max_completion_tokens' is not supported. Use 'max_tokens' instead.")
    )
    _content, dialect = said_by(settings, refused, Scripted(stream(*HELLO)))
    assert [("max_completion_tokens" in each, "max_tokens" in each) for each in dialect.bodies] == [
        (True, False),
        (False, True),
    ]
    always = refusing(400, error(message="max_tokens is too large"))
    failure, dialect = said_by(settings, always)
    assert failure.code == "bad_request"
    assert not {"max_tokens", "max_completion_tokens"} & set(dialect.bodies[-1])


def test_it_stops_a_model_that_repeats_itself(settings: Any) -> None:
    looping = stream(chunk("Dear Ada, "), *[chunk("and so on ")] * 3000)
    failure, _dialect = said_by(settings, Scripted(looping))
    assert (failure.code, failure.detail) == ("truncated", "the model repeats itself")
    lines = [chunk(f"- item {number}, and so on\n") for number in range(500)]
    content, _dialect = said_by(settings, Scripted(stream(*lines)))
    assert content.endswith("- item 499, and so on")


def test_it_waits_as_long_as_google_asks(settings: Any) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
    said = error(
        code=429, status="RESOURCE_EXHAUSTED", message="You exceeded your current quota", details=[info]
    )
    body = [said]
    failure, _dialect = said_by(settings, refusing(429, body))
    assert (failure.code, failure.retry_after) == ("rate_limited", 34)


STEPS: list[tuple[str, int, Any]] = [
    ("400", 400, {"error": {"message": "response_format is not supported"}}),
    ("404", 404, {"error": {"message": "No endpoints found that can handle the requested parameters."}}),
    ("422", 422, {"detail": [{"loc": ["body", "response_format"], "msg": "extra fields not permitted"}]}),
    ("500", 500, {"error": {"message": "json_schema: unsupported grammar"}}),
]


@pytest.mark.parametrize(("status", "body"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_it_asks_more_simply_where_the_refusal_speaks_of_it(settings: Any, status: int, body: Any) -> None:
    content, dialect = said_by(settings, refusing(status, body), ANALYSIS, schema=BaseAnswer)
    assert content.summary == "It is so."
    assert [_form(each) for each in dialect.bodies] == ["json_schema", "json_object"]


def test_it_asks_in_words_where_a_server_failed_to_hold_its_model_to_the_schema(settings: Any) -> None:
    refused = refusing(400, {"error": {"code": "json_validate_failed", "failed_generation": "{"}})
    content, dialect = said_by(settings, refused, ANALYSIS, schema=BaseAnswer)
    assert content.summary == "It is so."
    assert [_form(each) for each in dialect.bodies] == ["json_schema", None]


def test_it_asks_without_a_stream_where_streaming_is_refused(settings: Any) -> None:
    message = "Your organization must be verified to stream this model."
    refused = refusing(400, {"error": {"message": message, "param": "stream", "code": "unsupported_value"}})
    whole = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    content, dialect = said_by(settings, refused, refusing(200, whole))
    assert (content, [each["stream"] for each in dialect.bodies]) == ("Hello", [True, False])
    assert "stream_options" not in dialect.bodies[1]


def test_it_puts_the_systems_words_into_the_users_turn_where_that_role_is_refused(settings: Any) -> None:
    refused = refusing(400, {"error": {"message": "System role not supported"}})
    content, dialect = said_by(settings, refused, Scripted(stream(*HELLO)))
    assert content == "Hello"
    assert [message["role"] for message in dialect.bodies[1]["messages"]] == ["user"]
    assert dialect.bodies[1]["messages"][0]["content"].startswith("You write a reply.")


@pytest.mark.parametrize(
    "words",
    ["stream_options", "response_format", "stream_options response_format", "System role not supported"],
)
def test_a_server_that_always_refuses_comes_to_an_end(settings: Any, words: str) -> None:
    failure, dialect = said_by(settings, refusing(400, {"error": {"message": words}}), schema=BaseAnswer)
    assert failure.code == "bad_request"
    assert len(dialect.bodies) <= 6


def test_it_remembers_how_a_model_wants_to_be_asked(settings: Any) -> None:
    refused = refusing(400, {"error": {"message": "System role not supported"}})
    with speaking(refused, Scripted(stream(*HELLO))) as dialect:
        settings.MAILAI_BASE_URLS = {"openai": dialect.url}
        assert [asked("m", None).content for _ in range(3)] == ["Hello"] * 3
    assert len(dialect.bodies) == 4


def _form(body: dict[str, Any]) -> str | None:
    form = body.get("response_format")
    return form["type"] if form else None


def test_what_no_column_takes_is_left_out_of_the_text_and_of_its_pieces(settings: Any) -> None:
    pieces: list[str] = []
    body = stream(chunk("He\x00l"), chunk("\x00"), chunk("lo\x00"), chunk(None, "stop"))
    with speaking(Scripted(body)) as dialect:
        settings.MAILAI_BASE_URLS = {"openai": dialect.url}
        content = asked("m", None, on_text=pieces.append).content
    assert (content, "".join(pieces)) == ("Hello", "Hello")


@pytest.mark.parametrize("schema", [BaseAnswer, OptimizeAnswer])
@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_no_object_of_a_schema_takes_more_than_it_names(settings: Any, schema: Any, provider: str) -> None:
    _content, dialect = said_by(settings, ANALYSIS, schema=schema, provider=provider)
    sent = dialect.bodies[0]["response_format"]["json_schema"]["schema"]
    objects = [node for node in nodes(sent) if node.get("type") == "object"]
    assert len(objects) >= 2
    for each in objects:
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from nodes(each)
