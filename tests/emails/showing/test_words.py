"""Long words get places to break, and say the same."""

from __future__ import annotations

import pytest
from django.utils.html import escape, urlize

from emails.showing.words import LONGEST, with_breaks


@pytest.mark.parametrize(
    "text", ["w" * 300_000, "&<>" * 5000, "https://example.com/" + "a" * 3000, "ä" * 500 + " short"]
)
def test_no_word_is_longer_than_a_browser_likes(text: str) -> None:
    html = urlize(escape(text))
    broken = with_breaks(html)
    assert broken.replace("<wbr>", "") == html
    assert broken.count("<wbr>") >= len(text.split()[0]) // LONGEST - 1


@pytest.mark.parametrize(
    "html", ["a word", "w" * LONGEST, f'<a href="{"w" * 900}">link</a>', f"{'w' * 50} {'v' * 100}"]
)
def test_what_fits_stays(html: str) -> None:
    assert with_breaks(html) == html
