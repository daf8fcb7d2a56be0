"""Hostile HTML to HTML that may be shown in a sandboxed frame. Linear in its size, never raises."""

from __future__ import annotations

import re
from html import escape

import nh3

from emails.parsing.markup import ELEMENTS, INLINE, VOID
from emails.parsing.names import names
from emails.parsing.style import LONGEST, SUSPECT
from emails.parsing.visible import is_dot, visible

MAX_OUTPUT = 1_000_000
MAX_ATTRIBUTE = 4_000  # characters, but for these; images may travel as data:
LONGER = {"src": 400_000, "style": 4 * LONGEST}
# A parser opens unclosed inline elements again in every block: so many elements in all are let through to it.
MAX_REOPENED = 200_000

EVERYWHERE = names("align bgcolor border color dir height hidden lang nowrap style title valign width")
ATTRIBUTES = {
    "a": {"href"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"face", "size"},
    "img": {"src", "alt", "hspace", "vspace"},
    "li": {"value"},
    "ol": {"start", "type", "reversed"},
    "table": {"cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "ul": {"type"},
}
# Without overflow: what does not fit is shown all the same, as nobody can tell which words would be cut off.
PROPERTIES = names(
    """
    background background-color background-image background-position background-repeat
    background-size border border-bottom border-collapse border-color border-left border-radius
    border-right border-spacing border-style border-top border-width box-sizing clear color
    direction display empty-cells float font font-family font-size font-style font-variant
    font-weight height letter-spacing line-height list-style list-style-position list-style-type
    margin margin-bottom margin-left margin-right margin-top max-height max-width min-height
    min-width opacity overflow-wrap padding padding-bottom padding-left padding-right
    padding-top table-layout text-align text-decoration text-indent text-transform vertical-align
    visibility white-space width word-break word-spacing word-wrap
    """
)
LINK = re.compile(r"(?:https?|mailto):", re.I)
IMAGE = re.compile(r"(?:https?:|cid:|data:image/(?:png|jpe?g|gif|webp|bmp|avif|x-icon)[;,])", re.I)
REMOTE = re.compile(r"""src="https?:|url\(""", re.I)
FETCHED = re.compile(r"url\([^)]{0,4000}\)?", re.I)
SOMETHING = re.compile(r"<img\b|<hr\b|>[^<]*[^\s<\u200b\xa0]")


def sanitise(source: str) -> str:
    """Safe HTML of what can be seen of `source`; empty if that is nothing."""
    clean = CLEANER.clean(normalise(source))
    return clean if SOMETHING.search(f">{clean}".replace("&nbsp;", " ")) else ""


def remote_images(sanitised: str) -> bool:
    """Whether showing this would fetch something from the network, if images were allowed."""
    return bool(REMOTE.search(sanitised))


def normalise(source: str) -> str:
    """Balanced HTML of known elements, of limited size and depth, which nh3 reads in linear time."""
    out: list[str] = []
    emitted: list[bool] = []  # for each open element, whether its start was written
    dots: list[bool] = [False]  # and whether it stands in something no larger than a dot
    size = inline = reopened = 0
    for kind, name, attributes in visible(source):
        piece = ""
        if kind == "end":
            inline -= name in INLINE
            piece = f"</{name}>" if emitted.pop() else ""
            dots.pop()
        elif kind in ("text", "faint"):
            piece = escape(name, quote=False) if size < MAX_OUTPUT else ""
            piece = piece[:MAX_OUTPUT]
        else:
            reopened += inline
            dot = dots[-1] or is_dot(attributes)
            if dot:
                attributes = without_fetching(attributes)
            write = size < MAX_OUTPUT and not (name in INLINE and reopened > MAX_REOPENED)
            piece = start_tag(name, attributes) if write else ""
            if name not in VOID:
                inline += name in INLINE
                emitted.append(write)
                dots.append(dot)
        size += len(piece)
        out.append(piece)
    return "".join(out)


def without_fetching(attributes: dict[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in attributes.items()
        if name != "src" or not value.strip().lower().startswith(("http:", "https:"))
    }
    if "style" in kept:
        kept["style"] = FETCHED.sub("none", kept["style"])
    return kept


def start_tag(name: str, attributes: dict[str, str]) -> str:
    allowed = ATTRIBUTES.get(name, set())
    kept = (
        f' {key}="{escape(value)}"'
        for key, value in attributes.items()
        if (key in EVERYWHERE or key in allowed) and len(value) <= LONGER.get(key, MAX_ATTRIBUTE)
    )
    return f"<{name}{''.join(kept)}>"


def allow(tag: str, attribute: str, value: str) -> str | None:
    """What nh3 does not tell apart by itself: links from images, and styles that hide what they are."""
    if attribute == "href":
        return value if LINK.match(value.strip()) else None
    if attribute == "src":
        return value if IMAGE.match(value.strip()) else None
    if attribute == "style":
        return None if SUSPECT.search(value) else value
    return value


CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS),
    attributes={"*": set(EVERYWHERE), **ATTRIBUTES},
    attribute_filter=allow,
    url_schemes={"http", "https", "mailto", "cid", "data"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    # A box of the message's stands open: a model reads its words, so a person sees them without looking for its handle.
    set_tag_attribute_values={"a": {"target": "_blank"}, "details": {"open": ""}},
    filter_style_properties=set(PROPERTIES),
)
