"""Asking for JSON: the forms of `response_format`, from strict to none, and the words beside them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from pydantic import BaseModel

from mailai.ai.vendor_errors import said_by, words_of

STEPS = ("grammar", "json_schema", "json_object", "none")
# Several times what a good answer takes.
OUTPUT_TOKENS = {"base": 3000, "optimize": 4000, "reply": 2000}
KEPT = frozenset({"type", "enum", "const", "description", "format"})
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")


# What a refusal speaks of, in the words of the servers that are known to refuse it.
USAGE = re.compile(r"stream_options|include_usage")
STREAM = re.compile(
    r"verified to stream|\"param\": \"stream\"|stream(?:ing)? is not supported|does not support stream"
)
SYSTEM = re.compile(
    r"system (?:role|message|prompt|instruction)s?\b.{0,60}not (?:supported|allowed|enabled)"
    r"|not support (?:the )?system|developer instruction is not enabled|roles? .{0,40}system.{0,40}not"
)
LIMIT = re.compile(r"max_tokens|max_completion_tokens|max_output_tokens")
WORDS_ALONE = "json_validate_failed"
FORMAT = re.compile(
    r"response_format|response format|json_schema|json_object|structured output|schema|grammar|requested parameters"
)
NEVER = (401, 402, 403, 408, 429)
OTHERWISE = ("too_long", "quota", "model_missing", "rate_limited", "refused", "auth")


@dataclass(frozen=True)
class Manner:
    """How a server wants to be asked: which structured output, whether streaming, counting, with a system's turn.

    `limits` are the names of an output limit that it may know, the next one to try first.
    """

    structured: str
    limits: tuple[str, ...] = ("max_tokens", "max_completion_tokens")
    usage: bool = True
    stream: bool = True
    system: bool = True

    def after_refusal(self, status: int, body: object) -> Manner | None:
        """The next simpler manner, if HTTP `status` with `body` refuses something of this one, else None.

        Each step leaves something out for good, so there is an end whatever a server answers.
        """
        if status < 400 or status in NEVER or said_by(body) in OTHERWISE:
            return None
        said = words_of(body)
        if self.usage and USAGE.search(said):
            return replace(self, usage=False)
        if self.stream and STREAM.search(said):
            return replace(self, stream=False, usage=False)
        if self.limits and LIMIT.search(said):
            return replace(self, limits=self.limits[1:])
        if self.system and SYSTEM.search(said):
            return replace(self, system=False)
        if self.structured != "none" and WORDS_ALONE in said:
            return replace(self, structured="none")
        if self.structured != "none" and FORMAT.search(said):
            return replace(self, structured=STEPS[STEPS.index(self.structured) + 1])
        return None


def response_format(schema: type[BaseModel], structured: str) -> dict[str, Any] | None:
    """The `response_format` parameter for one of STEPS; None where nothing is to be sent."""
    if structured in ("grammar", "json_schema"):
        shape = full_schema(schema) if structured == "grammar" else strict_schema(schema)
        form = {"name": schema.__name__, "schema": shape, "strict": True}
        return {"type": "json_schema", "json_schema": form}
    return {"type": "json_object"} if structured == "json_object" else None


@lru_cache
def strict_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of `schema` in the subset that strict modes share.

    Every property is required, none may be added. Limits, which some vendors refuse, move into descriptions. Shared
    by all who ask, so not to be changed.
    """
    return _strict(schema.model_json_schema())


@lru_cache
def full_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The same with the limits in place: for servers whose grammar holds a model to them.

    Without them a small model runs on in one field until its time is up.
    """
    return _strict(schema.model_json_schema(), limits_stay=True)


def output_tokens(kind: str, structured: str) -> int:
    """The most tokens of one answer. Hosted models may think before they answer, and thoughts count."""
    return OUTPUT_TOKENS.get(kind, 2000) * (1 if structured == "grammar" else 4)


def in_words(schema: type[BaseModel]) -> str:
    """What to tell a model that is not held to the schema by its server."""
    return (
        "Answer with one JSON object and nothing else: no code fence, no words before or after it. "
        f"It must match this JSON schema:\n{json.dumps(strict_schema(schema))}"
    )


def repair_request(schema: type[BaseModel], problems: str) -> str:
    """What to tell a model whose answer failed."""
    return f"That answer cannot be used:\n{problems}\n\nSend it again, corrected. {in_words(schema)}"


def _strict(node: Any, limits_stay: bool = False) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    inner = partial(_strict, limits_stay=limits_stay)
    strict = {key: value for key, value in node.items() if key in KEPT or (limits_stay and key in LIMITS)}
    limits = ", ".join(f"{name} {node[name]}" for name in LIMITS if name in node)
    if limits and not limits_stay:
        strict["description"] = f"{node.get('description', '')} ({limits})".strip()
    if node.get("type") == "object":
        properties = node.get("properties", {})
        strict["properties"] = {name: inner(value) for name, value in properties.items()}
        strict["required"] = list(properties)
        strict["additionalProperties"] = False
    if "items" in node:
        strict["items"] = inner(node["items"])
    if "anyOf" in node:
        strict["anyOf"] = [inner(branch) for branch in node["anyOf"]]
    if "$defs" in node:
        strict["$defs"] = {name: inner(value) for name, value in node["$defs"].items()}
    return strict
