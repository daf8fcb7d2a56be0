"""Hostile HTML to HTML that may be shown in a sandboxed frame. Linear in its size, never raises.

A page takes three steps: it is balanced and limited here; a parser as browsers have it (nh3) gives it the tree that a
browser would see; and that tree is judged and written anew (`emails.parsing.visible`). What is written counts only if
the parser reads it back letter by letter, so that nothing turns into something else after it was judged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import nh3

from emails.parsing.attributes import LINK
from emails.parsing.markup import ELEMENTS, INLINE, TABLE, VOID, Event, events, reread
from emails.parsing.names import names
from emails.parsing.style import LONGEST
from emails.parsing.visible import IMAGE, visible

MAX_OUTPUT = 1_000_000
MAX_ATTRIBUTE = 4_000  # characters, but for these; images may travel as data:
LONGER = {"src": 400_000, "style": 4 * LONGEST}
# A parser opens unclosed inline elements again in every block: so many elements in all are let through to it.
MAX_REOPENED = 200_000
ROUNDS = 4

EVERYWHERE = names("align bgcolor border color dir height hidden lang style valign width")
ATTRIBUTES = {
    "a": {"href"},
    "font": {"face", "size"},
    "details": {"open"},
    "img": {"src", "alt"},
    "li": {"value", "type"},
    "ol": {"start", "type"},
    "table": {"cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ul": {"type"},
}
REMOTE = re.compile(r"""src="https?:|url\((?:&quot;)?https?:""", re.I)
SPECIAL = re.compile("[&<>\xa0]")
SOMETHING = re.compile(r"<img\b|<hr\b|>[^<]*[^\s<\u200b\xa0]")


def sanitise(source: str) -> str:
    """Safe HTML of what can be seen of `source`; empty if that is nothing."""
    return page_of(source).html


class Page(NamedTuple):
    html: str = ""
    events: Sequence[Event] = ()
    """What `html` says, one by one."""


@lru_cache(maxsize=1)  # for the page and then for its text
def page_of(source: str) -> Page:
    """What can be seen of `source`; nothing at all if that is nothing."""
    clean = CLEANER.clean(normalise(source))
    for _round in range(ROUNDS):
        shown = visible(clean)
        html = "".join(map(written, shown))
        again = CLEANER.clean(html)
        if again == html:
            return Page(html, shown) if SOMETHING.search(f">{html}".replace("&nbsp;", " ")) else Page()
        clean = again
    html = bare(clean)
    return Page(html, list(reread(html)))


def remote_images(sanitised: str) -> bool:
    """Whether showing this would fetch something from the network, if images were allowed."""
    return bool(REMOTE.search(sanitised))


def normalise(source: str) -> str:
    """Balanced HTML of known elements, of limited size and depth, which nh3 reads in linear time."""
    out: list[str] = []
    emitted: list[str] = []  # for each open element, the end that was written for it
    size = inline = reopened = tables = 0
    for kind, name, attributes in events(source):
        piece = ""
        if kind == "end":
            inline -= name in INLINE
            tables -= name == "table"
            piece = emitted.pop()
        elif kind == "text":
            piece = escaped(name)[:MAX_OUTPUT] if size < MAX_OUTPUT else ""
        else:
            reopened += inline
            # The frame shows each `a` as a link, whatever became of its target.
            tag = "span" if name == "a" and "href" not in attributes else name
            tables += name == "table"
            if not tables and name in TABLE:  # a browser would leave it out, with what it says of its words
                tag = "div"
            write = size < MAX_OUTPUT and not (name in INLINE and reopened > MAX_REOPENED)
            piece = written(("start", tag, limited(tag, attributes))) if write else ""
            if name not in VOID:
                inline += name in INLINE
                emitted.append(f"</{tag}>" if write else "")
        size += len(piece)
        out.append(piece)
    return "".join(out)


def limited(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    allowed = ATTRIBUTES.get(tag, set())
    return {
        name: value
        for name, value in attributes.items()
        if (name in EVERYWHERE or name == "background" or name in allowed)
        and len(value) <= LONGER.get(name, MAX_ATTRIBUTE)
    }


def written(event: Event) -> str:
    """An event as HTML, as a browser would write it down (HTML 13.3)."""
    kind, name, attributes = event
    if kind == "text":
        return escaped(name)
    if kind == "end":
        return f"</{name}>"
    if not attributes:
        return f"<{name}>"
    said = "".join(f' {key}="{quoted(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>"


def escaped(text: str) -> str:
    if not SPECIAL.search(text):
        return text
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(value: str) -> str:
    return escaped(value).replace('"', "&quot;")


def bare(clean: str) -> str:
    """The words alone, of a page that no two parsers read the same."""
    words = "".join(name if kind == "text" else " " for kind, name, _attributes in visible(clean))
    return f"<p>{escaped(' '.join(words.split()))}</p>" if words.strip() else ""


def allow(tag: str, attribute: str, value: str) -> str | None:
    """What nh3 does not tell apart by itself: links from images, and addresses in styles."""
    if attribute == "href":
        return value if LINK.match(value.strip()) else None
    if attribute == "src":
        return value if IMAGE.match(value.strip()) else None
    return value


CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS),
    attributes={"*": {*EVERYWHERE, "background"}, **ATTRIBUTES},
    attribute_filter=allow,
    url_schemes={"http", "https", "mailto", "cid", "data"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)
