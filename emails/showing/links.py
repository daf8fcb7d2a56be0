"""Links of a sanitised page: each says where it leads, and one whose text names another place is marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import urlsplit

from mailai.domains import organisation

MOST = 20  # told of in one message
ANCHOR = re.compile(r"<a\b((?:[^>\"]|\"[^\"]*+\")*+)>(.*?)</a>", re.S | re.I)
HREF = re.compile(r"\bhref=\"([^\"]*)\"", re.I)
TITLE = re.compile(r"\s*\btitle=\"[^\"]*\"", re.I)
TAG = re.compile(r"<(?:[^>\"]|\"[^\"]*+\")*+>")
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
HOST = r"((?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}|(?:\d{1,3}\.){3}\d{1,3})"
# A text that is an address as a whole, or has one in it that says so.
WHOLE = re.compile(rf"(?:https?://)?(?:[^\s/@]{{1,80}}@)?{HOST}(?::\d{{1,5}})?(?:[/?#]\S*)?", re.I)
WITHIN = re.compile(rf"(?:https?://|\bwww\.)(?:[^\s/@]{{1,80}}@)?{HOST}", re.I)
FILES = re.compile(r"\.(?:js|md|py|rs|sh|txt|pdf|html?|php|zip|docx?|xlsx?|pptx?|png|jpe?g|gif|csv)$", re.I)


@dataclass(frozen=True)
class Deceptive:
    """A link that does not lead where its text says."""

    shown: str
    host: str


def deceptive(html: str) -> list[Deceptive]:
    """Those of the page, each pair of hosts once."""
    found = dict.fromkeys(one for _match, one in judged(html) if one)
    return list(found)[:MOST]


def marked(html: str, mark: Callable[[str], str]) -> str:
    """`html` whose links carry their target as title, and where they deceive, `mark(host)` as visible text."""
    out: list[str] = []
    at = 0
    for match, lie in judged(html):
        target = href_of(match[1])
        attributes = TITLE.sub("", match[1])
        title = f' title="{escape(target[:500])}"' if target else ""
        warning = f'<span class="elsewhere">{escape(mark(lie.host))}</span>' if lie else ""
        out.append(f"{html[at : match.start()]}<a{attributes}{title}>{match[2]}{warning}</a>")
        at = match.end()
    return "".join([*out, html[at:]])


def judged(html: str) -> Iterator[tuple[re.Match[str], Deceptive | None]]:
    for match in ANCHOR.finditer(html):
        target = href_of(match[1])
        host = host_of(target)
        shown = named(UNSEEN.sub("", unescape(TAG.sub("", match[2])))) if host else ""
        lies = bool(shown) and organisation(shown) != organisation(host)
        yield match, Deceptive(shown, host) if lies else None


def href_of(attributes: str) -> str:
    found = HREF.search(attributes)
    return unescape(found[1]).strip() if found else ""


def host_of(address: str) -> str:
    """The host that a web address leads to, in lower case and as it is looked up; empty for all else."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    return lookup(host)


def named(text: str) -> str:
    """The host that a link's text names, empty if it names none."""
    text = " ".join(text.split())
    found = WHOLE.fullmatch(text) or WITHIN.search(text)
    if not found or ("@" in text.partition("/")[0] and "//" not in text) or FILES.search(found[1]):
        return ""
    return lookup(found[1].lower().removeprefix("www."))


def lookup(host: str) -> str:
    """Letters of other scripts as they are looked up, so that a look-alike does not look alike."""
    try:
        return host.lower().rstrip(".").encode("idna").decode() if not host.isascii() else host.rstrip(".")
    except UnicodeError:
        return host
