"""Backgrounds of CSS, written anew from what was understood of them: so a browser fills what is taken to be filled."""

from __future__ import annotations

import re

from emails.parsing.colours import Colour, colour, hexadecimal

ARGUMENT = re.compile(r"(?:[^,()]|\([^()]*\))+")
GRADIENT = re.compile(r"linear-gradient\(((?:[^()]|\([^()]*\)){1,1000})\)", re.I)
DIRECTION = re.compile(
    r"to (?:(?:top|bottom)(?: (?:left|right))?|left|right)|-?\d{1,4}(?:\.\d{1,3})?deg", re.I
)
STOP = re.compile(r"([^%]+?)(\s+\d{1,3}(?:\.\d{1,3})?%)?")
URL = re.compile(r"url\(\s*(\"[^\"()]*\"|'[^'()]*'|[^\s\"'()]*)\s*\)", re.I)
LENGTH = r"(?:0|\d{1,4}(?:\.\d{1,3})?(?:px|%))"
# What may stand beside a colour and an image, in an order that every browser knows.
PLACED = re.compile(
    r"\s*(?:no-repeat|repeat-x|repeat-y|repeat)?"
    rf"\s*(?:(?:left|center|right|{LENGTH})(?:\s+(?:top|center|bottom|{LENGTH}))?|top|bottom)?"
    rf"(?:(?<=\S)\s*/\s*(?:cover|contain|auto|{LENGTH})(?:\s+(?:auto|{LENGTH}))?)?\s*",
    re.I,
)
FILL = re.compile("#[0-9a-f]{6}(?:[0-9a-f]{2})?")


def background(value: str) -> str | None:
    """The shorthand of one layer: its image, where that lies, and its colour."""
    found = image_in(value)
    rest = value.replace(found[0], " ", 1) if found else value
    colours = [word for word in re.findall(r"[^\s(),]+\([^()]*\)|[^\s(),]+", rest) if colour(word)]
    for word in colours:
        rest = rest.replace(word, " ", 1)
    rest = " ".join(rest.split())
    if rest == "none":
        rest = ""
    if len(colours) > 1 or not PLACED.fullmatch(rest) or (found and not found[1]):
        return None
    words = [found[1] if found else "", rest if found else "", painted(colours[0]) if colours else ""]
    return " ".join(filter(None, words)) or "none"


def background_image(value: str) -> str | None:
    found = image_in(value)
    return value if value == "none" else found[1] if found and found[0] == value.strip() else None


def image_in(value: str) -> tuple[str, str] | None:
    """The image as it stands there, and as it is to be written: empty if that is not understood."""
    if address := URL.search(value):
        return address[0], address[0]
    if gradient := GRADIENT.search(value):
        return gradient[0], linear(gradient[1])
    return None


def linear(arguments: str) -> str:
    said = [one.strip() for one in ARGUMENT.findall(arguments)]
    direction = [said.pop(0)] if said and DIRECTION.fullmatch(said[0]) else []
    stops = []
    for one in said:
        stop = STOP.fullmatch(one)
        if not stop or not colour(stop[1]):
            return ""
        stops.append(painted(stop[1]) + (stop[2] or ""))
    return f"linear-gradient({', '.join(direction + stops)})" if len(stops) > 1 else ""


def painted(text: str) -> str:
    found = colour(text)
    return hexadecimal(found) if found else ""


def fills(said: dict[str, str]) -> list[Colour] | None:
    """What an element is filled with; empty if with nothing of its own, None where nobody can tell.

    An image from the network counts as none: nobody sees it before it is asked for.
    """
    found: list[Colour] = []
    for name, value in said.items():
        if name not in ("background", "background-color", "background-image"):
            continue
        address = URL.search(value)
        if address and address[1].strip("\"' ").lower().startswith("data:"):
            return None
        seen = [one for text in FILL.findall(URL.sub("", value)) if (one := colour(text)) and one.alpha]
        found = seen if name != "background-image" else seen or found
    return found
