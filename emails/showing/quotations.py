"""Long quotations of a sanitised page, folded into an element that opens without a script."""

from __future__ import annotations

import re
from html import escape

BLOCK = re.compile(r"<(/?)blockquote\b(?:[^>\"]|\"[^\"]*+\")*+>", re.I)
TAG = re.compile(r"<(?:[^>\"]|\"[^\"]*+\")*+>")
LONG = 300  # characters; a shorter quotation says what is answered


def with_quotations_folded(html: str, label: str) -> str:
    """`html` with its outermost long quotations behind `label`. Nothing is folded if that left nothing to read."""
    spans = [span for span in outermost(html) if length(html[slice(*span)]) > LONG]
    if not spans or not length(outside(html, spans)):
        return html
    out: list[str] = []
    at = 0
    for start, end in spans:
        summary = f'<details class="quotation"><summary>{escape(label)}</summary>'
        out.append(f"{html[at:start]}{summary}{html[start:end]}</details>")
        at = end
    return "".join([*out, html[at:]])


def outermost(html: str) -> list[tuple[int, int]]:
    """Where quotations begin and end that stand in no other one."""
    spans: list[tuple[int, int]] = []
    depth = start = 0
    for tag in BLOCK.finditer(html):
        if not tag[1]:
            start = tag.start() if not depth else start
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                spans.append((start, tag.end()))
    return spans


def outside(html: str, spans: list[tuple[int, int]]) -> str:
    edges = [0, *(edge for span in spans for edge in span), len(html)]
    return "".join(html[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))


def length(html: str) -> int:
    """Characters of text, images counted as one each."""
    images = len(re.findall(r"<img\b", html, re.I))
    return images + len("".join(TAG.sub("", html).replace("&nbsp;", "").split()))
