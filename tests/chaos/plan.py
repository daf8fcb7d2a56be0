"""What happens in one seed: which process is hit at which step, and who presses what. The seed alone decides."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

KILLS = (
    "idle worker",
    "working worker",
    "pusher",
    "monitor",
    "sentinel",
    "main",
    "group",
    "supervisor",
    "postgres",
)
OTHERS = ("term", "freeze")  # SIGTERM to a supervisor; a cluster that stands still for longer than a lease
KINDS = {
    "base": 32,
    "optimize": 14,
    "reply": 20,
    "token_test": 6,
    "fetch": 6,
    "account_test": 3,
    "send": 15,
    "save_draft": 4,
}
GOOD = {
    "fake": 30,
    "fake:latency=0.4": 15,
    "fake:drip=0.04": 15,
    "fake:drip=0.1": 12,
    "fake:invalid_once": 3,
    "fake:fenced": 3,
}
BAD = {
    "fake:fail_first=3,latency=0.1": 3,
    "fake:silent": 2,
    "fake:hang": 2,
    "fake:comments": 1,
    "fake:garbage": 3,
    "fake:invalid": 2,
    "fake:status=429,retry_after=2": 3,
    "fake:status=401": 1,
    "fake:torn": 3,
    "fake:cut": 3,
    "fake:junk": 2,
    "fake:length": 1,
    "fake:filter": 1,
    "fake:endless,drip=0.1": 2,
}
MODELS = GOOD | BAD
SLOW = (
    "fake:drip=0.04",
    "fake:latency=0.4",
    "fake:endless,drip=0.1",
)  # what is cancelled is mostly under way
THEN = {"": 70, "cancel": 14, "hurry": 8, "twice": 8}
USERS = 4
MESSAGES = 12  # of each user: so few that some presses find a run under way


@dataclass(frozen=True)
class Step:
    target: str
    after: float  # seconds after the step before
    host: int  # which of the two supervisors
    pick: float  # 0 to 1: which of several such processes
    down: float  # seconds that Postgres stays away
    wait: bool  # whether the next step waits until this one's harm is healed


@dataclass(frozen=True)
class Press:
    kind: str
    model: str
    user: int
    message: int
    then: str
    after: float  # seconds until `then` is done
    gap: float  # seconds until the next press


def steps(seed: int, kills: int, others: int, gap: float, waits: float, away: float = 3) -> list[Step]:
    """As many kills, every target as often as the others as far as it goes, and as many of the gentler harms.

    `gap` is the mean of the seconds between two of them, `waits` the share of them whose healing is waited for. Now and
    then PostgreSQL is `away` for so many seconds.
    """
    dice = random.Random(f"steps {seed}")
    targets = [target for _ in range(-(-kills // len(KILLS))) for target in dice.sample(KILLS, len(KILLS))]
    targets = targets[:kills] + [OTHERS[number % len(OTHERS)] for number in range(others)]
    dice.shuffle(targets)
    return [
        Step(
            target,
            dice.uniform(0.2, 2 * gap),
            dice.randrange(2),
            dice.random(),
            dice.uniform(0.1, 3) if dice.random() < 0.7 else away,
            dice.random() < waits,
        )
        for target in targets
    ]


def presses(seed: int, rate: float) -> Iterator[Press]:
    """So many a second, without end."""
    dice = random.Random(f"presses {seed}")
    for _ in itertools.count():
        then = _one_of(THEN, dice)
        yield Press(
            _one_of(KINDS, dice),
            dice.choice(SLOW) if then == "cancel" else _one_of(MODELS, dice),
            dice.randrange(USERS),
            dice.randrange(MESSAGES),
            then,
            dice.uniform(0, 1) if then == "cancel" else dice.uniform(0, 2.5),
            dice.uniform(0, 2 / rate),
        )


def _one_of(weights: dict[str, int], dice: random.Random) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
