"""How far analyses agree with labels that a person gave: counts per field, and the confusion about spam."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mailai.ai.schemas import BaseAnswer

FIELDS = ("urgency", "importance", "category", "spam", "language")
LEVELS = ("urgency", "importance")


@dataclass(frozen=True)
class Label:
    """What a person says of one letter; `why` is their reason."""

    urgency: int
    importance: int
    category: str
    spam: bool
    language: str
    why: str = ""


@dataclass(frozen=True)
class Report:
    """Of `n` letters: how many agree per field, exactly and (levels only) within one, and what went wrong
    about spam.
    """

    n: int = 0
    exact: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIELDS, 0))
    within_one: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    spam_found: int = 0
    spam_missed: int = 0
    """False negatives: spam that was let through."""
    spam_wrong: int = 0
    """False positives: good mail that was called spam."""

    def lines(self) -> list[str]:
        """The report as lines of text, one per field."""
        if not self.n:
            return ["nothing to compare"]
        rows = [
            f"{name:<12} {self.exact[name]:>4} of {self.n} ({self.exact[name] / self.n:.0%})"
            for name in FIELDS
        ]
        rows = [
            f"{row}, within one {self.within_one[name]} ({self.within_one[name] / self.n:.0%})"
            if name in LEVELS
            else row
            for name, row in zip(FIELDS, rows, strict=True)
        ]
        return [
            *rows,
            f"spam         {self.spam_found} found, "
            f"{self.spam_missed} missed, {self.spam_wrong} wrongly called so",
        ]


def load_labels(path: Path) -> dict[str, Label]:
    """Labels by file name, from a JSON object of objects with Label's fields; raises ValueError or
    TypeError on others.
    """
    return {name: Label(**values) for name, values in json.loads(path.read_text(encoding="utf-8")).items()}


def agreement(pairs: Iterable[tuple[Label, BaseAnswer]]) -> Report:
    """Compare each label with its analysis."""
    n = found = missed = wrong = 0
    exact, within_one = dict.fromkeys(FIELDS, 0), dict.fromkeys(LEVELS, 0)
    for label, answer in pairs:
        n += 1
        for name in FIELDS:
            exact[name] += getattr(label, name) == (
                answer.is_spam if name == "spam" else getattr(answer, name)
            )
        for name in LEVELS:
            within_one[name] += abs(getattr(label, name) - getattr(answer, name)) <= 1
        found += label.spam and answer.is_spam
        missed += label.spam and not answer.is_spam
        wrong += answer.is_spam and not label.spam
    return Report(n, exact, within_one, found, missed, wrong)
