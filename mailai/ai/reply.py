"""Putting a streamed reply together, chunk by chunk, and judging whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailai.ai.answers import storable
from mailai.ai.errors import AIError
from mailai.ai.vendor_errors import from_stream
from mailai.ai.wrappers import UnfinishedThought, without_thinking

MAX_CHARACTERS = 200_000
MAX_TOKENS = 2**31 - 1
CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
DECLINED = frozenset(
    {"content_filter", "refusal", "safety", "prohibited_content", "recitation", "blocklist", "spii"}
)
BROKEN = frozenset({"error", "network_error", "engine_error"})
LOOK, TAIL, LONGEST_UNIT = 400, 600, 100  # characters: how often to look, at how much, for what
THOUGHTS = ("reasoning_content", "reasoning", "thinking")


class Reply:
    """What has come so far of one chat completion. Chunks come from strangers: any shape must be survived.

    `structured`: JSON was asked for. Some servers put it where a model's thoughts belong.
    """

    def __init__(self, structured: bool = False) -> None:
        self.finish = ""
        self.ended = False  # the server said that nothing more comes
        self.model = ""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self._structured = structured
        self._pieces: list[str] = []
        self._thoughts: list[str] = []
        self._length = 0
        self._refusal = False
        self._early = False

    @property
    def whole(self) -> bool:
        """Whether nothing but token counts can come: a reason to end came alone, behind all text."""
        return bool(self.finish) and not self._early

    def add(self, chunk: object) -> str:
        """Take in a chunk and return its text, often none.

        Raises AIError if it gets too long, or if the chunk says that something went wrong.
        """
        self._take_numbers(chunk)
        choices = _get(chunk, "choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if problem := _get(chunk, "error") or _get(choice, "error"):
            raise from_stream(problem)
        said = _get(choice, "delta") or _get(choice, "message")
        piece = _text(_get(said, "content"))
        finish = _get(choice, "finish_reason")
        if isinstance(finish, str) and (finish or piece or self._pieces):
            self.finish = finish.lower() or "stop"
        # Some servers say "stop" in every chunk: while text comes with it or behind it, it tells of no end.
        self._early = self._early or (bool(piece) and bool(self.finish))
        self._refusal = self._refusal or bool(_get(said, "refusal"))
        self._keep(piece, "".join(_text(_get(said, name)) for name in THOUGHTS))
        return storable(piece)

    def text(self) -> str:
        """The whole text. Raises AIError: only a reply that was ended is whole."""
        if not self.finish and not self.ended:
            raise AIError("unreachable", "the stream broke off")
        if self.finish in CUT:
            raise AIError("truncated", "the model's length limit")
        if self.finish in DECLINED:
            raise AIError("refused", "the provider's content filter")
        if self.finish in BROKEN:
            raise AIError("overloaded", "the provider broke off")
        text = self._answer()
        if self._refusal and not text:
            raise AIError("refused", "the model declined")
        if not text:
            raise AIError("invalid_output", "empty answer")
        return text

    def _answer(self) -> str:
        try:
            text = without_thinking(storable("".join(self._pieces)))
        except UnfinishedThought:
            raise AIError("unfinished", "the model never came to its answer") from None
        if text or not self._thoughts:
            return text
        if not self._structured:
            raise AIError("unfinished", "the model never came to its answer")
        return storable("".join(self._thoughts))

    def _keep(self, piece: str, thought: str) -> None:
        before, self._length = self._length, self._length + len(piece) + len(thought)
        if self._length > MAX_CHARACTERS:
            raise AIError("invalid_output", f"longer than {MAX_CHARACTERS} characters")
        if piece:
            self._pieces.append(piece)
        if before // LOOK != self._length // LOOK and repeats("".join(self._pieces[-TAIL:])[-TAIL:]):
            raise AIError("truncated", "the model repeats itself")
        if thought:
            self._thoughts.append(thought)

    def _take_numbers(self, chunk: object) -> None:
        model = _get(chunk, "model")
        if isinstance(model, str) and model:
            self.model = storable(model)[:200]
        usage = _get(chunk, "usage")
        self.input_tokens = _count(_get(usage, "prompt_tokens"), self.input_tokens)
        self.output_tokens = _count(_get(usage, "completion_tokens"), self.output_tokens)


def repeats(tail: str) -> bool:
    """Whether a text of TAIL characters is one unit again and again, which small models never leave."""
    return len(tail) == TAIL and any(tail[unit:] == tail[:-unit] for unit in range(1, LONGEST_UNIT + 1))


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
    return value.get(name) if isinstance(value, Mapping) else None
