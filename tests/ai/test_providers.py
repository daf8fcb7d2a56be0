from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mailai.ai import providers

HERE = {"label": "Our own", "base_url": "http://10.0.0.5:8000/v1", "default_model": "qwen3"}


@pytest.fixture(autouse=True)
def nothing_configured(settings: Any) -> None:
    settings.MAILAI_BASE_URLS = dict.fromkeys(("openai", "anthropic", "mistral", "ollama"), "")
    settings.MAILAI_PROVIDERS = {}
    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = []


def test_it_knows_the_built_in_providers() -> None:
    assert [name for name, label in providers.choices()] == [
        *("local", "openai", "anthropic", "mistral", "ollama"),
    ]
    local = providers.get("local")
    assert (local.local, local.needs_key, local.base_url, local.default_model) == (True, False, "", "rules")
    assert providers.get("openai").base_url == "https://api.openai.com/v1"
    assert providers.get("openai").needs_key
    assert not providers.get("ollama").needs_key
    assert not any(provider.takes_base_url for provider in providers.all())


def test_it_says_which_provider_is_unknown() -> None:
    with pytest.raises(LookupError, match="'gone'"):
        providers.get("gone")


def test_it_lets_the_operator_override_a_base_url(settings: Any) -> None:
    settings.MAILAI_BASE_URLS = {"openai": "http://127.0.0.1:8089/v1", "mistral": ""}
    assert providers.get("openai").base_url == "http://127.0.0.1:8089/v1"
    assert providers.get("mistral").base_url == "https://api.mistral.ai/v1"


def test_it_adds_the_providers_of_the_operator(settings: Any) -> None:
    settings.MAILAI_PROVIDERS = {"house": HERE, "lab": HERE | {"needs_key": False, "structured": "none"}}
    house, lab = providers.get("house"), providers.get("lab")
    assert (house.label, house.base_url, house.default_model) == tuple(HERE.values())
    assert (house.needs_key, house.structured, house.local) == (True, "json_schema", False)
    assert (lab.needs_key, lab.structured) == (False, "none")
    assert providers.choices()[-1] == ("lab", "Our own")


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("openai", HERE, "built in"),
        ("Bad Name", HERE, "a letter first"),
        ("house", "http://10.0.0.5/v1", "must be an object"),
        ("house", HERE | {"api_key": "sk-1"}, "unknown key 'api_key'"),
        ("house", HERE | {"base_url": None}, "base_url must be text"),
        ("house", HERE | {"base_url": "ftp://10.0.0.5"}, "must look like"),
        ("house", HERE | {"default_model": ""}, "default_model must be text"),
        ("house", HERE | {"needs_key": "no"}, "needs_key must be true or false"),
        ("house", HERE | {"structured": "xml"}, "structured must be one of"),
        ("house", {"base_url": "http://10.0.0.5/v1"}, "default_model must be text"),
    ],
)
def test_it_refuses_a_wrong_provider_loudly(settings: Any, name: str, entry: Any, words: str) -> None:
    settings.MAILAI_PROVIDERS = {name: entry}
    with pytest.raises(ImproperlyConfigured, match=words):
        providers.all()


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("MAILAI_PROVIDERS", ["house"], "must be a JSON object"),
        ("MAILAI_BASE_URLS", {"local": "http://127.0.0.1/v1"}, "no base URL to override"),
        ("MAILAI_BASE_URLS", {"opnai": "http://127.0.0.1/v1"}, "no base URL to override"),
        ("MAILAI_BASE_URLS", {"openai": "127.0.0.1/v1"}, "base URL of openai must look like"),
        ("MAILAI_TOKEN_BASE_URL_PROVIDERS", ["local"], "'local' has no base URL"),
        ("MAILAI_TOKEN_BASE_URL_PROVIDERS", ["opnai"], "'opnai' has no base URL"),
    ],
)
def test_it_refuses_a_wrong_setting_loudly(settings: Any, setting: str, value: Any, words: str) -> None:
    setattr(settings, setting, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        providers.all()


def test_it_takes_a_tokens_own_base_url_only_where_allowed(settings: Any) -> None:
    settings.MAILAI_PROVIDERS = {"house": HERE}
    settings.MAILAI_TOKEN_BASE_URL_PROVIDERS = ["house"]
    house, openai = providers.get("house"), providers.get("openai")
    assert providers.base_url_for(house) == HERE["base_url"]
    assert providers.base_url_for(house, " https://mine.example/v1 ") == "https://mine.example/v1"
    with pytest.raises(ValueError, match="not allowed"):
        providers.base_url_for(openai, "https://mine.example/v1")


@pytest.mark.parametrize(
    "url",
    [
        *("", "mine.example", "//mine.example/v1", "file:///etc/passwd", "http://", "http://:80/v1"),
        *("http://mine.example:99999/v1", "http://mine.example:0/v1", "http://[::1/v1", "http://a b/v1"),
        *(
            "https://user:secret@mine.example/v1",
            "https://mine.example/v1?key=secret",
            "https://mine.example/#a",
        ),
        *("https://mine.example/v1\r\nX: 1", "https://bücher.example/v1"),
    ],
)
def test_it_refuses_a_bad_base_url_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(must|is)") as refusal:
        providers.valid_base_url(url)
    assert "secret" not in str(refusal.value)
