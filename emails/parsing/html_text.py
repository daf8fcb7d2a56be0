"""HTML to the text that a reader sees: paragraphs, lists, quotes, links as `text <address>`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from emails.parsing.markup import BLOCK, VOID, Event
from emails.parsing.sanitise import page_of
from emails.parsing.visible import REMOTE

LISTS = frozenset({"ul", "ol"})
PARAGRAPHS = frozenset({"p", "table", "blockquote", "pre", "dl", "h1", "h2", "h3", "h4", "h5", "h6"}) | LISTS
MAX_LINK = 400  # characters; longer ones are tracking addresses that tell a reader nothing
# An address that a browser could go to: on the page nothing else is told of a link, and so no sentence may hide in one.
TARGET = re.compile(
    r"https?://(?:[^\s/@<>]{1,100}@)?[\w.-]{1,253}(?::\d{1,5})?(?:[/?#][^\s<>]*)?|mailto:[^\s<>]+", re.I
)
MAX_TEXT = 1_000_000
WHITE_SPACE = re.compile(r"white-space\s*:\s*([a-z-]+)", re.I)
SPACE = re.compile(r"[ \t\r\n\f\xa0\u2007\u202f]+")
INVISIBLE = re.compile("[\u200b\u034f\ufeff\u00ad]|\u200c(?=\\s|$)")


@dataclass
class Element:
    tag: str
    pre: bool = False
    href: str = ""
    shown: str = ""
    """What a link has shown so far, as much of it as is needed to compare."""
    counter: int = 0
    """Of an ordered list: the last number."""


ROOT = Element("")


class Page:
    """The text so far, as finished lines and the one being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.spaced = True  # whether a space would be too much here
        self.size = 0
        self.quotes = 0
        self.lists: list[Element] = []
        self.links: list[Element] = []

    def write(self, text: str) -> None:
        text = SPACE.sub(" ", text if text.isascii() else INVISIBLE.sub("", text))
        if self.spaced:
            text = text.lstrip(" ")
        if text:
            self.line.append(text)
            self.spaced = text.endswith(" ")
            self.size += len(text)

    def end_line(self) -> None:
        text = "".join(self.line).rstrip(" ")
        self.lines.append(self.prefix() + text if text else self.prefix().rstrip())
        self.line, self.spaced = [], True

    def block(self, gap: bool) -> None:
        """Begin a new line, after an empty one if `gap`."""
        if "".join(self.line).strip():
            self.end_line()
        self.line, self.spaced = [], True
        if gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self.prefix().rstrip())

    def prefix(self) -> str:
        return ">" * min(self.quotes, 8) + " " if self.quotes else ""


def to_text(source: str) -> str:
    """The text of `source` as it is shown, at most MAX_TEXT characters."""
    return text_of(page_of(source).events)


def text_of(shown: Iterable[Event]) -> str:
    """The text of what is shown of a page: all of it is read."""
    page = Page()
    opened = [ROOT]
    for kind, name, attributes in shown:
        if kind == "text":
            show(page, opened[-1], name)
        elif kind == "start":
            pre = preformatted(name, attributes, opened[-1].pre)
            element = Element(name, pre, attributes.get("href", "").strip())
            begin(page, element, attributes)
            if name not in VOID:
                opened.append(element)
        elif kind == "end":
            finish(page, opened.pop())
        if page.size > MAX_TEXT:
            break
    page.block(gap=False)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(page.lines)).strip("\n")[:MAX_TEXT]


def preformatted(tag: str, attributes: dict[str, str], outer: bool) -> bool:
    """Whether lines and blanks stand as they were written (CSS Text 3, 3)."""
    said = WHITE_SPACE.findall(attributes.get("style", ""))
    return said[-1].lower().startswith("pre") if said else outer or tag == "pre"


def begin(page: Page, element: Element, attributes: dict[str, str]) -> None:
    tag = element.tag
    if tag == "br":
        page.end_line()
    elif tag == "img":
        if REMOTE.match(attributes.get("src", "")):  # of another one the image is shown and not its words
            show(page, element, attributes.get("alt", ""))
    elif tag == "a":
        page.links.append(element)
    elif tag == "li":
        page.block(gap=False)
        page.line.append("  " * min(max(len(page.lists) - 1, 0), 6) + bullet(page.lists))
    elif tag in ("td", "th"):
        if page.line and not page.spaced:
            page.line.append("  ")
            page.spaced = True
    elif tag in BLOCK or tag in ("tr", "caption"):
        page.block(gap=tag in PARAGRAPHS and not (tag in LISTS and page.lists))
        page.quotes += tag == "blockquote"
        if tag in LISTS:
            page.lists.append(element)


def bullet(lists: list[Element]) -> str:
    if not lists or lists[-1].tag == "ul":
        return "- "
    lists[-1].counter += 1
    return f"{lists[-1].counter}. "


def finish(page: Page, element: Element) -> None:
    tag = element.tag
    if tag == "a":
        page.links.pop()
        if page.links:
            page.links[-1].shown += element.shown
        page.write(target(element))
    elif tag in BLOCK or tag in ("tr", "caption"):
        if tag in LISTS:
            page.lists.pop()
        page.block(gap=False)
        page.quotes -= tag == "blockquote"
        page.block(gap=tag in PARAGRAPHS and not (tag in LISTS and page.lists))


def target(link: Element) -> str:
    """` <address>` unless the link's text says it already; one without text leads a reader nowhere."""
    if not link.shown.strip() or not TARGET.fullmatch(link.href):
        return ""
    address = link.href.removeprefix("mailto:")
    if len(address) > MAX_LINK or bare(address) == bare(link.shown):
        return ""
    return f" <{address}>"


def bare(address: str) -> str:
    return re.sub(r"^https?://|/$", "", address.strip())


def show(page: Page, outer: Element, text: str) -> None:
    if outer.pre:
        *rows, last = text.split("\n")
        for row in rows:
            page.line.append(row.rstrip("\r"))
            page.end_line()
        page.line.append(last)
        page.spaced = not last
        page.size += len(text)
    else:
        page.write(text)
    if page.links and len(page.links[-1].shown) <= MAX_LINK:
        page.links[-1].shown += text[: MAX_LINK + 1]
