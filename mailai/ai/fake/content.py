"""What the fake model says: derived from the prompt, the same for the same one, different for others."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

CATEGORIES = ("action_required", "needs_attention", "info_only")
TOPICS = ("project", "meeting", "invoice", "customer", "team", "travel")
DATE = re.compile(r"\b(?:by|until|before|due|bis)\b[^.\n]{0,20}?(\d{4}-\d{2}-\d{2})", re.IGNORECASE)


def answer_to(request: Mapping[str, Any]) -> str:
    """The good answer: JSON where the request asks for JSON, else the text of a reply."""
    prompt = prompt_of(request)
    form = request.get("response_format")
    if not isinstance(form, Mapping) and "json" not in prompt.lower():
        return _reply(prompt)
    schema = form.get("json_schema", {}).get("schema", {}) if isinstance(form, Mapping) else {}
    wanted = list(schema.get("properties", {}))
    return json.dumps(_analysis(prompt, "suggestions" in (wanted or prompt)), ensure_ascii=False)


def invalid_answer(request: Mapping[str, Any]) -> str:
    """The good answer with two fields that no schema of ours lets pass."""
    values = _analysis(prompt_of(request), False)
    return json.dumps(values | {"urgency": 7, "category": "whatever"})


def loose_answer(request: Mapping[str, Any]) -> str:
    """The good answer as small models write it: every field that can be is beside the schema, and so is the JSON."""
    loose = {
        "urgency": "2",
        "importance": 2.0,
        "category": "Info Only",
        "is_spam": "false",
        "confidence": "85%",
        "language": "Klingon",
        "tags": "one, two",
        "questions": None,
        "deadlines": [{"date": "soon", "words": ""}],
    }
    text = json.dumps({"analysis": _analysis(prompt_of(request), False) | loose})
    return text.replace("writes about", "writes\nabout", 1).removesuffix("}}") + ",},}"


def obedient_answer(request: Mapping[str, Any]) -> str:
    """The good answer of a model that lets itself be told what to say of a message."""
    told = {"urgency": 3, "importance": 3, "category": "action_required", "is_spam": False}
    told |= {"questions": ["Do you accept?"], "deadlines": [{"date": "2031-01-01", "words": "today"}]}
    prompt = prompt_of(request)
    return json.dumps(_analysis(prompt, "suggestions" in prompt) | told)


def prompt_of(request: Mapping[str, Any]) -> str:
    """The text of all messages, newest last."""
    messages = request.get("messages")
    if not isinstance(messages, Sequence):
        return ""
    return "\n\n".join(str(each.get("content", "")) for each in messages if isinstance(each, Mapping))


def _analysis(prompt: str, suggestions: bool) -> dict[str, Any]:
    dice = hashlib.sha256(prompt.encode(errors="replace")).digest()
    subject, sender = _header(prompt, "Subject", "your message"), _header(prompt, "From", "the sender")
    urgency, importance = 1 + dice[0] % 3, 1 + dice[1] % 3
    values: dict[str, Any] = {
        "urgency": urgency,
        "importance": importance,
        "category": CATEGORIES[0 if urgency == 3 else 1 if urgency + importance > 3 else 2],
        "summary": f"{sender} writes about “{subject}”.",
        "reasoning": f"Judged by “{subject}”: urgency {urgency} of 3, importance {importance} of 3.",
        "tags": sorted({TOPICS[dice[2] % len(TOPICS)], TOPICS[dice[3] % len(TOPICS)]}),
        "is_spam": False,
        "language": "en",
        "confidence": round(0.6 + dice[4] / 255 * 0.39, 2),
        "questions": [f"Can you answer “{subject}”?"] if urgency > 1 else [],
        "deadlines": [{"date": found[1], "words": found[0].strip()} for found in DATE.finditer(prompt)][:3],
    }
    if suggestions:
        values["suggestions"] = [f"Answer {sender} on “{subject}”.", "Note the next step in your calendar."]
    return values


def _reply(prompt: str) -> str:
    subject, sender = _header(prompt, "Subject", "your message"), _header(prompt, "From", "")
    name = re.sub(r"\s*<.*", "", sender).strip(' "')
    dice = hashlib.sha256(prompt.encode(errors="replace")).digest()
    middle = (
        "I will look into it and come back to you by tomorrow.",
        "That works for me. Please go ahead as you propose.",
        "Could you send me the details, so that I can decide this week?",
    )[dice[0] % 3]
    return f"Hello{f' {name}' if name else ''},\n\nthank you for “{subject}”.\n\n{middle}\n\nBest regards"


def _header(prompt: str, name: str, otherwise: str) -> str:
    found = re.search(rf"^\W*{name}:[ \t]*(\S.*)$", prompt, re.IGNORECASE | re.MULTILINE)
    return found[1].strip()[:120] if found else otherwise
