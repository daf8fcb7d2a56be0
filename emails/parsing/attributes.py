"""Attributes of old HTML in the same bounds as declarations of CSS: see `emails.parsing.bounds`."""

from __future__ import annotations

import re

from emails.parsing.bounds import (
    NARROW,
    NARROW_CELL,
    TALLEST_BOX,
    WIDEST,
    WIDEST_BORDER,
    WIDEST_RULE,
    WIDEST_TABLE,
)
from emails.parsing.colours import hexadecimal, old_colour
from emails.parsing.contents import CELLS, Content
from emails.parsing.looks import Look, Shown
from emails.parsing.tables import number

LINK = re.compile(r"(?:https?|mailto):", re.I)
LANGUAGE = re.compile(r"[a-zA-Z-]{1,35}")
PERCENT = re.compile(r"\s*(\d{1,3})%\s*")
ALIGNED = {"align": ("left", "right", "center", "justify"), "valign": ("top", "middle", "bottom", "baseline")}
NUMBERED = ("1", "a", "A", "i", "I")
BULLETS = ("disc", "circle", "square")


def kept_attributes(
    tag: str, attributes: dict[str, str], judged: Shown, content: Content, nested: bool, cramped: bool
) -> dict[str, str]:
    """What is left of an element's attributes but for its style and the spans of a cell. `nested`: in a table."""
    if not attributes:
        return {"open": ""} if tag == "details" else {}
    kept = aligned(attributes)
    if attributes.get("dir", "").lower() in ("ltr", "rtl", "auto"):
        kept["dir"] = attributes["dir"].lower()
    if LANGUAGE.fullmatch(attributes.get("lang", "")):
        kept["lang"] = attributes["lang"]
    if tag in CELLS:
        kept |= cell_sizes(attributes, content, judged.look, cramped)
    elif tag == "table":
        kept |= table_sizes(attributes, content, WIDEST_TABLE / judged.look.columns if nested else WIDEST)
        kept |= sizes(attributes, height=0 if cramped else TALLEST_BOX)
    elif tag == "hr":
        kept |= sizes(attributes, width=WIDEST_RULE)
        if line := old_colour(attributes.get("color", "")):
            kept["color"] = hexadecimal(line)
    elif tag in ("ol", "ul", "li"):
        kept |= numbering(tag, attributes)
    elif tag == "a" and LINK.match(attributes.get("href", "").strip()):
        kept["href"] = attributes["href"]
    elif tag == "details":
        kept["open"] = ""
    fill = old_colour(attributes.get("bgcolor", ""))
    if fill and f"background-color:{hexadecimal(fill)}" in judged.style:
        kept["bgcolor"] = hexadecimal(fill)
    return kept


def aligned(attributes: dict[str, str]) -> dict[str, str]:
    return {
        name: value.lower()
        for name, known in ALIGNED.items()
        if (value := attributes.get(name, "")).lower() in known
    }


def sizes(attributes: dict[str, str], **most: float) -> dict[str, str]:
    """Numbers of pixels, at most so many, and of a width a share in percent."""
    kept = {}
    for name, limit in most.items():
        length = number(attributes.get(name), int(limit))
        if length is not None:
            kept[name] = str(length)
        elif (
            (share := PERCENT.fullmatch(attributes.get(name, "")))
            and name == "width"
            and int(share[1]) <= 100
        ):
            kept[name] = f"{share[1]}%"
    return kept


def cell_sizes(attributes: dict[str, str], content: Content, look: Look, cramped: bool) -> dict[str, str]:
    wide = WIDEST if content.text else look.room
    kept = sizes(attributes, width=wide, height=0 if cramped else TALLEST_BOX)
    return without_narrow(kept, NARROW_CELL) if content.text else kept


def table_sizes(attributes: dict[str, str], content: Content, most: float) -> dict[str, str]:
    kept = sizes(attributes, width=WIDEST, border=WIDEST_BORDER)
    if (number(kept.get("width"), int(WIDEST)) or 0) > most:
        kept["width"] = "100%"
    kept |= {name: attributes[name] for name in ("cellpadding", "cellspacing") if name in attributes}
    return without_narrow(kept, NARROW) if content.text else kept


def without_narrow(kept: dict[str, str], least: float) -> dict[str, str]:
    width = number(kept.get("width"), int(WIDEST))
    return kept if width is None or width >= least else {name: kept[name] for name in kept if name != "width"}


def numbering(tag: str, attributes: dict[str, str]) -> dict[str, str]:
    kept = {}
    if tag == "ol" and number(attributes.get("start"), 100_000) is not None:
        kept["start"] = attributes["start"].strip()
    if tag == "li" and number(attributes.get("value"), 100_000) is not None:
        kept["value"] = attributes["value"].strip()
    if attributes.get("type", "") in (NUMBERED if tag == "ol" else BULLETS):
        kept["type"] = attributes["type"]
    return kept
