"""What fills an element, as CSS says it: a colour, and a picture before it. A gradient counts as one colour."""

from __future__ import annotations

import re
from typing import NamedTuple

from emails.parsing.colours import Colour, colour

ARGUMENT = re.compile(r"(?:[^,()]|\((?:[^()]|\([^()]*\))*\))+")
GRADIENT = re.compile(
    r"((?:repeating-)?(?:linear|radial|conic)-gradient)\(((?:[^()]|\([^()]*\)){1,1000})\)", re.I
)
DIRECTION = re.compile(
    r"to (?:(?:top|bottom)(?: (?:left|right))?|left|right)|-?\d{1,4}(?:\.\d{1,3})?(?:deg|turn)", re.I
)
SHAPE = re.compile(r"(?:circle|ellipse|at|from|closest|farthest)\b[^,]*", re.I)
STOP = re.compile(r"([^%\s]+?|[^%]+?\))(?:\s+\d{1,4}(?:\.\d{1,3})?(?:%|px|deg)){0,2}", re.I)
URL = re.compile(r"url\(\s*(\"[^\"()]*\"|'[^'()]*'|[^\s\"'()]*)\s*\)", re.I)
LENGTH = r"(?:0|\d{1,4}(?:\.\d{1,3})?(?:px|%))"
# What may stand beside a colour and an image, in an order that every browser knows.
PLACED = re.compile(
    r"\s*(?:no-repeat|repeat-x|repeat-y|repeat)?"
    rf"\s*(?:(?:left|center|right|{LENGTH})(?:\s+(?:top|center|bottom|{LENGTH}))?|top|bottom)?"
    rf"(?:(?<=\S)\s*/\s*(?:cover|contain|auto|{LENGTH})(?:\s+(?:auto|{LENGTH}))?)?\s*",
    re.I,
)
SHOWN = re.compile(r"https?:|data:image/(?:png|jpe?g|gif|webp|bmp|avif|x-icon)[;,]", re.I)
UNSAFE = re.compile(r"[\s\"'\\()<>]")


class Paint(NamedTuple):
    fill: Colour | None = None
    picture: str = ""
    """Its address, of a kind that may be shown."""


def paint_of(said: dict[str, str]) -> Paint:
    """What the declarations that count make of an element's background."""
    paint = Paint()
    for name, value in said.items():
        if name == "background":
            paint = background(value) or paint
        elif name == "background-color":
            paint = Paint(colour(value), paint.picture)
        elif name == "background-image":
            paint = background_image(value, paint) or paint
    return paint


def background(value: str) -> Paint | None:
    """The shorthand: of each layer its image, where that lies, and its colour. None if a browser might not take it."""
    layers = [layer(one.strip()) for one in ARGUMENT.findall(value)]
    painted = [one for one in layers if one]
    if len(painted) < len(layers):
        return None
    fills = [one.fill for one in painted if one.fill]  # the colour stands in the last one
    return Paint(fills[-1] if fills else None, next((one.picture for one in painted if one.picture), ""))


def layer(value: str) -> Paint | None:
    image, paint = image_in(value)
    rest = value.replace(image, " ", 1) if image else value
    colours = [word for word in re.findall(r"[^\s(),]+\([^()]*\)|[^\s(),]+", rest) if colour(word)]
    for word in colours:
        rest = rest.replace(word, " ", 1)
    rest = " ".join(rest.split())
    if not paint or len(colours) > 1 or not PLACED.fullmatch("" if rest == "none" else rest):
        return None
    return Paint(paint.fill or (colour(colours[0]) if colours else None), paint.picture)


def background_image(value: str, before: Paint) -> Paint | None:
    if value.strip().lower() == "none":
        return Paint(before.fill)
    layers = [image_in(one.strip()) for one in ARGUMENT.findall(value)]
    if any(not paint for _image, paint in layers) or "".join(image for image, _paint in layers) != bare(
        value
    ):
        return None
    if len(layers) > 1:  # what lies over a picture is a veil, of which the page gets its own
        return Paint(
            before.fill, next((paint.picture for _image, paint in layers if paint and paint.picture), "")
        )
    paint = layers[0][1] or Paint()
    return Paint(paint.fill or before.fill, paint.picture)


def bare(value: str) -> str:
    return "".join(one.strip() for one in ARGUMENT.findall(value))


def image_in(value: str) -> tuple[str, Paint | None]:
    """The image as it stands there, and what is painted for it: None if that is not understood."""
    if address := URL.search(value):
        where = address[1].strip("\"' ")
        return address[0], Paint(None, where if SHOWN.match(where) and not UNSAFE.search(where) else "")
    if gradient := GRADIENT.search(value):
        mean = mean_colour(gradient[2])
        return gradient[0], Paint(mean) if mean else None
    return "", Paint()


def mean_colour(arguments: str) -> Colour | None:
    """Of a gradient's stops: a text that stands out from it stands out everywhere."""
    said = [one.strip() for one in ARGUMENT.findall(arguments)]
    if said and (DIRECTION.fullmatch(said[0]) or SHAPE.fullmatch(said[0])):
        said = said[1:]
    stops = [colour(stop[1]) if (stop := STOP.fullmatch(one)) else None for one in said]
    known = [one for one in stops if one]
    if len(known) < 2 or len(known) < len(stops):
        return None
    return Colour(*(sum(parts) / len(known) for parts in zip(*known, strict=True)))
