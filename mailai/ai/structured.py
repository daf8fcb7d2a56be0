"""Asking for JSON: the forms of `response_format`, from strict to none, and the words beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from mailai.ai.vendor_errors import too_long

STEPS = ("json_schema", "json_object", "none")
KEPT = frozenset({"type", "enum", "const", "description", "format"})
LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")


@dataclass(frozen=True)
class Manner:
    """How a server wants to be asked: which structured output, and whether with `stream_options`."""

    structured: str
    usage: bool = True

    def after_refusal(self, status: int, body: object) -> Manner | None:
        """The next simpler manner, if HTTP `status` with `body` may be a refusal of this one, else None."""
        words = json.dumps(body, default=str).lower()
        about_format = any(word in words for word in ("response_format", "json_object", "schema"))
        refused = status in (400, 415, 422) or (status in (404, 501) and about_format)
        if not refused or too_long(status, body):
            return None
        if self.usage and ("stream_options" in words or "include_usage" in words):
            return replace(self, usage=False)
        if self.structured != "none":
            return replace(self, structured=STEPS[STEPS.index(self.structured) + 1])
        return replace(self, usage=False) if self.usage else None


def response_format(schema: type[BaseModel], structured: str) -> dict[str, Any] | None:
    """The `response_format` parameter for one of STEPS; None where nothing is to be sent."""
    if structured == "json_schema":
        form = {"name": schema.__name__, "schema": strict_schema(schema), "strict": True}
        return {"type": "json_schema", "json_schema": form}
    return {"type": "json_object"} if structured == "json_object" else None


@lru_cache
def strict_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of `schema` in the subset that strict modes share.

    Every property is required, none may be added. Limits, which some vendors refuse, move into descriptions. Shared
    by all who ask, so not to be changed.
    """
    return _strict(schema.model_json_schema())


def in_words(schema: type[BaseModel]) -> str:
    """What to tell a model that is not held to the schema by its server."""
    return (
        "Answer with one JSON object and nothing else: no code fence, no words before or after it. "
        f"It must match this JSON schema:\n{json.dumps(strict_schema(schema))}"
    )


def repair_request(schema: type[BaseModel], problems: str) -> str:
    """What to tell a model whose answer failed."""
    return f"That answer cannot be used:\n{problems}\n\nSend it again, corrected. {in_words(schema)}"


def _strict(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    strict = {key: value for key, value in node.items() if key in KEPT}
    limits = ", ".join(f"{name} {node[name]}" for name in LIMITS if name in node)
    if limits:
        strict["description"] = f"{node.get('description', '')} ({limits})".strip()
    if node.get("type") == "object":
        properties = node.get("properties", {})
        strict["properties"] = {name: _strict(value) for name, value in properties.items()}
        strict["required"] = list(properties)
        strict["additionalProperties"] = False
    if "items" in node:
        strict["items"] = _strict(node["items"])
    if "anyOf" in node:
        strict["anyOf"] = [_strict(branch) for branch in node["anyOf"]]
    if "$defs" in node:
        strict["$defs"] = {name: _strict(value) for name, value in node["$defs"].items()}
    return strict
