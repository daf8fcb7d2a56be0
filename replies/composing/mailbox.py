"""One address, exactly (RFC 5321 4.1.2, without quoted names and address literals), and what a person typed as a list.

What passes here names one recipient and nothing else: no comma, no line end, no second address.
"""

from __future__ import annotations

import re

import idna

from emails.parsing.addresses import Address, addresses
from emails.parsing.headers import one_line
from mailai.domains import wire

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LOCAL = re.compile(rf"{ATOM}(?:\.{ATOM})*")
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST = 254  # RFC 5321 4.5.3.1.3, without < >
LONGEST_LOCAL = 64
LONGEST_NAME = 320


class BadAddress(ValueError):
    """Something that was given as an address names no mailbox. Its text is what was given."""


class Unwritable(BadAddress):
    """A mailbox whose name is not ASCII: it takes SMTPUTF8 (RFC 6531), by which nothing is sent here."""


def exact(address: str) -> str:
    """The address as it goes over the wire: ASCII, an international domain in its `xn--` form (IDNA 2008, UTS 46).

    Raises BadAddress; Unwritable, if only the letters before the @ are what is wrong.
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not LOCAL.fullmatch(NOT_ASCII.sub("x", local)) or len(local) > LONGEST_LOCAL:
        raise BadAddress(address)
    domain = wire_domain(domain)
    if not domain or len(local) + 1 + len(domain) > LONGEST or not local.isprintable():
        raise BadAddress(address)
    if not local.isascii():
        raise Unwritable(f"{local}@{domain}")
    return f"{local}@{domain}"


def wire_domain(domain: str) -> str:
    """The domain in ASCII and lower case; empty if it is none."""
    name = wire(domain)
    labels = name.split(".")
    if not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return ""
    return name if len(labels) > 1 or name == "localhost" else ""


def readable(address: str) -> str:
    """The address as a person knows it."""
    local, _at, domain = address.rpartition("@")
    try:
        return f"{local}@{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address


def mailbox(name: str, address: str) -> Address:
    """Name and exact address, both on one line. Raises BadAddress."""
    return [one_line(name, LONGEST_NAME), exact(address)]


def typed(text: str) -> list[Address]:
    """The recipients that a person typed: "Ada <ada@example.com>, bob@example.org". Raises BadAddress."""
    found: list[Address] = []
    for name, address in addresses(one_line(text.replace("\n", ","), 20_000), strict=True):
        box = mailbox(name, address) if address else None
        if box is None:
            raise BadAddress(name)
        if box[1].casefold() not in {known.casefold() for _name, known in found}:
            found.append(box)
    return found


def shown(boxes: list[Address]) -> str:
    """The list as a person would type it; `typed` reads it back as it is."""
    return ", ".join(one(name, address) for name, address in boxes)


def one(name: str, address: str) -> str:
    if not name:
        return readable(address)
    plain = re.fullmatch(r"[^\"\\(),;:<>@\[\]]+", name)
    written = name if plain else '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{written} <{readable(address)}>"
