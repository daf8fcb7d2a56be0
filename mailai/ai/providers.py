"""Whom a model can be asked at: the built-in rules, four vendors, and what the operator adds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Structured = Literal["grammar", "json_schema", "json_object", "none"]


@dataclass(frozen=True)
class Provider:
    """An OpenAI-compatible server, or (`local`) the rules inside this program.

    `structured` is the strongest form of JSON output that it is known to honour; the client steps down from
    there by itself. "grammar" is a JSON schema whose limits (lengths, counts) the server holds its model to, as
    llama.cpp does; "json_schema" has none, because vendors refuse them. `takes_base_url`: a user's token may name its
    own server.
    """

    name: str
    label: str
    base_url: str
    needs_key: bool
    default_model: str
    structured: Structured
    local: bool = False
    takes_base_url: bool = False


BUILT_IN = (
    Provider("local", "Built-in rules", "", False, "rules", "none", local=True),
    Provider("openai", "OpenAI", "https://api.openai.com/v1", True, "gpt-5.4-mini", "json_schema"),
    # Anthropic's compatible endpoint takes response_format and ignores it.
    Provider("anthropic", "Anthropic", "https://api.anthropic.com/v1/", True, "claude-sonnet-5-5", "none"),
    Provider("mistral", "Mistral", "https://api.mistral.ai/v1", True, "mistral-small-latest", "json_schema"),
    Provider("ollama", "Ollama", "http://127.0.0.1:11434/v1", False, "llama3.2", "grammar"),
)


def all() -> tuple[Provider, ...]:
    """Every provider of this installation, built-in ones first, with the operator's base URLs.

    Raises ImproperlyConfigured, naming the setting that is wrong.
    """
    known = {provider.name: provider for provider in BUILT_IN}
    for name, url in settings.MAILAI_BASE_URLS.items():
        if name not in known or known[name].local:
            raise ImproperlyConfigured(f"MAILAI_BASE_URLS names {name!r}, which has no base URL to override.")
        if url:
            known[name] = replace(known[name], base_url=_configured_url(url, f"The base URL of {name}"))
    if not isinstance(settings.MAILAI_PROVIDERS, Mapping):
        raise ImproperlyConfigured("MAILAI_PROVIDERS must be a JSON object: a name, and its provider.")
    for name, entry in settings.MAILAI_PROVIDERS.items():
        if name in known:
            raise ImproperlyConfigured(f"MAILAI_PROVIDERS: {name!r} is built in. Set its base URL instead.")
        known[name] = _defined_by_operator(name, entry)
    for name in settings.MAILAI_TOKEN_BASE_URL_PROVIDERS:
        if name not in known or known[name].local:
            raise ImproperlyConfigured(f"MAILAI_TOKEN_BASE_URL_PROVIDERS: {name!r} has no base URL.")
        known[name] = replace(known[name], takes_base_url=True)
    return tuple(known.values())


def get(name: str) -> Provider:
    """The provider of that name. Raises LookupError if this installation has none."""
    for provider in all():
        if provider.name == name:
            return provider
    raise LookupError(f"no provider {name!r} is configured")


def choices() -> list[tuple[str, str]]:
    """(name, label) of every provider, as a form field takes them."""
    return [(provider.name, provider.label) for provider in all()]


def label_of(name: str) -> str:
    """The provider as people write it; one that this installation no longer has, as it is stored."""
    return dict(choices()).get(name, name)


def base_url_for(provider: Provider, own: str = "") -> str:
    """The server to ask: the token's `own` one where the operator allows that, else the provider's.

    Raises ValueError if `own` is set but malformed or not allowed.
    """
    if not own:
        return provider.base_url
    if not provider.takes_base_url:
        raise ValueError("a base URL of your own is not allowed for this provider")
    return valid_base_url(own)


def valid_base_url(url: str) -> str:
    """`url` without blanks around it, if a client can be pointed at it.

    Raises ValueError, with a reason that does not repeat the URL: it may hold a password.
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
        raise ValueError("must look like https://host/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment")
    if not re.fullmatch(r"[!-~]+", url):
        raise ValueError("must be plain ASCII without blanks")
    return url


def _configured_url(url: Any, what: str) -> str:
    if not isinstance(url, str):
        raise ImproperlyConfigured(f"{what} must be text.")
    try:
        return valid_base_url(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"{what} {error}.") from None


def _defined_by_operator(name: Any, entry: Any) -> Provider:
    where = f"MAILAI_PROVIDERS[{name!r}]"
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
        raise ImproperlyConfigured(f"{where}: a name is up to 32 of a-z, 0-9, - and _, a letter first.")
    if not isinstance(entry, Mapping):
        raise ImproperlyConfigured(f"{where} must be an object.")
    unknown = set(entry) - {"label", "base_url", "needs_key", "default_model", "structured"}
    if unknown:
        raise ImproperlyConfigured(f"{where}: unknown key {min(unknown)!r}.")
    values = {"label": name, "needs_key": True, "structured": "json_schema"} | dict(entry)
    for key, kind in (("label", str), ("needs_key", bool), ("default_model", str)):
        if not isinstance(values.get(key), kind) or values[key] == "":
            raise ImproperlyConfigured(
                f"{where}: {key} must be {'text' if kind is str else 'true or false'}."
            )
    if values["structured"] not in get_args(Structured):
        raise ImproperlyConfigured(f"{where}: structured must be one of {', '.join(get_args(Structured))}.")
    return Provider(
        name,
        values["label"],
        _configured_url(values.get("base_url"), f"{where}: base_url"),
        values["needs_key"],
        values["default_model"],
        values["structured"],
    )
