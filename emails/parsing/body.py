"""The MIME tree of a message to what a reader sees: text, HTML and attachments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from emails.parsing.calendar import summarise
from emails.parsing.charsets import decode, storable
from emails.parsing.filenames import safe, unnamed
from emails.parsing.flowed import unflow
from emails.parsing.headers import one_line
from emails.parsing.html_text import text_of
from emails.parsing.inline_images import content_ids, image_type
from emails.parsing.mime import Part
from emails.parsing.parsed import ParsedAttachment
from emails.parsing.sanitise import Page, page_of, sanitise

MAX_TEXT = 1_000_000
PLAIN = frozenset({"text/plain", "text/markdown", "text/enriched", "text/richtext"})
REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # which no page may hold (HTML 13.1)
BLANK_LINES = re.compile(r"\n(?:[ \t\xa0]*\n){3,}")


class Block(NamedTuple):
    """One piece of the visible message: plain text or HTML."""

    text: str
    html: str


@dataclass
class Body:
    text: str = ""
    html: str = ""
    attachments: list[ParsedAttachment] = field(default_factory=list)


def body_of(root: Part) -> Body:
    """What there is to read in a message, and what is attached to it.

    The text is what the message's page shows: that of the HTML where there is any to show, and then nothing else, also
    where that is but an image.
    """
    files: list[Part] = []
    blocks = visible(root, files, first=True)
    source = "\n".join(block.html or preformatted(block.text) for block in blocks)
    page = page_of(source) if any(block.html for block in blocks) else Page()
    html = page.html
    shown = content_ids(html) - {""}
    attachments = []
    for position, part in enumerate(files):
        attachments.append(attachment(part, position, shown))
        if attachments[-1].inline:
            shown.discard(attachments[-1].content_id)  # of two with one id, the page shows the first
    if html:
        return Body(tidy(text_of(page.events)), html, attachments)
    text = tidy("\n\n".join(block.text for block in blocks if block.text))
    return Body(text or spoken(attachments), "", attachments)


def visible(part: Part, files: list[Part], first: bool = False) -> list[Block]:
    """The blocks of `part` in reading order; what is no text for a reader goes to `files`."""
    if part.kind == "multipart/alternative":
        return best([visible(child, files, first) for child in part.children])
    if part.children:
        blocks: list[Block] = []
        for child in part.children:
            blocks += visible(child, files, first and not blocks)
        return blocks
    disposition = part.headers.text("content-disposition", 100).lower()
    attached = disposition.startswith("attachment") or (bool(filename(part)) and not first)
    if part.kind in PLAIN and not attached:
        return [Block(plain(part), "")]
    if part.kind == "text/html" and not attached:
        content = part.content()
        meta = META_CHARSET.search(content[:4096])
        charset = part.headers.parameter("content-type", "charset") or (meta[1].decode() if meta else "")
        return [Block("", decode(content, charset))]
    if part.kind != "text/x-amp-html":  # a second HTML for programs that run it
        files.append(part)
    return []


def best(choices: list[list[Block]]) -> list[Block]:
    """The one of several forms (RFC 2046 5.1.4) that is shown: the last with HTML to see, else the first with text."""
    rich = [blocks for blocks in choices if any(block.html for block in blocks)]
    plain = [blocks for blocks in choices if any(block.text.strip() for block in blocks)]
    if rich and plain and not shows_something(rich[-1]):
        return plain[0]
    return rich[-1] if rich else plain[0] if plain else []


def shows_something(blocks: list[Block]) -> bool:
    return any(block.text.strip() or sanitise(block.html) for block in blocks)


def plain(part: Part) -> str:
    charset = part.headers.parameter("content-type", "charset")
    text = one_ending(decode(part.content(), charset))
    if part.headers.parameter("content-type", "format").lower() == "flowed":
        text = unflow(text, part.headers.parameter("content-type", "delsp").lower() == "yes")
    return text[:MAX_TEXT]


def one_ending(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def preformatted(text: str) -> str:
    return f'<div style="white-space: pre-wrap">{escape(text)}</div>' if text else ""


def tidy(text: str) -> str:
    if not text.strip():
        return ""
    text = CONTROLS.sub("", storable(text))
    return BLANK_LINES.sub("\n\n\n", text).strip("\n")[:MAX_TEXT].rstrip()


def filename(part: Part) -> str:
    headers = part.headers
    return headers.parameter("content-disposition", "filename") or headers.parameter("content-type", "name")


def attachment(part: Part, position: int, shown: set[str]) -> ParsedAttachment:
    content = part.content()
    content_id = one_line(part.headers.text("content-id", 1200).strip("<> "), 998)
    # Left out of the list of files is only what the page really shows.
    image = image_type(content) if content_id in shown else ""
    return ParsedAttachment(
        position=position,
        name=safe(filename(part), unnamed(part.kind, position)),
        content_type=image or part.kind,
        content_id=content_id,
        inline=bool(image),
        size=len(content),
        content=content,
    )


def spoken(attachments: list[ParsedAttachment]) -> str:
    """For a message without text of its own: its invitation or its delivery report in words."""
    for item in attachments:
        if item.content_type == "text/calendar" and (words := summarise(decode(item.content))):
            return tidy(words)
    reports = (decode(item.content) for item in attachments if item.content_type in REPORTS)
    return tidy(one_ending("\n\n".join(reports)))
