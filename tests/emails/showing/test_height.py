"""How high a page will be, about."""

from __future__ import annotations

import pytest

from emails.showing.height import NARROW, STEPS, WIDE, height_of, step


def test_more_text_is_higher_and_a_narrow_screen_too():
    short, long = "<p>Hello</p>", f"<p>{'word ' * 600}</p>"
    assert height_of(short, WIDE) < 120
    assert height_of(long, WIDE) > 600
    assert height_of(long, NARROW) > 2 * height_of(long, WIDE)


@pytest.mark.parametrize(
    ("html", "at_least", "at_most"),
    [
        ("<p>a</p>" * 20, 700, 1000),
        ("a<br>" * 20, 480, 600),
        ('<img src="cid:a" width="400" height="300">', 300, 400),
        ('<img src="cid:a" width="1660" height="600">', 300, 400),
        ('<td style="padding: 50px">x</td>', 0, 250),
        ("<table><tr><td><img height=200><td><img height=200></table>", 200, 300),
        ('<div style="display:none">' + "word " * 900 + "</div>x", 0, 120),
        ("<pre>" + "x\n" * 20 + "</pre>", 480, 600),
        ('<td height="500">x</td>', 500, 600),
        ("<details open><summary>s</summary><div>" + "<p>a</p>" * 20 + "</div></details>", 700, 1000),
        ("<details><summary>s</summary><div>" + "<p>a</p>" * 20 + "</div></details>", 0, 120),
    ],
)
def test_it_guesses_what_a_browser_would_make_of_it(html, at_least, at_most):
    assert at_least <= height_of(html, WIDE) <= at_most


def test_there_is_a_step_for_everything():
    assert step("", WIDE) == 0
    assert step("<p>x</p>" * 100_000, NARROW) == len(STEPS) - 1


def test_a_long_page_is_taken_to_go_on_as_it_began():
    once = height_of("<p>Hello</p>" * 5000, WIDE)
    assert height_of("<p>Hello</p>" * 10_000, WIDE) == pytest.approx(2 * once, rel=0.01)
