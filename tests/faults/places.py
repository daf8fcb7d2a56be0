"""Which modules faults are put into, and which of their faults."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from tests.faults.copies import ROOT
from tests.faults.kinds import Fault, faults_of, is_possible

AREAS = {
    "runs": ("mailai/runs/",),
    "ai": ("mailai/ai/",),
    "access": (
        "emails/access.py",
        "replies/access.py",
        "emails/conversation.py",
        "emails/reading.py",
        "mailai/http.py",
    ),
    "sending": ("replies/",),
    "fetching": ("emails/accounts/",),
    "parsing": ("emails/parsing/",),
}
# Words and data, whose own tests compare them with what people said; migrations, which run once; the tests' own fake.
# The built-in rules are judged by how far they agree with a person, not one by one.
LEFT_OUT = (
    "mailai/ai/local/",
    "mailai/ai/fake/",
    "mailai/ai/stopwords.py",
    "mailai/ai/language.py",
    "mailai/ai/prices.py",
    "mailai/runs/wording.py",
    "mailai/runs/overview_text.py",
    "emails/accounts/presets.py",
    "replies/figures.py",
    "replies/onboarding.py",
    "/migrations/",
    "/management/",
    "/admin.py",
    "/apps.py",
    "/urls.py",
)


def modules(areas: Iterable[str] = AREAS) -> list[str]:
    """Paths of the modules of these areas; a path stands for itself and what lies below it."""
    begins = tuple(start for area in areas for start in AREAS.get(area, (area,)))
    found = [
        str(path.relative_to(ROOT))
        for package in ("mailai", "emails", "replies")
        for path in (ROOT / package).rglob("*.py")
    ]
    return sorted(
        path for path in found if path.startswith(begins) and not any(part in path for part in LEFT_OUT)
    )


def chosen(paths: Sequence[str], count: int, seed: int) -> list[Fault]:
    """So many lines at random, and of each line one of its faults; a dense line counts no more than another."""
    lines: dict[tuple[str, int], list[Fault]] = defaultdict(list)
    for path in paths:
        for fault in faults_of(path, (ROOT / path).read_text(encoding="utf-8")):
            lines[path, fault.line].append(fault)
    dice = random.Random(seed)
    picked: list[Fault] = []
    for place in dice.sample(sorted(lines), len(lines)):
        if len(picked) == count:
            break
        source = (ROOT / place[0]).read_text(encoding="utf-8")
        faults = dice.sample(lines[place], len(lines[place]))
        picked += [fault for fault in faults if is_possible(fault, source)][:1]
    return picked


def area_of(path: str) -> str:
    return next(
        (area for area, starts in AREAS.items() if path.startswith(starts)), str(PurePath(path).parent)
    )
