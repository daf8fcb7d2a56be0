"""An OpenAI-compatible server on this machine, for development and tests: no key, any failure at will."""

from mailai.ai.fake.server import FakeOpenAI

__all__ = ["FakeOpenAI"]
