"""What of an overview somebody should look at: a line each, none where all is well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailai.runs.hosts import ALIVE
from mailai.runs.overview import Overview

# A provider whose latest calls all ended so can be used by nobody.
DOWN = {"unreachable", "overloaded", "timeout", "auth"}
CALLS = 3  # fewer say nothing of a provider


@dataclass(frozen=True)
class Limits:
    longest_wait: float = 300  # seconds
    failing: float = 50  # per cent of the runs that ended in the window, cancelled ones aside
    fewest: int = 10  # ended runs below which that share says nothing


def problems(seen: Overview, limits: Limits = Limits()) -> list[str]:
    return [*_workers(seen), *_waiting(seen, limits), *_failing(seen, limits), *_providers(seen)]


def _workers(seen: Overview) -> Iterator[str]:
    alive = [worker for worker in seen["workers"] if worker["alive"]]
    if not alive:
        wait = f", and {seen['waiting']} runs wait" if seen["waiting"] else ""
        yield f"no worker was seen in the last {ALIVE.seconds} s{wait}"
    for worker in seen["workers"]:
        if not worker["alive"] and not any(_replaces(other, worker) for other in alive):
            yield (
                f"the worker on {worker['host']} (process {worker['pid']}) has not been seen for "
                f"{worker['seen']:.0f} s and did not say that it ends; if it is gone for good: runs --forget "
                f"{worker['host']}"
            )
    served = {queue for worker in alive for queue in worker["queues"]}
    everything = any(not worker["queues"] for worker in alive)
    for queue in seen["queues"]:
        if alive and not everything and queue["queue"] and queue["queue"] not in served:
            yield f"no worker serves the queue {queue['queue']}, and runs wait in it"


def _replaces(worker: dict[str, Any], gone: dict[str, Any]) -> bool:
    """Whether it was started in the same place after the other had been seen for the last time."""
    same = all(worker[name] == gone[name] for name in ("host", "queues"))
    return same and bool(worker["up"] <= gone["seen"])


def _waiting(seen: Overview, limits: Limits) -> Iterator[str]:
    if seen["oldest"] is not None and seen["oldest"] > limits.longest_wait:
        yield f"a run has waited for {seen['oldest']:.0f} s, longer than {limits.longest_wait:.0f} s"
    if seen["overdue"]:
        yield f"{seen['overdue']} running past their lease: no worker's reaper is at work"


def _failing(seen: Overview, limits: Limits) -> Iterator[str]:
    failed = sum(kind["failed"] for kind in seen["kinds"])
    ended = failed + sum(kind["succeeded"] for kind in seen["kinds"])
    if ended < max(limits.fewest, 1) or 100 * failed <= limits.failing * ended:
        return
    worst = ", ".join(f"{each['kind']} {each['code']} {each['runs']}" for each in seen["failures"][:3])
    yield f"{failed} of {ended} runs failed in the last {seen['hours']} h (most: {worst})"


def _providers(seen: Overview) -> Iterator[str]:
    for provider in seen["providers"]:
        if provider["calls"] >= CALLS and set(provider["codes"]) <= DOWN:
            codes = ", ".join(provider["codes"])
            yield f"{provider['provider']} is down: its latest {provider['calls']} calls all failed ({codes})"
