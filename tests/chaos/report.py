"""The figures of one seed or of several, for a person."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any

from tests.chaos.plan import KILLS
from tests.chaos.seed import Outcome


def of(title: str, outcomes: list[Outcome]) -> str:
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    hits: Counter[str] = sum((outcome.hits for outcome in outcomes), Counter())
    runs: Counter[str] = sum((outcome.runs for outcome in outcomes), Counter())
    attempts: Counter[int] = sum((outcome.attempts for outcome in outcomes), Counter())
    exceptions: Counter[str] = sum((outcome.exceptions for outcome in outcomes), Counter())
    kills = {target: count for target, count in hits.items() if target in KILLS}
    others = {target: count for target, count in hits.items() if target not in KILLS}
    drained = [seconds for outcome in outcomes for seconds in outcome.drained]
    found, hurried = _sum(outcomes, "found"), _sum(outcomes, "hurried")
    lines = [
        title,
        f"  kills      {sum(kills.values())}: {_listed(kills)}; besides {_listed(others)}",
        f"  runs       {sum(runs.values())}: {_listed(runs)}",
        f"  presses    {found} found a run under way, {hurried} retries were hurried",
        f"  attempts   {', '.join(f'{count} × {attempt}' for attempt, count in sorted(attempts.items()))}",
        f"  calls      {_sum(outcomes, 'calls')} to the model for {runs['succeeded']} successes, "
        f"{_sum(outcomes, 'doubled_calls')} twice in the ledger",
        f"  mail       {_sum(outcomes, 'fetched')} messages fetched, {_sum(outcomes, 'sent')} sent",
        f"  drained    {len(drained)} SIGTERMs, {max(drained, default=0):.1f} s at most",
        "  healed     after (s: median, max, of how many; others were hit again before)",
    ]
    healed: dict[str, list[float]] = {}
    for outcome in outcomes:
        for target, seconds in outcome.healed.items():
            healed.setdefault(target, []).extend(seconds)
    lines += [
        f"    {target:<15} {median(seconds):6.1f} {max(seconds):6.1f}  {len(seconds)}"
        for target, seconds in sorted(healed.items())
    ]
    lines += [f"  logged     {count} × {line}" for line, count in exceptions.most_common()]
    words = {
        name: sum(problem.startswith(name.upper()) for problem in problems)
        for name in ("lost", "doubled", "stuck")
    }
    lines.append(
        f"  {', '.join(f'{name} {count}' for name, count in words.items())}; "
        f"settled in {max(outcome.settled for outcome in outcomes):.0f} s, "
        f"{sum(outcome.seconds for outcome in outcomes):.0f} s in all"
    )
    lines += [f"  WRONG {problem}" for problem in problems]
    return "\n".join(lines)


def _sum(outcomes: list[Outcome], name: str) -> Any:
    return sum(getattr(outcome, name) for outcome in outcomes)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
