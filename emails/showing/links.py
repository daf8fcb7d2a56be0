"""Links of a sanitised page: each says where it leads, and one that seems to lead to another place is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape

from emails.showing.naming import named
from emails.showing.targets import Target, in_letters, target_of
from mailai.domains import organisation

MOST = 20  # told of in one message
LONGEST = 70  # characters shown of a host; its end says whose it is
ANCHOR = re.compile(r"<a\b((?:[^>\"]|\"[^\"]*+\")*+)>(.*?)</a>", re.S | re.I)
HREF = re.compile(r"(?<![\w-])href=\"([^\"]*)\"", re.I)
TITLE = re.compile(r"\s*(?<![\w-])title=\"[^\"]*\"", re.I)
ALT = re.compile(r"<img\b(?:[^>\"]|\"[^\"]*+\")*?\salt=\"([^\"]*)\"", re.I)
TAG = re.compile(r"<(?:[^>\"]|\"[^\"]*+\")*+>")
# What begins a line or a cell of its own.
APART = re.compile(
    r"</?(?:address|blockquote|br|center|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|t[dhr]|table|ul)\b", re.I
)


@dataclass(frozen=True)
class Deceptive:
    """A link that does not lead where it seems to."""

    shown: str
    host: str
    """Where it leads: a host, or a mail address."""


def deceptive(html: str) -> list[Deceptive]:
    """Those of the page, each pair once."""
    found = dict.fromkeys(lie for _match, _target, lie in judged(html) if lie)
    return list(found)[:MOST]


def marked(html: str, mark: Callable[[str], str]) -> str:
    """`html` whose links carry their target as title, and where they deceive, `mark(host)` as visible text.

    Addresses are written as a browser reads them, so that what was judged is what is opened.
    """
    out: list[str] = []
    at = 0
    for match, target, lie in judged(html):
        attributes = TITLE.sub("", match[1])
        if target:
            attributes = HREF.sub(lambda _href, to=target: f'href="{escape(to.href)}"', attributes, count=1)  # type: ignore[misc]
        href = target.href if target else href_of(match[1])
        title = f' title="{escape(href[:500])}"' if href else ""
        warning = f'<span class="elsewhere">{escape(mark(lie.host))}</span>' if lie else ""
        out.append(f"{html[at : match.start()]}<a{attributes}{title}>{match[2]}{warning}</a>")
        at = match.end()
    return "".join([*out, html[at:]])


def judged(html: str) -> Iterator[tuple[re.Match[str], Target | None, Deceptive | None]]:
    for match in ANCHOR.finditer(html):
        target = target_of(href_of(match[1]))
        yield match, target, lie_of(match[2], target) if target else None


def href_of(attributes: str) -> str:
    found = HREF.search(attributes)
    return unescape(found[1]).strip() if found else ""


def lie_of(inside: str, target: Target) -> Deceptive | None:
    """What is wrong with a link by the text and the pictures' texts inside of it, and by its own address."""
    texts = [TAG.sub("", APART.sub(r" \g<0>", inside)), *ALT.findall(inside)]
    addresses: dict[str, str] = {}
    own = organisation(target.host)
    for one in (one for text in texts for one in named(unescape(text))):
        if one.address and target.addresses:
            addresses[one.address] = one.shown
        elif not any(belongs(host, own) for host in (one.host, *one.also)):
            return Deceptive(shortened(one.shown), shortened(target.host))
    unseen = [address for address in target.addresses if address not in addresses]
    if addresses and unseen:
        return Deceptive(shortened(next(iter(addresses.values()))), shortened(unseen[0]))
    if target.is_disguised:
        return Deceptive(shortened(in_letters(target.host)), shortened(target.host))
    return None


def belongs(host: str, own: str) -> bool:
    return host == own or host.endswith(f".{own}") or organisation(host) == own


def shortened(host: str) -> str:
    return host if len(host) <= LONGEST else f"…{host[-LONGEST:]}"
