"""What models cost, as the operator has set it: nothing here knows a vendor's prices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """Per million tokens."""

    input: float
    output: float
    currency: str


def read_prices(value: Any) -> dict[str, Price]:
    """From {"provider/model" or "provider": {"input": …, "output": …, "currency": …}}. Raises ImproperlyConfigured."""
    if not isinstance(value, dict):
        raise ImproperlyConfigured("MAILAI_PRICES must be a JSON object.")
    return {name: _read(name, fields) for name, fields in value.items()}


def price_of(prices: Mapping[str, Price], provider: str, model: str) -> Price | None:
    """The model's own price, else its provider's."""
    return prices.get(f"{provider}/{model}") or prices.get(provider)


def cost(price: Price, read: int, wrote: int) -> float:
    """Of so many tokens, in the price's currency."""
    return (price.input * read + price.output * wrote) / MILLION


def _read(name: str, fields: Any) -> Price:
    if not isinstance(fields, dict) or set(fields) - {"input", "output", "currency"}:
        raise ImproperlyConfigured(
            f"MAILAI_PRICES: the price of {name!r} has input, output and currency, and nothing else."
        )
    for part in ("input", "output"):
        amount = fields.get(part)
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 <= amount < math.inf:
            raise ImproperlyConfigured(
                f"MAILAI_PRICES: the price of {name!r} needs {part}, a number per million tokens, 0 or more."
            )
    currency = fields.get("currency", "EUR")
    if not isinstance(currency, str) or not (
        currency.isascii() and currency.isalpha() and len(currency) == 3
    ):
        raise ImproperlyConfigured(f"MAILAI_PRICES: the currency of {name!r} has three letters, as EUR.")
    return Price(float(fields["input"]), float(fields["output"]), currency.upper())
