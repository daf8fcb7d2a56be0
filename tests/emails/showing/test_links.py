"""Where links lead, and which of them lie about it."""

from __future__ import annotations

import pytest

from emails.parsing.sanitise import sanitise
from emails.showing.links import Deceptive, deceptive, marked


def link(text: str, target: str) -> str:
    return sanitise(f'<p>See <a href="{target}" title="https://bank.example">{text}</a>.</p>')


@pytest.mark.parametrize(
    ("text", "target", "shown", "host"),
    [
        ("https://www.sparkasse.de/login", "https://evil.example/x", "sparkasse.de", "evil.example"),
        ("sparkasse.de", "https://evil.example", "sparkasse.de", "evil.example"),
        ("<b>www.spar</b>kasse.de", "http://evil.example:8080/", "sparkasse.de", "evil.example"),
        (
            "Go to https://bank.example now",
            "https://evil.example/?https://bank.example",
            "bank.example",
            "evil.example",
        ),
        ("https://bank.example", "https://bank.example@evil.example/", "bank.example", "evil.example"),
        ("https://bank.example", "https://bank.example.evil.test/", "bank.example", "bank.example.evil.test"),
        ("spar\u200bkasse.de", "https://evil.example", "sparkasse.de", "evil.example"),
        ("paypal.com", "https://\u0440aypal.com/", "paypal.com", "xn--aypal-uye.com"),
        ("https://bank.example", "https://203.0.113.9/", "bank.example", "203.0.113.9"),
        ("BANK.example", "HTTPS://evil.example/", "bank.example", "evil.example"),
        ("bank.github.io", "https://eve.github.io/", "bank.github.io", "eve.github.io"),
        ("bank.co.za", "https://eve.co.za/", "bank.co.za", "eve.co.za"),
    ],
)
def test_it_finds_a_text_that_names_another_place(text, target, shown, host):
    assert deceptive(link(text, target)) == [Deceptive(shown, host)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://bank.example/a", "https://bank.example/b"),
        ("www.bank.example", "https://login.bank.example/"),
        ("bank.example", "https://www.bank.example/"),
        ("Click here", "https://evil.example/"),
        ("Amazon.de Kundenservice", "https://counter.example/"),
        ("README.md", "https://forge.example/x"),
        ("node.js", "https://forge.example/x"),
        ("ada@bank.example", "https://forge.example/x"),
        ("ada@bank.example", "mailto:eve@evil.example"),
        ("3.5.2031", "https://forge.example/x"),
        ("", "https://evil.example/"),
    ],
)
def test_it_leaves_honest_links_alone(text, target):
    assert deceptive(link(text, target)) == []


def test_it_tells_each_lie_once():
    assert len(deceptive(2 * link("bank.example", "https://evil.example/"))) == 1


def test_every_link_says_where_it_leads_in_place_of_what_the_sender_says():
    page = marked(link("Click here", "https://evil.example/?a=1&amp;b=%22"), str)
    assert 'title="https://evil.example/?a=1&amp;b=%22"' in page
    assert "https://bank.example" not in page
    assert 'target="_blank"' in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_a_lie_is_marked_in_the_page():
    page = marked(link("bank.example", "https://evil.example/"), lambda host: f"<{host}>")
    assert '<span class="elsewhere">&lt;evil.example&gt;</span></a>.</p>' in page


def test_the_rest_of_the_page_stays_as_it_is():
    page = sanitise('<p>a > b <a>no address</a> <a href="mailto:a@b.example">mail</a> &amp; <b>more</b></p>')
    assert marked(page, str).replace(' title="mailto:a@b.example"', "") == page


def test_it_takes_any_sanitised_page():
    hostile = (
        "<a " * 20_000,
        '<a href="' * 20_000,
        "<a>" * 20_000,
        "<a href='x" + "<a " * 1000 + "'>" + "y." * 50_000,
    )
    for source in hostile:
        assert isinstance(marked(sanitise(source), str), str)
