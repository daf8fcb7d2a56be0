"""What a vendor's refusal means in our codes. Its texts decide, and go no further: they can echo the key."""

from __future__ import annotations

import datetime as dt
import math
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
    425: "overloaded",
    429: "rate_limited",
}
BY_WORD = {
    "insufficient_quota": "quota",
    "billing_hard_limit_reached": "quota",
    "billing_not_active": "quota",
    "billing_error": "quota",
    "invalid_api_key": "auth",
    "authentication_error": "auth",
    "permission_error": "auth",
    "permission_denied": "auth",
    "model_not_found": "model_missing",
    "not_found_error": "model_missing",
    "rate_limit_exceeded": "rate_limited",
    "rate_limit_error": "rate_limited",
    "overloaded_error": "overloaded",
    "server_error": "overloaded",
    "api_error": "overloaded",
    "internal_server_error": "overloaded",
    "timeout": "timeout",
    "content_filter": "refused",
    "content_policy_violation": "refused",
    "context_length_exceeded": "bad_request",
    "invalid_request_error": "bad_request",
}
LONGEST_WAIT = 24 * 3600.0


def from_status(status: int, body: object, headers: Mapping[str, str]) -> AIError:
    """The error for an HTTP status. `body` is the decoded JSON `error` object, or whatever came instead."""
    word = _word(body)
    if status in (400, 402, 403, 429) and BY_WORD.get(word) in ("quota", "refused"):
        return AIError(BY_WORD[word], f"HTTP {status}")
    if too_long(status, body):
        return AIError("bad_request", f"HTTP {status}, the text is too long for this model")
    if status < 400:
        return AIError("unreachable", f"HTTP {status}, not an answer")
    code = BY_STATUS.get(status, "overloaded" if status >= 500 else "bad_request")
    return AIError(code, f"HTTP {status}", retry_after(headers) if status in (429, 503, 529) else None)


def from_stream(body: object) -> AIError:
    """The error for an error object that came inside a stream, after HTTP 200."""
    status = _get(body, "code") or _get(body, "status")
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status[:3])
    if isinstance(status, int) and not isinstance(status, bool) and 400 <= status <= 599:
        return AIError(from_status(status, body, {}).code, f"error {status} in the stream")
    return AIError(BY_WORD.get(_word(body), "overloaded"), "error in the stream")


def too_long(status: int, body: object) -> bool:
    """Whether the prompt did not fit."""
    return status == 413 or (status in (400, 422) and _word(body) == "context_length_exceeded")


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
        # The server's own clock has said what "now" is to it; ours may be wrong.
        seconds = (when - (_moment(headers.get("date", "")) or dt.datetime.now(dt.UTC))).total_seconds()
    if math.isnan(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_WAIT)


def _moment(value: str) -> dt.datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _word(body: object) -> str:
    """The known word that names the error: vendors put it in `code` or in `type`."""
    for name in ("code", "type"):
        value = _get(body, name)
        if isinstance(value, str) and value.lower() in BY_WORD:
            return value.lower()
    return ""


def _get(body: object, name: str) -> Any:
    return body.get(name) if isinstance(body, Mapping) else None
