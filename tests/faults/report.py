"""What the trials say: survivors with their place, and the share that was caught with its interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.kinds import Fault
from tests.faults.places import area_of
from tests.faults.trying import Verdict

EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def equivalents() -> dict[str, str]:
    """Names of faults that change nothing anybody could see → why. A line `name`, and below it `    reason`."""
    known: dict[str, str] = {}
    name = ""
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("    "):
            known[name] = f"{known.get(name, '')} {line.strip()}".strip()
        elif line and not line.startswith("#"):
            name = line
            known[name] = ""
    return known


def wilson(caught: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), as fractions."""
    if not of:
        return 0.0, 1.0
    share = caught / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return middle - half, middle + half


def survivor(verdict: Verdict) -> str:
    fault = verdict.fault
    tests = (
        f"{len(verdict.ran)} tests ran: "
        + ", ".join(verdict.ran[:6])
        + (" …" if len(verdict.ran) > 6 else "")
    )
    return "\n".join(
        (
            f"SURVIVED {fault.path}:{fault.line}",
            f"    {fault.name}",
            f"    {tests if verdict.ran else 'no test runs it'}",
        )
    )


def summary(verdicts: Sequence[Verdict], same: Sequence[Fault], seed: int, left: int) -> str:
    survived = [verdict for verdict in verdicts if not verdict.caught_by]
    caught, of = len(verdicts) - len(survived), len(verdicts)
    low, high = wilson(caught, of)
    share = 100 * caught / of if of else 0
    lines = [
        f"seed {seed}: {of + len(same)} faults tried or known, {len(same)} of them change nothing",
        f"{caught} of {of} caught: {share:.1f} %, 95 % interval {100 * low:.1f} to {100 * high:.1f} %",
    ]
    if left:
        lines.append(f"{left} were not tried: the time was over")
    tried, missed = (Counter(area_of(each.fault.path) for each in some) for some in (verdicts, survived))
    lines += [f"    {area:10} {tried[area] - missed[area]:4} of {tried[area]:4}" for area in sorted(tried)]
    return "\n".join(lines)
