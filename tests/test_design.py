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
