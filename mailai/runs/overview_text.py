"""The overview as lines of text that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mailai.runs.overview import Overview

WORDS = {
    "queue",
    "kind",
    "failed",
    "code",
    "worker",
    "queues",
    "seconds",
    "model",
}  # other columns hold numbers


def lines(seen: Overview, problems: list[str]) -> list[str]:
    waiting = f"{seen['waiting']} waiting" + told(" (oldest {})", seen["oldest"])
    retrying = f"{seen['retrying']} retrying" + told(" (next in {})", seen["next_retry"])
    parts = [
        [f"mailai {seen['version']}   {seen['at']}   ended: in the last {seen['hours']} h"],
        [f"{waiting}, {seen['running']} running, {retrying}"],
        [f"! {problem}" for problem in problems],
        table(
            ("queue", "waiting", "oldest"),
            [
                (queue["queue"] or "(not rung)", queue["waiting"], age(queue["oldest"]))
                for queue in seen["queues"]
            ],
        ),
        table(
            ("kind", "waiting", "running", "retrying", "succeeded", "failed", "cancelled"),
            [tuple(kind.values()) for kind in seen["kinds"]],
        ),
        table(
            ("failed", "code", "runs"),
            [(failure["kind"], failure["code"], failure["runs"]) for failure in seen["failures"]],
        ),
        table(
            ("worker", "process", "slots", "seen", "up", "queues"),
            [
                (
                    cut(worker["host"], 22),
                    worker["pid"],
                    worker["slots"],
                    age(worker["seen"]) + ("" if worker["alive"] else " gone"),
                    age(worker["up"]),
                    cut(",".join(worker["queues"]) or "all", 16),
                )
                for worker in seen["workers"]
            ],
        )
        or ["no worker"],
        table(
            ("seconds", "model", "runs", "wait", "p95", "answer", "p95", "whole", "p95"),
            [
                (cut(time["kind"], 10), cut(time["model"] or "-", 26), time["runs"], *(quantiles(time)))
                for time in seen["times"]
            ],
            gap=1,
        ),
    ]
    return [line for part in parts if part for line in [*part, ""]][:-1]


def table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]], gap: int = 2) -> list[str]:
    """Aligned columns; nothing where there are no rows."""
    texts = [tuple(str(cell) for cell in row) for row in rows]
    if not texts:
        return []
    widths = [max(len(row[column]) for row in [head, *texts]) for column in range(len(head))]
    return [
        (gap * " ")
        .join(
            cell.ljust(width) if name in WORDS else cell.rjust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        )
        .rstrip()
        for row in [head, *texts]
    ]


def quantiles(time: dict[str, Any]) -> list[str]:
    values = [time[part][quantile] for part in ("waited", "answer", "whole") for quantile in ("p50", "p95")]
    return ["-" if value is None else brief(value) for value in values]


def brief(seconds: float) -> str:
    if seconds < 10_000:
        return f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"
    return f"{min(seconds / 3600, 9999):.0f}h"


def told(text: str, seconds: float | None) -> str:
    return "" if seconds is None else text.format(age(seconds))


def age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
