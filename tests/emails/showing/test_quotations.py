"""Quotations in HTML mail: folded where they are long, and never the only thing that is there."""

from __future__ import annotations

from emails.parsing.sanitise import sanitise
from emails.showing.height import WIDE, height_of
from emails.showing.quotations import LONG, with_quotations_folded

LONG_TEXT = "word " * LONG
FOLDED = '<details class="quotation"><summary>Old &amp; long</summary><blockquote>'


def shown(html: str) -> str:
    return with_quotations_folded(sanitise(html), "Old & long")


def test_it_folds_the_outermost_long_quotation():
    page = shown(
        f"<p>Yes.</p><blockquote>{LONG_TEXT}<blockquote>{LONG_TEXT}</blockquote></blockquote><p>Ada</p>"
    )
    assert page.count("<details") == 1
    assert page.startswith(f"<p>Yes.</p>{FOLDED}word")
    assert page.endswith("</blockquote></blockquote></details><p>Ada</p>")


def test_it_leaves_short_ones():
    assert "<details" not in shown("<p>Yes.</p><blockquote>Monday?</blockquote>")


def test_it_folds_nothing_where_nothing_was_left():
    assert "<details" not in shown(f"<blockquote>{LONG_TEXT}</blockquote><p>&nbsp;</p>")
    assert "<details" in shown(f'<img src="cid:a"><blockquote>{LONG_TEXT}</blockquote>')


def test_it_survives_what_is_not_balanced():
    for html in ("</blockquote>x", "<blockquote>x", "<blockquote title='<blockquote>'>x</blockquote>y"):
        assert with_quotations_folded(html, "x") == html


def test_a_folded_quotation_takes_one_line():
    html = f"<p>Yes.</p><blockquote>{LONG_TEXT}</blockquote>"
    assert height_of(with_quotations_folded(html, "Quoted"), WIDE) < height_of(html, WIDE) / 2
