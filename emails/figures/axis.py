"""Round numbers along an axis."""

from __future__ import annotations

import math

LARGEST = 1e14  # beyond this a chart says no more than that it is much


def ticks(largest: float, at_most: int = 4, whole: bool = True) -> list[float]:
    """From 0 in equal steps of 1, 2 or 5 · 10ⁿ to the first that is not below `largest`; at least two."""
    top = size(largest)
    if top == 0:
        return [0.0, 1.0]
    least = top / at_most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    count = max(1, math.ceil(top / step - 1e-9))
    return [number * step for number in range(count + 1)]


def size(value: float | None) -> float:
    """A value as a length: nothing below 0, nothing that is no number, nothing beyond all measure."""
    if value is None or math.isnan(value):
        return 0.0
    return min(max(0.0, float(value)), LARGEST)
