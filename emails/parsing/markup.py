"""HTML as it comes in mail to a balanced stream of events: linear in its size, of limited depth.

It is no conforming parser. It never raises, gives the sanitiser and the text conversion the same reading of
a page, and spares both unclosed nesting, on which conforming parsers take time quadratic in the size.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from emails.parsing.names import names
from emails.parsing.stylesheet import Kin, Sheets, kin_of, unmarked

Event = tuple[str, str, dict[str, str]]
"""("start", tag, attributes), ("end", tag, {}) or ("text", text, {}); between `tokens` and `events` also ("sheet", css,
attributes)."""

MAX_CHARS = 4_000_000
MAX_TOKENS = 150_000  # a long newsletter has 10,000
MAX_DEPTH = 150
MAX_ATTRIBUTES = 50
VOID = frozenset({"br", "hr", "img", "wbr"})
TABLE = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"})
BLOCK = names(
    "address article aside blockquote center dd details div dl dt fieldset figcaption figure footer "
    "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table ul"
)
INLINE = names(
    "a abbr acronym b bdi big cite code del dfn em font i ins kbd mark q s samp small span strike "
    "strong sub sup time tt u var"
)
ELEMENTS = VOID | TABLE | BLOCK | INLINE
SHOWN_AS = {"body": "div"}
RAW = (
    "script",
    "style",
    "title",
    "textarea",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "svg",
    "select",
    "template",
)
SCOPES = frozenset({"table", "caption", "td", "th"})  # an end tag does not reach out of these
CLOSES = {  # what a start tag ends, looking back as far as the second set
    "li": ({"li"}, {"ul", "ol", *SCOPES}),
    "dt": ({"dt", "dd"}, {"dl", *SCOPES}),
    "dd": ({"dt", "dd"}, {"dl", *SCOPES}),
    "td": ({"td", "th"}, {"table", "tr"}),
    "th": ({"td", "th"}, {"table", "tr"}),
    "tr": ({"tr"}, {"table"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), ({"thead", "tbody", "tfoot", "tr"}, {"table"})),
}
OPENING = re.compile(r"<(?:(!--)|([!?])|/([a-zA-Z][^\s/>]{0,60})|([a-zA-Z][^\s/>]{0,60}))")
TAG_REST = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
COMMENT_END = re.compile(r"--!?>")
ATTRIBUTE = re.compile(r"""([^\s"'<>/=]{1,60})(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++)))?""")

WRITTEN = re.compile(r'([^<]+)|</([a-z0-9]+)>|<([a-z0-9]+)((?: [a-z]+="[^"]*+")*+)>')
SAID = re.compile(r' ([a-z]+)="([^"]*+)"')
ENDLESS_REFERENCE = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")


def events(source: str) -> Iterator[Event]:
    """Balanced events of at most MAX_TOKENS tags and texts: each start but of a void element has its end.

    What the page's sheets say of an element stands in its `style`, before what that says itself.
    """
    tree = Tree()
    for kind, name, attributes in islice(tokens(source[:MAX_CHARS]), MAX_TOKENS):
        if kind == "text":
            yield kind, name, attributes
        elif kind == "sheet":
            tree.sheets.add(name, attributes.get("media", ""))
        elif kind == "end":
            yield from tree.end(SHOWN_AS.get(name, name))
        else:
            yield from tree.start(name, attributes)
    yield from tree.end_all()


def reread(written: str) -> Iterator[Event]:
    """Events of HTML as a serialiser writes it (HTML 13.3), which is balanced and says all in one way."""
    for match in WRITTEN.finditer(written):
        text, closing, name, said = match.groups()
        if text:
            yield "text", unescape(text), {}
        elif closing:
            yield "end", closing, {}
        else:
            yield "start", name, {key: unescape(value) for key, value in SAID.findall(said)} if said else {}


class Tree:
    """The open elements, with the positions of each name at hand so that an end tag never searches."""

    def __init__(self) -> None:
        self.sheets = Sheets()
        self.kin: list[Kin] = []  # of the open elements, as the sheets name them
        self.open: list[str] = []
        self.at: dict[str, list[int]] = {}
        self.skipped: dict[str, int] = {}  # start tags that were left out because the tree was deep enough

    def start(self, name: str, attributes: dict[str, str]) -> Iterator[Event]:
        tag = SHOWN_AS.get(name, name)
        if tag in BLOCK and self.at.get("p") and self.last_of("p") > self.last(SCOPES):
            yield from self.end("p")
        if tag in CLOSES:
            ended, limits = CLOSES[tag]
            limit = self.last(limits)
            yield from self.end_down_to(
                min((i for i in map(self.last_of, ended) if i > limit), default=self.depth)
            )
        element = kin_of(name, attributes) if self.sheets.count else unmarked(name)
        if self.sheets.count and (said := self.sheets.style_for(element, self.kin)):
            attributes["style"] = f"{said}; {attributes.get('style', '')}"
        if tag in VOID:
            yield "start", tag, attributes
        elif self.depth >= MAX_DEPTH:
            self.skipped[tag] = self.skipped.get(tag, 0) + 1
        else:
            self.at.setdefault(tag, []).append(self.depth)
            self.open.append(tag)
            self.kin.append(element)
            yield "start", tag, attributes

    def end(self, tag: str) -> Iterator[Event]:
        if self.skipped.get(tag):
            self.skipped[tag] -= 1
            return
        if self.open and self.open[-1] == tag:  # as most do
            yield from self.end_down_to(self.depth - 1)
            return
        at = self.last_of(tag)
        scope = self.last_of("table") if tag in TABLE else self.last(SCOPES)
        if at >= max(scope, 0):
            yield from self.end_down_to(at)

    def end_all(self) -> Iterator[Event]:
        yield from self.end_down_to(0)

    def end_down_to(self, position: int) -> Iterator[Event]:
        while self.depth > position:
            tag = self.open.pop()
            self.kin.pop()
            self.at[tag].pop()
            yield "end", tag, {}

    @property
    def depth(self) -> int:
        return len(self.open)

    def last(self, tags: Iterable[str]) -> int:
        """The position of the innermost open element of these tags, -1 if none is open."""
        return max(map(self.last_of, tags))

    def last_of(self, tag: str) -> int:
        positions = self.at.get(tag)
        return positions[-1] if positions else -1


def tokens(source: str) -> Iterator[Event]:
    """Tags of known elements and text, in order, references decoded; without what is not shown."""
    at, size = 0, len(source)
    quotes_close = True
    while at < size:
        match = OPENING.search(source, at)
        start = match.start() if match else size
        if start > at:
            yield "text", unescape(source[at:start]), {}
        if match is None:
            return
        comment, declaration, closing, opening = match.groups()
        if comment:
            end = COMMENT_END.search(source, start + 2)
            at = end.end() if end else size
            continue
        rest = None if declaration or not quotes_close else TAG_REST.match(source, match.end())
        if rest:
            at = rest.end()
        else:
            # A quote that never closes: from here on tags end at the first ">".
            quotes_close = quotes_close and bool(declaration)
            bracket = source.find(">", match.end())
            if bracket < 0:
                return
            at = bracket + 1
        name = (opening or closing or "").lower()
        if opening and name in RAW and source[at - 2] != "/":
            begin = at
            ends, at = skip(source, begin, name)
            if name == "style":
                yield "sheet", source[begin:ends], attributes_of(source, match.end(), begin)
        elif name in ELEMENTS or name in SHOWN_AS:
            yield (
                ("start" if opening else "end"),
                name,
                attributes_of(source, match.end(), at) if opening else {},
            )


def skip(source: str, at: int, name: str) -> tuple[int, int]:
    """The offsets before and after the end tag of an element whose content is not shown, or the end of the page."""
    end = re.compile(rf"</{name}(?=[\s/>])", re.I).search(source, at)
    bracket = source.find(">", end.end()) if end else -1
    return end.start() if end else len(source), bracket + 1 if bracket >= 0 else len(source)


def attributes_of(source: str, start: int, end: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in ATTRIBUTE.finditer(source, start, end - 1):
        name, double, single, bare = match.groups()
        found.setdefault(name.lower(), unescape(double or single or bare or ""))
        if len(found) == MAX_ATTRIBUTES:
            break
    return found


def unescape(text: str) -> str:
    """References decoded; those of absurd length first, on which `html.unescape` raises."""
    return html.unescape(ENDLESS_REFERENCE.sub("\ufffd", text)) if "&" in text else text
