"""What a vendor's refusal means in our codes. Its texts decide, and go no further: they can echo the key."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from mailai.ai.errors import AIError

BY_STATUS = {
    400: "bad_request",
    401: "auth",
    402: "quota",
    403: "auth",
    404: "model_missing",
    408: "timeout",
    409: "overloaded",
    413: "too_long",
    425: "overloaded",
    429: "rate_limited",
}
# What the error says, in the order in which it decides; each in the words of the vendors that are known to say it.
BY_WORDS = (
    (
        "rate_limited",
        r"tokens per (?:minute|day)|requests per (?:minute|day)|rate[_ ]limit|resource_exhausted",
    ),
    (
        "quota",
        r"insufficient[_ ](?:quota|credits?|balance|funds)|billing|credit balance|more credits"
        r"|exceeded your current quota|payment required",
    ),
    (
        "too_long",
        r"context[_ ](?:length|size|window)|prompt is too long|prompt too long|input is too long"
        r"|too many (?:input )?tokens|too large for model|context the overflows|\"code\": \"?3051",
    ),
    ("refused", r"content_filter|content_policy|responsibleai|moderation|input was flagged"),
    (
        "auth",
        r"api_key_invalid|api key not valid|invalid[_ ]api[_ ]key|incorrect api key|authentication_error"
        r"|unauthenticated|permission_error|permission_denied",
    ),
    (
        "model_missing",
        r"model_not_found|invalid_model|not a valid model|not a chat model|model .{1,200}(?:not found|does not exist)"
        r"|not_found_error",
    ),
    ("timeout", r'"timeout"|timed out'),
    ("overloaded", r"overloaded|server_error|api_error|internal_server_error|internal error|loading model"),
    ("bad_request", r"invalid_request_error"),
)
PATTERNS = tuple((code, re.compile(pattern)) for code, pattern in BY_WORDS)
# A status that says it better than any word beside it.
PLAIN = {401: {"quota"}, 429: {"quota"}, 503: {"rate_limited"}, 529: set[str]()}
RETRY_DELAY = re.compile(r'"retrydelay":\s*"(\d{1,6}(?:\.\d+)?)s"')
LONGEST_WAIT = 24 * 3600.0


def from_status(status: int, body: object, headers: Mapping[str, str]) -> AIError:
    """The error for an HTTP status. `body` is the decoded JSON `error` object, or whatever came instead."""
    if status < 400:
        return AIError("unreachable", f"HTTP {status}, not an answer")
    code = code_of(status, body)
    if code == "too_long":
        return AIError(code, f"HTTP {status}, the text is too long for this model")
    waits = code == "rate_limited" or status in (429, 503, 529)
    return AIError(code, f"HTTP {status}", (retry_after(headers) or wish(body)) if waits else None)


def from_stream(body: object) -> AIError:
    """The error for an error object that came inside a stream, or as a whole answer, after HTTP 200."""
    status = _get(body, "code") or _get(body, "status")
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status[:3])
    if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
        return AIError(code_of(status, body), f"error {status} in the stream", wish(body))
    return AIError(said_by(body) or "overloaded", "error in the stream", wish(body))


def code_of(status: int, body: object) -> str:
    """Our code for an HTTP status of 400 or more with what came with it."""
    by_status = BY_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")
    by_words = said_by(body)
    if not by_words or (status in PLAIN and by_words not in PLAIN[status]):
        return by_status
    if status >= 500 and by_words not in ("too_long", "quota", "model_missing"):
        return by_status
    return by_words


def said_by(body: object) -> str:
    """Our code for what an error says, whatever its status; empty if that is nothing known."""
    said = words_of(body)
    return next((code for code, pattern in PATTERNS if pattern.search(said)), "")


def words_of(body: object) -> str:
    """All that an error says, in lower case."""
    return json.dumps(body, default=str, ensure_ascii=False).lower()[:20_000]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 section 10.2.3: seconds or an HTTP date), at most a day."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        when = _moment(value)
        if when is None:
            return None
        # The server has said what "now" is to it; this host's clock may be wrong.
        seconds = (when - (_moment(headers.get("date", "")) or dt.datetime.now(dt.UTC))).total_seconds()
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT)


def wish(body: object) -> float | None:
    """Seconds that Google's RetryInfo asks to wait."""
    found = RETRY_DELAY.search(words_of(body))
    return min(float(found[1]), LONGEST_WAIT) if found else None


def _moment(value: str) -> dt.datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _get(body: object, name: str) -> Any:
    return body.get(name) if isinstance(body, Mapping) else None
