"""What the operator says models cost."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from mailai.ai.prices import Price, cost, price_of, read_prices

CHEAP = {"input": 0.5, "output": 2, "currency": "usd"}


def test_a_model_has_its_own_price_else_its_providers():
    prices = read_prices({"openai/gpt": CHEAP, "openai": {"input": 1, "output": 1}})

    assert price_of(prices, "openai", "gpt") == Price(0.5, 2, "USD")
    assert price_of(prices, "openai", "other") == Price(1, 1, "EUR")
    assert price_of(prices, "mistral", "gpt") is None


def test_it_is_per_million_tokens():
    assert cost(Price(0.5, 2, "EUR"), 3_000_000, 500_000) == pytest.approx(2.5)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {"openai": 3},
        {"openai": {"input": 1}},
        {"openai": {"input": 1, "output": "2"}},
        {"openai": {"input": 1, "output": -2}},
        {"openai": {"input": True, "output": 2}},
        {"openai": {"input": float("inf"), "output": 2}},
        {"openai": {"input": 1, "output": 2, "currency": "Euro"}},
        {"openai": {"input": 1, "output": 2, "per": "1k"}},
    ],
)
def test_it_says_what_is_wrong_with_a_price(value):
    with pytest.raises(
        ImproperlyConfigured, match=r"MAILAI_PRICES(: the (price|currency) of 'openai'| must be)"
    ):
        read_prices(value)
