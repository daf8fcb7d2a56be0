"""Colours of CSS and of old HTML as numbers, to tell what stands out from its background."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

NAMED = dict(
    pair.split("=")
    for pair in """
    aliceblue=#f0f8ff antiquewhite=#faebd7 aqua=#00ffff aquamarine=#7fffd4 azure=#f0ffff beige=#f5f5dc
    bisque=#ffe4c4 black=#000000 blanchedalmond=#ffebcd blue=#0000ff blueviolet=#8a2be2 brown=#a52a2a
    burlywood=#deb887 cadetblue=#5f9ea0 chartreuse=#7fff00 chocolate=#d2691e coral=#ff7f50
    cornflowerblue=#6495ed cornsilk=#fff8dc crimson=#dc143c cyan=#00ffff darkblue=#00008b darkcyan=#008b8b
    darkgoldenrod=#b8860b darkgray=#a9a9a9 darkgreen=#006400 darkgrey=#a9a9a9 darkkhaki=#bdb76b
    darkmagenta=#8b008b darkolivegreen=#556b2f darkorange=#ff8c00 darkorchid=#9932cc darkred=#8b0000
    darksalmon=#e9967a darkseagreen=#8fbc8f darkslateblue=#483d8b darkslategray=#2f4f4f darkslategrey=#2f4f4f
    darkturquoise=#00ced1 darkviolet=#9400d3 deeppink=#ff1493 deepskyblue=#00bfff dimgray=#696969
    dimgrey=#696969 dodgerblue=#1e90ff firebrick=#b22222 floralwhite=#fffaf0 forestgreen=#228b22 fuchsia=#ff00ff
    gainsboro=#dcdcdc ghostwhite=#f8f8ff gold=#ffd700 goldenrod=#daa520 gray=#808080 green=#008000
    greenyellow=#adff2f grey=#808080 honeydew=#f0fff0 hotpink=#ff69b4 indianred=#cd5c5c indigo=#4b0082
    ivory=#fffff0 khaki=#f0e68c lavender=#e6e6fa lavenderblush=#fff0f5 lawngreen=#7cfc00 lemonchiffon=#fffacd
    lightblue=#add8e6 lightcoral=#f08080 lightcyan=#e0ffff lightgoldenrodyellow=#fafad2 lightgray=#d3d3d3
    lightgreen=#90ee90 lightgrey=#d3d3d3 lightpink=#ffb6c1 lightsalmon=#ffa07a lightseagreen=#20b2aa
    lightskyblue=#87cefa lightslategray=#778899 lightslategrey=#778899 lightsteelblue=#b0c4de
    lightyellow=#ffffe0 lime=#00ff00 limegreen=#32cd32 linen=#faf0e6 magenta=#ff00ff maroon=#800000
    mediumaquamarine=#66cdaa mediumblue=#0000cd mediumorchid=#ba55d3 mediumpurple=#9370db mediumseagreen=#3cb371
    mediumslateblue=#7b68ee mediumspringgreen=#00fa9a mediumturquoise=#48d1cc mediumvioletred=#c71585
    midnightblue=#191970 mintcream=#f5fffa mistyrose=#ffe4e1 moccasin=#ffe4b5 navajowhite=#ffdead navy=#000080
    oldlace=#fdf5e6 olive=#808000 olivedrab=#6b8e23 orange=#ffa500 orangered=#ff4500 orchid=#da70d6
    palegoldenrod=#eee8aa palegreen=#98fb98 paleturquoise=#afeeee palevioletred=#db7093 papayawhip=#ffefd5
    peachpuff=#ffdab9 peru=#cd853f pink=#ffc0cb plum=#dda0dd powderblue=#b0e0e6 purple=#800080 red=#ff0000
    rosybrown=#bc8f8f royalblue=#4169e1 saddlebrown=#8b4513 salmon=#fa8072 sandybrown=#f4a460 seagreen=#2e8b57
    seashell=#fff5ee sienna=#a0522d silver=#c0c0c0 skyblue=#87ceeb slateblue=#6a5acd slategray=#708090
    slategrey=#708090 snow=#fffafa springgreen=#00ff7f steelblue=#4682b4 tan=#d2b48c teal=#008080
    thistle=#d8bfd8 tomato=#ff6347 turquoise=#40e0d0 violet=#ee82ee wheat=#f5deb3 white=#ffffff
    whitesmoke=#f5f5f5 yellow=#ffff00 yellowgreen=#9acd32
    """.split()  # noqa: SIM905
)
HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.I)
BARE = re.compile(r"[0-9a-f]{6}", re.I)
FUNCTION = re.compile(r"(rgb|hsl)a?\(\s*([^()]{1,80})\)", re.I)
NUMBER = re.compile(r"([+-]?[\d.]{1,8})(%|deg|turn)?")


class Colour(NamedTuple):
    """Of 0 to 1 each."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0


WHITE, BLACK = Colour(1, 1, 1), Colour(0, 0, 0)


@lru_cache(maxsize=1000)
def colour(text: str) -> Colour | None:
    """None for what is no colour, or one that only a browser knows."""
    text = text.strip().lower()
    if text == "transparent":
        return Colour(0, 0, 0, 0)
    found = HEX.fullmatch(NAMED.get(text, text))
    if found:
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])
        return Colour(*(int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)))
    function = FUNCTION.fullmatch(text)
    return calculated(function[1], function[2]) if function else None


def old_colour(text: str) -> Colour | None:
    """Of an attribute of old HTML, where the # may be missing."""
    text = text.strip()
    return colour(f"#{text}" if BARE.fullmatch(text) else text)


def hexadecimal(colour: Colour) -> str:
    """`#rrggbb`, with two more digits where something shows through."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[: 3 + (colour.alpha < 1)])


def calculated(function: str, arguments: str) -> Colour | None:
    said = [NUMBER.fullmatch(one) for one in re.split(r"[\s,/]+", arguments.strip())]
    try:
        numbers = [(float(one[1]), one[2] or "") for one in said if one]
    except ValueError:
        return None
    if len(numbers) != len(said) or len(numbers) not in (3, 4):
        return None
    alpha = portion(numbers[3], 1) if len(numbers) == 4 else 1.0
    if function == "rgb":
        red, green, blue = (portion(one, 255) for one in numbers[:3])
        return Colour(red, green, blue, alpha)
    hue = numbers[0][0] * (360 if numbers[0][1] == "turn" else 1)
    saturation, lightness = (portion(one, 100) for one in numbers[1:3])
    red, green, blue = (of_hue(offset, hue, saturation, lightness) for offset in (0, 8, 4))
    return Colour(red, green, blue, alpha)


def portion(number: tuple[float, str], whole: float) -> float:
    value, unit = number
    return min(max(value / (100 if unit == "%" else whole), 0.0), 1.0)


def of_hue(offset: int, hue: float, saturation: float, lightness: float) -> float:
    """One channel of HSL (CSS Color 4, 7.1)."""
    at = (offset + hue / 30) % 12
    return lightness - saturation * min(lightness, 1 - lightness) * max(-1, min(at - 3, 9 - at, 1))


def over(top: Colour, under: Colour) -> Colour:
    """What is seen of `top` on an opaque `under`."""
    return Colour(
        *(one * top.alpha + other * (1 - top.alpha) for one, other in zip(top[:3], under, strict=False))
    )


def contrast(one: Colour, other: Colour) -> float:
    """1 for the same, 21 for black on white (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Colour) -> float:
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
