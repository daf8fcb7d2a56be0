from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailai.ai.fake import FakeOpenAI


@pytest.fixture(scope="session")
def running_fake() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
def fake(running_fake: FakeOpenAI, settings: Any) -> FakeOpenAI:
    """A fake OpenAI server that every vendor's name leads to."""
    running_fake.reset()
    settings.MAILAI_BASE_URLS = dict.fromkeys(("openai", "anthropic", "mistral", "ollama"), running_fake.url)
    settings.MAILAI_PROVIDERS = {}
    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = []
    settings.MAILAI_TOKEN_PRIVATE_HOSTS = []
    return running_fake
