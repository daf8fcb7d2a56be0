"""The one error that leaves the AI layer: a code of ours, and whether another try can help.

A run about a mail server fails with the same kind of error: those codes begin with `mail_` or
`send_`. Those of an import begin with `import_`, those
of the deletion of users are `delete_time` and `user_kept`.
"""

from __future__ import annotations

RETRYABLE = frozenset(
    {
        "timeout",
        "rate_limited",
        "unreachable",
        "overloaded",
        "unfinished",
        "worker_lost",
        "mail_timeout",
        "mail_refused",
        "mail_dropped",
        "mail_unavailable",
        "send_deferred",
        "send_interrupted",
        "import_time",
        "delete_time",
    }
)
FINAL = frozenset(
    {
        "auth",
        "quota",
        "model_missing",
        "refused",
        "truncated",
        "too_long",
        "invalid_output",
        "bad_request",
        "server_address",
        "token_expired",
        "token_revoked",
        "token_missing",
        "token_unreadable",
        "user_inactive",
        "user_kept",
        "wrong_state",
        "expired",
        "internal",
        "mail_host",
        "mail_address",
        "mail_port",
        "mail_unencrypted",
        "mail_starttls",
        "mail_tls",
        "mail_cert_expired",
        "mail_cert_host",
        "mail_cert_issuer",
        "mail_cert",
        "mail_login",
        "mail_password",
        "mail_folder",
        "mail_protocol",
        "mail_account",
        "send_refused",
        "send_unknown",
        "send_gone",
        "import_gone",
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
