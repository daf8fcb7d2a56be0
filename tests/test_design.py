"""The design's vocabulary is the one that all sheets and templates speak."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from mailai.icons import ICONS

SHEETS = sorted((settings.BASE_DIR / "static" / "mailai").glob("*.css"))
TOKENS = settings.BASE_DIR / "static" / "mailai" / "tokens.css"
DEFINED = re.compile(r"(--[\w-]+)\s*:")
USED = re.compile(r"var\((--[\w-]+)")
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)\(", re.IGNORECASE)
ICON = re.compile(r"""\{% icon ["'](.+?)["']""")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.stem)
def test_a_sheet_speaks_in_tokens(sheet: Path) -> None:
    said = sheet.read_text(encoding="utf-8")
    known = set(DEFINED.findall(TOKENS.read_text(encoding="utf-8")))

    assert set(USED.findall(said)) - known == set()
    if sheet != TOKENS:
        assert COLOUR.findall(said) == []
        assert re.findall(r"font-size: [\d.]+rem", said) == []


def test_every_token_is_of_use() -> None:
    said = "".join(sheet.read_text(encoding="utf-8") for sheet in SHEETS)

    assert set(DEFINED.findall(TOKENS.read_text(encoding="utf-8"))) - set(USED.findall(said)) == set()


def test_every_icon_that_a_template_asks_for_is_drawn() -> None:
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    asked = {name for page in templates for name in ICON.findall(page.read_text(encoding="utf-8"))}

    assert len(asked) > 20
    assert asked - set(ICONS) == set()


def colours(name: str) -> tuple[str, str]:
    """A token's colour in light and in dark."""
    said = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", TOKENS.read_text(encoding="utf-8"))
    assert said, name
    return said[1], said[2]


def luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


INKS = ("text", "muted", "accent", "red", "amber", "green")
PAIRS = [
    *((ink, ground, 4.5) for ink in INKS for ground in ("bg", "card", "raised")),
    *((ink, f"{ink}-soft", 4.5) for ink in ("accent", "red", "amber", "green")),
    *(("text", f"{ink}-soft", 4.5) for ink in ("accent", "red", "amber", "green")),
    *((ink, "sunken", 4.5) for ink in ("text", "muted")),
    *(("on-accent", ground, 4.5) for ground in ("accent", "accent-strong")),
    *(("field-line", ground, 3) for ground in ("bg", "card", "raised")),
]


@pytest.mark.parametrize(("name", "ground", "least"), PAIRS)
def test_what_is_drawn_stands_out(name: str, ground: str, least: float) -> None:
    """WCAG 2.2: 1.4.3 for text, 1.4.11 for the borders of fields; by formula, so also where no page shows it yet."""
    for drawn, behind in zip(colours(name), colours(ground), strict=True):
        light, dark = sorted((luminance(drawn), luminance(behind)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= least
