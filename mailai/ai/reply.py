"""Putting a streamed reply together, chunk by chunk, and judging whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailai.ai.answers import storable
from mailai.ai.errors import AIError
from mailai.ai.wrappers import UnfinishedThought, without_thinking

MAX_CHARACTERS = 200_000
MAX_TOKENS = 2**31 - 1
CUT = ("length", "max_tokens", "model_length")


class Reply:
    """What has come so far of one chat completion. Chunks come from strangers: any shape must be survived."""

    def __init__(self) -> None:
        self.finish = ""
        self.model = ""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self._pieces: list[str] = []
        self._length = 0
        self._refusal = False

    def add(self, chunk: object) -> str:
        """Take in a chunk and return its text, often none. Raises AIError if it gets too long."""
        self._take_numbers(chunk)
        if self.finish:
            return ""
        choices = _get(chunk, "choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        finish = _get(choice, "finish_reason")
        if isinstance(finish, str):
            self.finish = finish
        delta = _get(choice, "delta")
        self._refusal = self._refusal or bool(_get(delta, "refusal"))
        piece = _text(_get(delta, "content"))
        self._length += len(piece)
        if self._length > MAX_CHARACTERS:
            raise AIError("invalid_output", f"longer than {MAX_CHARACTERS} characters")
        self._pieces.append(piece)
        return storable(piece)

    def text(self) -> str:
        """The whole text. Raises AIError: only a reply that ends with `stop` is whole."""
        if not self.finish:
            raise AIError("unreachable", "the stream broke off")
        if self.finish in CUT:
            raise AIError("truncated", "the model's length limit")
        try:
            text = without_thinking(storable("".join(self._pieces)))
        except UnfinishedThought:
            raise AIError("unfinished", "the model never came to its answer") from None
        if self.finish == "content_filter":
            raise AIError("refused", "the provider's content filter")
        if self._refusal and not text:
            raise AIError("refused", "the model declined")
        if self.finish != "stop":
            raise AIError("invalid_output", "ended without an answer")
        if not text:
            raise AIError("invalid_output", "empty answer")
        return text

    def _take_numbers(self, chunk: object) -> None:
        model = _get(chunk, "model")
        if isinstance(model, str) and model:
            self.model = storable(model)[:200]
        usage = _get(chunk, "usage")
        self.input_tokens = _count(_get(usage, "prompt_tokens"), self.input_tokens)
        self.output_tokens = _count(_get(usage, "completion_tokens"), self.output_tokens)


def _text(content: object) -> str:
    """A delta's text; Mistral's reasoning models send a list of typed parts instead."""
    if isinstance(content, list):
        return "".join(_text(_get(part, "text")) for part in content if _get(part, "type") == "text")
    return content if isinstance(content, str) else ""


def _count(value: object, before: int | None) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS:
        return value
    return before


def _get(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
