"""From the text that a model wrote to a value that can be stored."""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)
MOST_OBJECTS = 200
# A string as it stands, or a comma that only an end follows.
STRING_OR_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+")|,(\s*[}\]])', re.S)
DECISIONS = frozenset({"urgency", "importance", "category", "is_spam", "summary"})


class UnusableAnswer(ValueError):
    """`problems` tells the model what to correct; `detail` is short and holds no word of the model."""

    def __init__(self, problems: str, detail: str) -> None:
        super().__init__(detail)
        self.problems = problems
        self.detail = detail


def read_object(text: str, schema: type[Shape]) -> Shape:
    """The last JSON object in `text` that fits `schema`, whatever fences, chatter or wrapping stand around it.

    Raises UnusableAnswer if there is none.
    """
    failure = UnusableAnswer("It holds no JSON object.", "no JSON object")
    for candidate in reversed(_objects(text)):
        try:
            return schema.model_validate(storable_values(_unwrapped(candidate)))
        except ValidationError as error:
            failure = _unusable(error)
        except RecursionError:
            failure = UnusableAnswer("It is nested too deeply.", "nested too deeply")
    raise failure


def storable(text: str) -> str:
    """`text` without what Postgres and UTF-8 refuse: no NUL, half surrogate pairs joined or replaced."""
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable_values(value: Any) -> Any:
    """The same for every text in a decoded JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_values(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable_values(item) for key, item in value.items()}
    return value


def _objects(text: str) -> list[dict[str, Any]]:
    """Every object in `text`, in order; line breaks inside strings and commas before an end are let pass."""
    decoder = json.JSONDecoder(strict=False)
    found: list[dict[str, Any]] = []
    for source in dict.fromkeys((text, _without_last_commas(text))):
        start = source.find("{")
        for _ in range(MOST_OBJECTS):
            if start < 0:
                break
            try:
                value, end = decoder.raw_decode(source, start)
                found.append(value)
            except (ValueError, RecursionError):
                end = start + 1
            start = source.find("{", end)
        if any(DECISIONS & _unwrapped(value).keys() for value in found):
            break
    return found


def _without_last_commas(text: str) -> str:
    return STRING_OR_COMMA.sub(lambda found: found[1] or found[2], text)


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    """The answer inside an object around all of it, such as {"analysis": {…}}."""
    for _ in range(3):
        inner = [item for item in value.values() if isinstance(item, dict)]
        if DECISIONS & value.keys() or len(inner) != 1:
            break
        value = inner[0]
    return value


def _unusable(error: ValidationError) -> UnusableAnswer:
    problems = error.errors(include_input=False, include_url=False, include_context=False)[:20]
    lines = [f"- {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}" for problem in problems]
    fields = dict.fromkeys(str(problem["loc"][0]) for problem in problems if problem["loc"])
    return UnusableAnswer("\n".join(lines), f"invalid: {', '.join(fields)}"[:200])
