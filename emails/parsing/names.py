"""Sets of names, written as they read best: one after the other."""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())
