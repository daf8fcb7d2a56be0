"""The one error that leaves the AI layer: a code of ours, and whether another try can help."""

from __future__ import annotations

RETRYABLE = frozenset({"timeout", "rate_limited", "unreachable", "overloaded", "worker_lost"})
FINAL = frozenset(
    {
        "auth",
        "quota",
        "model_missing",
        "refused",
        "truncated",
        "invalid_output",
        "bad_request",
        "token_expired",
        "token_revoked",
        "token_missing",
        "wrong_state",
        "expired",
        "internal",
    }
)


class AIError(Exception):
    """A call to a model that gave no usable answer.

    `code` is one of RETRYABLE or FINAL. `retry_after` is the provider's own wish in seconds, if it named one.
    `detail` is short, safe to store and to show (an HTTP status, a limit in seconds); it never holds a provider's
    raw text, because such texts can echo the key.
    """

    def __init__(self, code: str, detail: str = "", retry_after: float | None = None) -> None:
        if code not in RETRYABLE and code not in FINAL:
            raise ValueError(f"unknown error code {code!r}")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @property
    def retryable(self) -> bool:
        return self.code in RETRYABLE
