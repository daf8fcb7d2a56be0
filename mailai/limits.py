"""The limits of every kind of run, and what the settings of runs must look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

LIMITS = {  # of each kind: soft limit, hard limit, first backoff, presses
    "base": (90, 120, 60, "60/h"),
    "optimize": (150, 180, 120, "5/h"),
    "reply": (45, 60, 60, "30/h"),
    "send": (50, 60, 60, "60/h"),
    "save_draft": (50, 60, 60, "60/h"),
    "token_test": (30, 45, 10, "30/h"),
    "fetch": (540, 600, 60, "60/h"),
    "account_test": (60, 90, 10, "30/h"),
    "import": (540, 600, 10, "30/h"),
    "delete_user": (540, 600, 10, "60/h"),
}
RATE = re.compile(r"([1-9]\d*)/([1-9]\d*)?([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
QUEUE = re.compile(r"[a-z0-9_-]{1,30}")


def per_kind(read: Callable[[str, Any], Any], what: str, column: int) -> dict[str, Any]:
    """MAILAI_<KIND>_<what> of every kind, as `read` finds it, or else this column of LIMITS."""
    return {kind: read(f"MAILAI_{kind.upper()}_{what}", row[column]) for kind, row in LIMITS.items()}


def check_limits(soft: Mapping[str, int], hard: Mapping[str, int]) -> None:
    """Raises ImproperlyConfigured, as all of these."""
    for kind, seconds in soft.items():
        if not 0 < seconds < hard[kind]:
            raise ImproperlyConfigured(
                f"The soft limit of {kind} ({seconds} s) must be above 0 and below its hard limit "
                f"({hard[kind]} s), or a slow answer is lost instead of told."
            )


def check_rates(rates: Mapping[str, str]) -> None:
    for name, rate in rates.items():
        if not RATE.fullmatch(rate):
            raise ImproperlyConfigured(
                f"The rate of {name} is {rate!r}. It looks like 5/h: a count, / and s, m, h or d."
            )


def read_rate(rate: str) -> tuple[int, int]:
    """How many, and in how many seconds, of a rate that was checked: 5/2h is 5 in 7200."""
    count, periods, unit = RATE.fullmatch(rate).groups()  # type: ignore[union-attr]
    return int(count), int(periods or 1) * SECONDS[unit]


def check_queues(queues: Mapping[str, str]) -> None:
    for kind, queue in queues.items():
        if kind not in LIMITS or not QUEUE.fullmatch(queue):
            raise ImproperlyConfigured(
                f"MAILAI_QUEUES gives {kind!r} the queue {queue!r}. It looks like base=bulk: a kind of run "
                f"({', '.join(LIMITS)}) and a name of a-z, 0-9, - and _."
            )


def check_concurrency(calls_of: Mapping[str, int]) -> None:
    for provider, calls in calls_of.items():
        if calls < 1:
            raise ImproperlyConfigured(
                f"MAILAI_CONCURRENCY gives {provider} {calls} calls at a time. It must be 1 or more."
            )


def check_uploads(most: int, waiting: int) -> None:
    if waiting < most:
        raise ImproperlyConfigured(
            f"MAILAI_UPLOAD_WAITING_BYTES ({waiting}) must not be below MAILAI_UPLOAD_MAX_BYTES ({most}), or the "
            "largest upload is never taken."
        )
