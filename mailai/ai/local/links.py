"""The links of a plain text, and what is wrong with where they lead."""

from __future__ import annotations

import re

from mailai.ai.local.addresses import Sender
from mailai.ai.local.domains import BRANDS, ODD_ENDINGS, SHORTENERS
from mailai.ai.local.signs import Sign
from mailai.domains import label, organisation

MOST = 60
URL = re.compile(r"\bhttps?://([^\s/<>\"'()\[\]?#]{1,253})[^\s<>\"']{0,500}", re.I)
TEXT_THEN_URL = re.compile(
    r"\b(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:/[^\s<>()\[\]]{0,200})?"
    r"\s?[<(\[]\s?https?://([^\s/<>\"'()\[\]?#]{1,253})",
    re.I,
)
ADDRESS_HOST = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")
DIGITS_FOR_LETTERS = str.maketrans("0134578", "oieastb")
SWAPS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def hosts(text: str) -> list[str]:
    """Lower-case host names of the first links, without user part and port."""
    return [_host(match[1]) for match, _ in zip(URL.finditer(text), range(MOST), strict=False)]


def link_signs(text: str, sender: Sender, bulk: bool = False) -> list[Sign]:
    """Spam signs of links: another target than shown, look-alikes, bare IP addresses, shorteners, odd
    endings.

    In honest `bulk` mail links often lead through a click counter, so another target than shown says less
    there.
    """
    found: list[Sign] = []
    shown = [
        (_host(m[1]), _host(m[2])) for m, _ in zip(TEXT_THEN_URL.finditer(text), range(MOST), strict=False)
    ]
    other = next((pair for pair in shown if organisation(pair[0]) != organisation(pair[1])), None)
    if other:
        found.append(
            Sign(
                "mismatch",
                "Link zeigt woandershin",
                "link leads elsewhere",
                spam=1.0 if bulk else 3.0,
                words=f"{other[0]} → {other[1]}",
            )
        )
    for host in dict.fromkeys(hosts(text)):
        if ADDRESS_HOST.match(host):
            found.append(
                Sign(
                    "ip_link",
                    "Link auf eine nackte IP-Adresse",
                    "link to a bare IP address",
                    spam=2.0,
                    words=host,
                )
            )
        elif lookalike(host):
            found.append(Sign("lookalike", "nachgeahmter Link", "look-alike link", spam=3.0, words=host))
        elif host in SHORTENERS:
            found.append(Sign("shortener", "Kurzlink", "shortened link", spam=0.7, words=host))
        elif host.endswith(ODD_ENDINGS):
            found.append(Sign("ending", "ungewöhnliche Domain", "unusual domain", spam=1.0, words=host))
        elif "xn--" in host:
            found.append(
                Sign(
                    "punycode",
                    "Link mit fremden Schriftzeichen",
                    "link in disguised letters",
                    spam=1.5,
                    words=host,
                )
            )
    if lookalike(sender.domain):
        found.append(
            Sign(
                "lookalike_sender",
                "nachgeahmte Absenderdomain",
                "look-alike sender domain",
                spam=3.0,
                words=sender.domain,
            )
        )
    return list({sign.name: sign for sign in reversed(found)}.values())[::-1]


def lookalike(host: str) -> bool:
    """True where a host carries a brand's name, plain, hyphenated or with swapped letters, but is not the
    brand's own.
    """
    own, chosen = organisation(host), label(host)
    words = host.rsplit(".", 1)[0].replace(".", "-")
    parts = set(re.split(r"[-_]", words))
    plain = {_plain(part) for part in parts}
    for brand, domains in BRANDS.items():
        if own in domains or any(chosen == domain.split(".")[0] for domain in domains):
            continue
        name = brand.replace(" ", "")
        if (
            name in parts
            or (name in plain and len(name) > 4)
            or (len(name) > 5 and name in _plain(words.replace("-", "")))
        ):
            return True
    return False


def imitates(host: str, own: str) -> bool:
    """True where `host` is not the domain `own` but reads like it: swapped letters, or one letter more,
    less or other.
    """
    one, other = organisation(host), organisation(own)
    if one == other or len(other) < 6:
        return False
    return _plain(one) == _plain(other) or _one_edit(one, other)


def _one_edit(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((at for at in range(len(short)) if short[at] != long[at]), len(short))
    return short[at:] == long[at + 1 :] or short[at + 1 :] == long[at + 1 :]


def _plain(part: str) -> str:
    part = part.translate(DIGITS_FOR_LETTERS)
    for odd, letter in SWAPS:
        part = part.replace(odd, letter)
    return part


def _host(netloc: str) -> str:
    return netloc.rsplit("@", 1)[-1].split(":", 1)[0].lower().strip(".").removeprefix("www.")
