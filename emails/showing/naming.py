"""The hosts and mail addresses that a text names to whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from emails.showing.seen import alike, readings
from emails.showing.targets import looked_up
from mailai.domains import is_known

LONGEST = 20_000  # characters of a text
BETWEEN = re.compile(r"[\s<>()\[\]{}\"'«»„“”‚‘’,;|·•]+")
SCHEME = re.compile(r"(?:https?:|[a-z][a-z0-9+.-]{0,20}://|//)[/\\]*", re.I)
BEHIND_HOST = re.compile(r"[/\\?#:]")
HOST = re.compile(r"(?<![\w.-])(?:[\w-]{1,63}\.){1,40}[^\W\d_][\w-]{1,62}(?![\w-])")
# Beside letters of scripts that put no blanks between words.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
AMID = re.compile(
    rf"(?:(?<=[{UNSPACED}])|(?<![\w.-]))(?:[a-z0-9-]{{1,63}}\.){{1,40}}[a-z][a-z0-9-]{{1,62}}(?![a-z0-9-])",
    re.I,
)
NUMBER = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])")
# Also endings that are given out: alone, a word that ends in one is a file, a product, or the end of a sentence.
FILES = re.compile(r"\.(?:ai|cab|md|mov|pl|ps|py|rs|sh|so|zip)$|^(?:ado|asp|ml|paint|vb)\.net$", re.I)
SENTENCES = re.compile(
    r"[^\W\d_][.](?:Am|As|At|Be|By|De|Die|Do|Es|Id|Im|In|Is|It|La|Me|Mo|My|No|So|To|Us|Zu)$"
)


@dataclass(frozen=True)
class Named:
    host: str
    """In ASCII, as it is looked up, without `www.`."""
    shown: str
    """As it is read."""
    address: str = ""
    """Of a mailbox there, if that is what is named."""
    also: tuple[str, ...] = ()
    """Hosts that it may as well be read as."""


def named(text: str) -> Iterator[Named]:
    """All of them in their order."""
    for line in readings(text[:LONGEST]):
        for word in BETWEEN.split(line):
            yield from _in_word(word)


def _in_word(word: str) -> Iterator[Named]:
    if scheme := SCHEME.search(word):
        yield from _without_scheme(word[: scheme.start()])
        authority = BEHIND_HOST.split(word[scheme.end() :], maxsplit=1)[0]
        user, _at, host = authority.rpartition("@")
        yield from _hosts(user, certain=True)  # which is read as where it leads
        yield from _hosts(host, certain=True)
    elif "@" in word:
        local, _at, domain = word.rpartition("@")
        local = local.rpartition(":")[2].strip(".-!*_")
        for host in _hosts(BEHIND_HOST.split(domain, maxsplit=1)[0], certain=True):
            address = f"{local}@{host.host}".casefold()
            yield replace(host, shown=f"{local}@{host.shown}", address=address) if local else host
    else:
        yield from _without_scheme(word)


def _without_scheme(word: str) -> Iterator[Named]:
    for part in word.split(":"):
        head, *behind = BEHIND_HOST.split(part.lstrip("/\\"), maxsplit=1)
        certain = bool(behind and behind[0]) or head.lower().startswith("www.")
        yield from _hosts(head, certain)


def _hosts(text: str, certain: bool) -> Iterator[Named]:
    for number in NUMBER.findall(text):
        yield Named(number, number)
    whole = "" if text.isascii() else looked_up(text.strip(".!"))  # symbols, which browsers look up too
    for host in HOST.findall(text):
        if not certain and (FILES.search(host) or SENTENCES.search(host)):
            continue
        meant = [host] if host.isascii() else [host, alike(host), *AMID.findall(host)]
        known = {one: name for one in meant if is_host(one) and (name := looked_up(one))}
        if known:
            shown = next(iter(known)).lower().removeprefix("www.")
            name, *others = (name.removeprefix("www.") for name in (*known.values(), whole) if name)
            yield Named(name, shown, also=tuple(others))


def is_host(name: str) -> bool:
    """Whether it ends in a suffix that is given out, of one or two labels."""
    *_labels, above, ending = name.split(".")
    return is_known(ending) or is_known(f"{above}.{ending}")
