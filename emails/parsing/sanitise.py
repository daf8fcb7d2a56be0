"""Hostile HTML to HTML that may be shown in a sandboxed frame. Linear in its size, never raises."""

from __future__ import annotations

import re
from html import escape

import nh3

from emails.parsing.markup import ELEMENTS, INLINE, VOID, events
from emails.parsing.names import names

MAX_OUTPUT = 1_000_000
MAX_ATTRIBUTE = 4_000  # characters; images that travel as data: may be longer
MAX_IMAGE = 400_000
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
PROPERTIES = names(
    """
    background background-color background-image background-position background-repeat
    background-size border border-bottom border-collapse border-color border-left border-radius
    border-right border-spacing border-style border-top border-width box-sizing clear color
    direction display empty-cells float font font-family font-size font-style font-variant
    font-weight height letter-spacing line-height list-style list-style-position list-style-type
    margin margin-bottom margin-left margin-right margin-top max-height max-width min-height
    min-width opacity overflow overflow-wrap padding padding-bottom padding-left padding-right
    padding-top table-layout text-align text-decoration text-indent text-transform vertical-align
    visibility white-space width word-break word-spacing word-wrap
    """
)
LINK = re.compile(r"(?:https?|mailto):", re.I)
IMAGE = re.compile(r"(?:https?:|cid:|data:image/(?:png|jpe?g|gif|webp|bmp|avif|x-icon)[;,])", re.I)
SUSPECT_STYLE = re.compile(r"[\\<>@]|expression|javascript|-moz-binding|/\*", re.I)
REMOTE = re.compile(r"""src="https?:|url\(""", re.I)
# An image that nobody can see is there to be fetched, not looked at.
UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|opacity\s*:\s*0+(?:\.0*)?(?![.\d])", re.I
)
STYLED_SIZE = re.compile(r"(?<![\w-])(?:max-)?(width|height)\s*:\s*([\d.]{1,8})(?:px)?\s*(?:;|$|!)", re.I)
SIZE = re.compile(r"\s*([\d.]{1,8})(?:px)?\s*")
DOT = 2  # pixels
FETCHED = re.compile(r"url\([^)]{0,4000}\)?", re.I)
SOMETHING = re.compile(r"<img\b|<hr\b|>[^<]*[^\s<\u200b\xa0]")


def sanitise(source: str) -> str:
    """Safe HTML of `source`; empty if nothing in it can be seen."""
    clean = CLEANER.clean(normalise(source))
    return clean if SOMETHING.search(f">{clean}".replace("&nbsp;", " ")) else ""


def remote_images(sanitised: str) -> bool:
    """Whether showing this would fetch something from the network, if images were allowed."""
    return bool(REMOTE.search(sanitised))


def normalise(source: str) -> str:
    """Balanced HTML of known elements, of limited size and depth, which nh3 reads in linear time."""
    out: list[str] = []
    emitted: list[bool] = []  # for each open element, whether its start was written
    unseen: list[bool] = [False]  # and whether what stands in it can be seen
    size = inline = reopened = 0
    for kind, name, attributes in events(source):
        piece = ""
        if kind == "end":
            inline -= name in INLINE
            piece = f"</{name}>" if emitted.pop() else ""
            unseen.pop()
        elif kind == "text":
            piece = escape(name, quote=False) if size < MAX_OUTPUT else ""
            piece = piece[:MAX_OUTPUT]
        else:
            reopened += inline
            hidden = unseen[-1] or cannot_be_seen(attributes)
            if hidden:
                attributes = without_fetching(attributes)
            write = size < MAX_OUTPUT and not (name in INLINE and reopened > MAX_REOPENED)
            piece = start_tag(name, attributes) if write else ""
            if name not in VOID:
                inline += name in INLINE
                emitted.append(write)
                unseen.append(hidden)
        size += len(piece)
        out.append(piece)
    return "".join(out)


def cannot_be_seen(attributes: dict[str, str]) -> bool:
    """Whether an element is hidden or no larger than a dot: so are images that only tell that a message was read."""
    style = attributes.get("style", "")[:MAX_ATTRIBUTE]
    if "hidden" in attributes or UNSEEN_STYLE.search(style):
        return True
    sizes = {
        name: found[1] for name in ("width", "height") if (found := SIZE.fullmatch(attributes.get(name, "")))
    }
    sizes |= {name.lower(): value for name, value in STYLED_SIZE.findall(style)}
    return bool(sizes) and all(
        value.count(".") < 2 and float(value.strip(".") or 0) <= DOT for value in sizes.values()
    )


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
        if (key in EVERYWHERE or key in allowed)
        and len(value) <= (MAX_IMAGE if key == "src" else MAX_ATTRIBUTE)
    )
    return f"<{name}{''.join(kept)}>"


def allow(tag: str, attribute: str, value: str) -> str | None:
    """What nh3 does not tell apart by itself: links from images, and styles that hide what they are."""
    if attribute == "href":
        return value if LINK.match(value.strip()) else None
    if attribute == "src":
        return value if IMAGE.match(value.strip()) else None
    if attribute == "style":
        return None if SUSPECT_STYLE.search(value) else value
    return value


CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS),
    attributes={"*": set(EVERYWHERE), **ATTRIBUTES},
    attribute_filter=allow,
    url_schemes={"http", "https", "mailto", "cid", "data"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    filter_style_properties=set(PROPERTIES),
)
