"""Asking a model over an OpenAI-compatible API. Only this file imports openai; no vendor type leaves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import openai
from django.conf import settings
from pydantic import BaseModel

from mailai.ai import providers
from mailai.ai.answers import UnusableAnswer, read_object, storable
from mailai.ai.errors import AIError
from mailai.ai.events import DONE, values
from mailai.ai.question import Answer, Credential, OnText, Question
from mailai.ai.reply import Reply
from mailai.ai.schemas import BaseAnswer
from mailai.ai.structured import Manner, in_words, output_tokens, repair_request, response_format
from mailai.ai.transport import AddressRefusedError, Deadline, anywhere, http_client
from mailai.ai.vendor_errors import from_status
from mailai.network import is_allowed

Message = dict[str, str]
# How long the token counts, which come behind the answer, are waited for once the answer is whole.
COUNTS_SECONDS = 2.0
REPAIR_CHARACTERS = 20_000
MOST_MANNERS = 256
WARMING = Question(kind="base", system="", user="", schema=BaseAnswer, prompt_version="")
NOWHERE = "http://127.0.0.1:9/v1"  # discard (RFC 863), which nobody serves
_manners: dict[tuple[str, str, str, bool], Manner] = {}


def ask(
    question: Question,
    credential: Credential,
    deadline: float,
    on_text: OnText,
    on_silence: Callable[[], None] = lambda: None,
) -> Answer:
    """The model's complete answer, valid against the question's schema if it has one.

    `deadline` is a `time.monotonic()` value for everything together, with fall-backs from what the server
    refuses and the one repair of an invalid answer. `on_text` gets each piece of text, a repair's too; what
    it raises closes the connection and leaves unchanged. So does what `on_silence` raises, which is called every second
    or so while nothing comes. Raises AIError for whatever else goes wrong.
    """
    with _line(credential, Deadline(deadline, on_silence)) as line:
        messages = [_message("system", question.system), _message("user", question.user)]
        reply = _complete(line, messages, question, on_text)
        if question.schema is None:
            return _answer(line, [reply], reply.text())
        try:
            return _answer(line, [reply], read_object(reply.text(), question.schema))
        except UnusableAnswer as unusable:
            problems = unusable.problems
        messages += [
            _message("assistant", reply.text()[:REPAIR_CHARACTERS]),
            _message("user", repair_request(question.schema, problems)),
        ]
        repaired = _complete(line, messages, question, on_text)
        try:
            return _answer(line, [reply, repaired], read_object(repaired.text(), question.schema))
        except UnusableAnswer as unusable:
            failure = AIError("invalid_output", unusable.detail)
    raise failure


def warm() -> None:
    """Go the way of a call once, to an answer made here and to a port where nobody listens.

    What that loads (types, decoders, certificates) is shared by processes that are forked afterwards: without it, each
    loads 27 MB of its own at its first call.
    """
    provider, deadline = providers.get("openai"), Deadline(time.monotonic() + COUNTS_SECONDS)
    with httpx2.Client(transport=httpx2.MockTransport(_canned)) as http, http_client(deadline) as nowhere:
        for client in (http, nowhere):
            line = _Line(
                openai.OpenAI(api_key="none", base_url=NOWHERE, max_retries=0, http_client=client),
                {},
                provider,
                NOWHERE,
                "warm",
                deadline,
            )
            with suppress(AIError):
                _complete(line, [_message("user", "")], WARMING, lambda _piece: None)
    _manners.clear()


def _canned(_request: httpx2.Request) -> httpx2.Response:
    chunk = (
        'data: {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "warm", "choices": [{"index": 0,'
        ' "delta": {"role": "assistant", "content": "{}"}, "finish_reason": "stop"}],'
        ' "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}\n\n'
    )
    return httpx2.Response(
        200, headers={"content-type": "text/event-stream"}, text=chunk + "data: [DONE]\n\n"
    )


@dataclass(frozen=True)
class _Line:
    """An open line to one model at one server."""

    client: openai.OpenAI
    headers: Mapping[str, str | openai.Omit] = field(repr=False)
    provider: providers.Provider
    base_url: str
    model: str
    deadline: Deadline


@contextmanager
def _line(credential: Credential, deadline: Deadline) -> Iterator[_Line]:
    provider, base_url = _server(credential)
    key = credential.key.strip()
    if provider.needs_key and not key:
        raise AIError("auth", "no API key")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise AIError("auth", "the API key holds characters that no key has")
    with http_client(deadline, _allowed_for_users if credential.base_url else anywhere) as http:
        client = openai.OpenAI(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )
        # Said with every request, or OPENAI_CUSTOM_HEADERS could put something else in its place.
        headers = {"Authorization": f"Bearer {key}" if key else openai.omit, "User-Agent": "mailai"}
        yield _Line(client, headers, provider, base_url, storable(credential.model), deadline)


def _server(credential: Credential) -> tuple[providers.Provider, str]:
    try:
        provider = providers.get(credential.provider)
        base_url = providers.base_url_for(provider, credential.base_url)
    except LookupError:
        raise AIError("bad_request", "this provider is not configured any more") from None
    except ValueError as error:
        raise AIError("bad_request", f"base URL: {error}") from None
    if provider.local:
        raise ValueError("the built-in rules are not asked over HTTP")
    return provider, base_url


def _allowed_for_users(host: str, address: str) -> bool:
    return is_allowed(host, address, settings.MAILAI_TOKEN_PRIVATE_HOSTS)


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": storable(content)}


def _complete(line: _Line, messages: list[Message], question: Question, on_text: OnText) -> Reply:
    """One whole reply, in the richest manner that this server and model accept."""
    place = (line.provider.name, line.base_url, line.model, question.schema is not None)
    manner = _manners.get(place) or _first_manner(line.provider, question)
    while True:
        opened = _open(line, _parameters(line, messages, question, manner), manner)
        if not isinstance(opened, Manner):
            break
        manner = opened
    if len(_manners) >= MOST_MANNERS:
        _manners.clear()
    _manners[place] = manner
    reply = Reply(structured=question.schema is not None)
    whole_deadline = line.deadline.at
    try:
        for piece in _pieces(opened, line.deadline, reply):
            on_text(piece)
    finally:
        line.deadline.at = whole_deadline
        opened.close()
    reply.text()
    return reply


def _first_manner(provider: providers.Provider, question: Question) -> Manner:
    manner = Manner(provider.structured if question.schema else "none")
    return replace(manner, limits=manner.limits[::-1]) if provider.name == "openai" else manner


def _parameters(line: _Line, messages: list[Message], question: Question, manner: Manner) -> dict[str, Any]:
    """As few as possible: some models refuse a temperature, for one."""
    schema = question.schema
    if schema is not None and manner.structured not in ("grammar", "json_schema"):
        system, *rest = messages
        messages = [_message("system", f"{system['content']}\n\n{in_words(schema)}"), *rest]
    if not manner.system:
        system, first, *rest = messages
        messages = [_message("user", f"{system['content']}\n\n{first['content']}"), *rest]
    parameters: dict[str, Any] = {"model": line.model, "messages": messages, "stream": manner.stream}
    if manner.limits:
        parameters[manner.limits[0]] = output_tokens(question.kind, line.provider.structured)
    if manner.usage and manner.stream:
        parameters["stream_options"] = {"include_usage": True}
    form = response_format(schema, manner.structured) if schema is not None else None
    if form is not None:
        parameters["response_format"] = form
    return parameters


def _open(line: _Line, parameters: dict[str, Any], manner: Manner) -> openai.Stream[Any] | Manner:
    """The opened stream, or the simpler manner to try next."""
    try:
        line.deadline.seconds()
        stream: openai.Stream[Any] = line.client.post(
            "/chat/completions",
            body=parameters,
            options={"headers": line.headers},
            cast_to=object,
            stream=True,
            stream_cls=openai.Stream[object],
        )
        return stream
    except openai.APIStatusError as error:
        simpler = manner.after_refusal(error.status_code, error.body)
        failure: Exception = from_status(error.status_code, error.body, error.response.headers)
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        simpler, failure = None, _failure(error, line.deadline)
    if simpler is not None:
        return simpler
    # Raised outside of the except clause, so that no traceback carries the vendor's text along.
    raise failure


def _pieces(stream: openai.Stream[Any], deadline: Deadline, reply: Reply) -> Iterator[str]:
    """The texts of the stream until its end, or until the reply is whole and its token counts are late."""
    chunks = values(stream.response.iter_bytes())
    while True:
        failure: Exception | None = None
        try:
            chunk = next(chunks)
        except StopIteration:
            return
        except Exception as error:  # whatever a stranger's bytes make the decoders raise
            failure = _failure(error, deadline)
        if failure is None and deadline.remaining() <= 0:
            failure = _too_late(deadline)
        if failure is not None:
            if reply.whole and isinstance(failure, AIError):
                return
            raise failure
        if chunk is DONE:
            reply.ended = True
            return
        piece = reply.add(chunk)
        if piece:
            yield piece
        if reply.whole and reply.finish != "stop":
            return
        if reply.whole:
            deadline.at = min(deadline.at, time.monotonic() + COUNTS_SECONDS)


def _failure(error: Exception, deadline: Deadline) -> Exception:
    """An AIError, or what the caller's own `on_silence` raised."""
    if deadline.broken_by is not None:
        return deadline.broken_by
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    if any(isinstance(cause, AddressRefusedError) for cause in causes):
        return AIError("server_address")
    slow = any(isinstance(cause, httpx2.ReadTimeout | httpx2.WriteTimeout) for cause in causes)
    if slow or deadline.remaining() <= 0:
        return _too_late(deadline)
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError | httpx2.InvalidURL | OSError):
        # The class of the first cause says what it was (ConnectionRefusedError, gaierror) and holds no text;
        # httpcore keeps it as an argument and cuts the chain.
        first = next((value for value in causes[-1].args if isinstance(value, Exception)), causes[-1])
        return AIError("unreachable", type(first).__name__)
    return AIError("unreachable", "not an OpenAI-compatible stream")


def _too_late(deadline: Deadline) -> AIError:
    return AIError("timeout", f"no complete answer within {deadline.total:.3g} s")


def _answer(line: _Line, replies: list[Reply], content: BaseModel | str) -> Answer:
    return Answer(
        content,
        replies[-1].model or line.model,
        _sum([reply.input_tokens for reply in replies]),
        _sum([reply.output_tokens for reply in replies]),
    )


def _sum(counts: list[int | None]) -> int | None:
    told = [count for count in counts if count is not None]
    return sum(told) if told else None
