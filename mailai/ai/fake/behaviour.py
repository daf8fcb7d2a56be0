"""How the fake server behaves, read from the name of the model asked for: `fake:latency=2,no_schema`."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

PREFIX = "fake"


def _say(what: str, default: Any = False) -> Any:
    return field(default=default, metadata={"help": what})


@dataclass(frozen=True)
class Behaviour:
    """All of it can be combined; times are seconds. Without any, the answer is fast, complete and valid."""

    latency: float = _say("wait before the answer starts", 0.0)
    drip: float = _say("wait before every chunk", 0.0)
    drip_headers: float = _say("wait before every response header, of which there is no end", 0.0)
    status: int = _say("answer with this HTTP status", 0)
    retry_after: float = _say("send Retry-After, as seconds", 0.0)
    retry_date: float = _say("send Retry-After, as the date that many seconds ahead", 0.0)
    fail_first: int = _say("answer that many requests per model with 503, then well", 0)
    quota: bool = _say("429 with the code insufficient_quota")
    too_long: bool = _say("400 with the code context_length_exceeded")
    echo_key: bool = _say("401 whose body repeats the Authorization header")
    redirect: bool = _say("307 to another path of this server, which would answer")
    no_schema: bool = _say("400 for response_format json_schema")
    no_json: bool = _say("400 for any response_format")
    no_usage: bool = _say("422 for stream_options, and no token counts")
    silent: bool = _say("accept the request and never answer")
    hang: bool = _say("send the response headers and then nothing")
    linger: bool = _say("answer whole, but never end the stream")
    comments: bool = _say("send SSE comments for ever")
    endless: bool = _say("send text for ever")
    torn: bool = _say("end the stream in the middle, without finish_reason")
    cut: bool = _say("drop the connection in the middle")
    error: bool = _say("send an error object inside the stream")
    junk: bool = _say("send bytes that are no JSON inside the stream")
    html: bool = _say("200 with a page of HTML")
    length: bool = _say("finish_reason length")
    filter: bool = _say("finish_reason content_filter")
    empty: bool = _say("a complete answer without text")
    garbage: bool = _say("prose instead of JSON")
    loose: bool = _say("JSON that misses the schema by trifles only")
    obedient: bool = _say("JSON that says what a sender would like: most urgent, most important, no spam")
    invalid: bool = _say("JSON that fails the schema")
    invalid_once: bool = _say("JSON that fails the schema at first; the repair is good")
    fenced: bool = _say("JSON in a code fence, with thinking before and chatter around it")


def behaviour_of(model: str, default: Behaviour) -> Behaviour:
    """What `model` asks for on top of `default`; a name without options, or another one, asks for nothing.

    Raises ValueError for an unknown option or a bad value, so that a typing error in a test shows.
    """
    prefix, _, options = model.partition(":")
    if prefix != PREFIX or not options:
        return default
    kinds: dict[str, Any] = {each.name: type(each.default) for each in fields(Behaviour)}
    wanted: dict[str, Any] = {}
    for option in options.split(","):
        name, _, value = option.strip().partition("=")
        if name not in kinds:
            raise ValueError(f"unknown option {name!r}")
        wanted[name] = True if kinds[name] is bool else kinds[name](value)
    return replace(default, **wanted)
