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


LOOKS = [  # each is read as paypal.com, or as something of it
    "Visit paypal.com now",
    "paypal.com/login here",
    "paypal.com//login",
    "paypal.com?x",
    "PayPal.Com",
    "Visit paypal.com.",
    "(paypal.com)",
    "\u201epaypal.com\u201c",
    "Link:paypal.com",
    "\u2192paypal.com",
    "\U0001f512paypal.com\U0001f512",
    "paypal.com\u2044login",
    "paypal.com\\login",
    "paypal.com:443",
    "//paypal.com",
    "ftp://paypal.com",
    "https:paypal.com",
    "paypal\u3002com",
    "paypal\uff0ecom",
    "paypal\uff61com",
    "paypal\u2024com",
    "paypal\ufe52com",
    "paypal\u06d4com \ua4f8 paypal\ua4f8com",
    "paypal.\u200acom",
    "\uff50\uff41\uff59\uff50\uff41\uff4c.com",
    "\U0001d5fd\U0001d5ee\U0001d606\U0001d5fd\U0001d5ee\U0001d5f9.\U0001d5f0\U0001d5fc\U0001d5fa",
    "p\u034faypal.com",
    "pay\u00adpal.com",
    "pay\u200dpal.com",
    "pay\ufe0fpal.com",
    "pay\U000e0061pal.com",
    "pay\u3164pal.com",
    "pay<wbr>pal.com",
    "<b>pay</b><i>pal</i>.com",
    "paypal.\u0441om",
    "paypal.c\u043em",
    "\u1d18\u1d00\u028f\u1d18\u1d00\u029f.\u1d04\u1d0f\u1d0d",
    "https://paypal.com@evil.example/",
    "https://paypal.com:x@evil.example/",
    "security@paypal.com",
    "@paypal.com",
    "请访问paypal.com登录",
    "a.b.c.d.e.f.g.h.i.j.k.paypal.com",
    '<img src="https://evil.example/x.png" alt="paypal.com">',
    "Log in<br>paypal.com",
]


@pytest.mark.parametrize("text", LOOKS)
def test_it_finds_a_place_however_it_is_written(text):
    [lie] = deceptive(link(text, "https://evil.example/"))
    assert lie.host == "evil.example"
    assert "paypal.com" in lie.shown


@pytest.mark.parametrize("text", [one for one in LOOKS if "evil" not in one])
def test_it_takes_the_same_for_the_truth_where_it_leads_there(text):
    assert deceptive(link(text, "https://www.paypal.com/")) == []


@pytest.mark.parametrize("text", ["\u202emoc.lapyap", "Visit \u202emoc.lapyap\u202c now"])
def test_it_reads_what_was_stored_turned_round(text):
    """As sanitised pages had it once."""
    assert deceptive(f'<a href="https://evil.example/">{text}</a>') == [
        Deceptive("paypal.com", "evil.example")
    ]


LEADS = [  # each to evil.example
    "https:evil.example",
    "https:/evil.example/",
    "https:\\\\evil.example\\x",
    "https://paypal.com:x@evil.example/",
    "https://%65vil.example/",
    "https://evil\u3002example/",
    "https://ev\u00adil.example/",
    "https://\uff45vil.example/",
    "https://evil.example./",
    "https://ev\til.exa\nmple/",
    "HTTPS://EVIL.EXAMPLE",
    "https://paypal.com.evil.example/",
    "https://www.google.com/url?q=https://evil.example/&sa=D",
    "https://www.google.com/url?q=https://www.google.com/url?q=https%3A%2F%2Fevil.example",
    "https://www.google.com/amp/s/evil.example/x",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.example%2F&data=x",
    "https://urldefense.com/v3/__https://evil.example/x__;!!abc",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.example_x&d=x",
]


@pytest.mark.parametrize("target", LEADS)
def test_it_finds_where_a_browser_ends_up(target):
    [lie] = deceptive(link("paypal.com", target.replace("&", "&amp;")))
    assert lie.shown == "paypal.com"
    assert lie.host.endswith("evil.example")
    [lie] = deceptive(link("google.com", target.replace("&", "&amp;")))
    assert lie.host.endswith("evil.example")


def test_an_address_is_opened_as_it_was_judged():
    page = marked(link("Click here", "https:\\\\EVIL\u3002example\\x"), str)
    assert 'href="https://evil.example/x"' in page
    assert 'title="https://evil.example/x"' in page


@pytest.mark.parametrize(
    ("text", "target", "shown", "host"),
    [
        # hosts under a suffix that strangers share
        ("one.github.io", "https://other.github.io/", "one.github.io", "other.github.io"),
        ("one.co.uk", "https://other.co.uk/", "one.co.uk", "other.co.uk"),
        # IDNA 2003 took these for the same
        ("stra\u00dfe.example", "https://strasse.example/", "stra\u00dfe.example", "strasse.example"),
        ("fa\u00df.de", "https://fass.de/", "fa\u00df.de", "fass.de"),
        # mail
        ("ada@bank.example", "mailto:eve@evil.example", "ada@bank.example", "eve@evil.example"),
        ("ada@bank.example", "mailto:eve@bank.example", "ada@bank.example", "eve@bank.example"),
        (
            "ada@bank.example",
            "mailto:ada@bank.example?bcc=eve@evil.example",
            "ada@bank.example",
            "eve@evil.example",
        ),
        ("ada@bank.example", "mailto:?to=eve%40evil.example", "ada@bank.example", "eve@evil.example"),
        ("bank.example", "mailto:eve@evil.example", "bank.example", "evil.example"),
        ("ada@bank.example", "https://evil.example/", "ada@bank.example", "evil.example"),
        ("Amazon.de Kundenservice", "https://counter.example/", "amazon.de", "counter.example"),
        # two parameters, of which only the service knows which one counts
        (
            "bank.example",
            "https://www.google.com/url?q=https://bank.example&amp;q=https://evil.example",
            "bank.example",
            "www.google.com",
        ),
        (
            "bank.example",
            "https://google.evil.example/url?q=https://bank.example",
            "bank.example",
            "google.evil.example",
        ),
    ],
)
def test_it_finds_another_place_of_the_same_kind(text, target, shown, host):
    assert deceptive(link(text, target)) == [Deceptive(shown, host)]


@pytest.mark.parametrize(
    ("target", "shown", "host"),
    [
        ("https://\u0440\u0430ypal.com/", "\u0440\u0430ypal.com", "xn--ypal-43d9g.com"),
        (
            "https://\u0430\u0440\u0440\u04cf\u0435.com/",
            "\u0430\u0440\u0440\u04cf\u0435.com",
            "xn--80ak6aa92e.com",
        ),
        ("https://payp\u1ea1l.com/", "payp\u1ea1l.com", "xn--paypl-m11b.com"),
        ("https://paypal.com@evil.example/", "evil.example", "evil.example"),
        ("https://0xcb.0x71.9/", "203.113.0.9", "203.113.0.9"),
        ("https://3405803785/", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_an_address_that_is_made_to_look_like_another_is_marked_whatever_the_text(target, shown, host):
    assert deceptive(link("Click here", target)) == [Deceptive(shown, host)]
    assert len(deceptive(link(shown, target))) == 1


def test_a_long_host_is_told_by_its_end():
    [lie] = deceptive(link("bank.example", f"https://bank.example.{'login.' * 30}evil.example/"))
    assert lie.host.startswith("\u2026")
    assert lie.host.endswith(".evil.example")
    assert len(lie.host) < 80


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://bank.example/a", "https://bank.example/b"),
        ("www.bank.example", "https://login.bank.example/"),
        ("bank.example", "https://www.bank.example/"),
        ("Visit bank.example now", "https://click.news.bank.example/c?u=x"),
        ("Click here", "https://evil.example/"),
        ("bank.example", "https://bank.example\\\\@evil.example/"),
        ("Read more", "https://counter.example/c/4711"),
        ("README.md", "https://forge.example/x"),
        ("node.js", "https://forge.example/x"),
        ("ASP.NET Core", "https://counter.example/x"),
        ("setup.py and main.rs", "https://forge.example/x"),
        ("report.zip", "https://files.example/x"),
        ("invoice.pdf", "https://files.example/x"),
        ("It ended.So we went on", "https://counter.example/x"),
        ("heute.Mehr dazu, z.B. hier, i.e. there", "https://counter.example/x"),
        ("Version 2.0.1 of 3.5.2031 at 10.30 for 1.999,00", "https://forge.example/x"),
        ("Dr. A. Meier, Inc.", "https://counter.example/x"),
        ("ada@bank.example", "mailto:ada@bank.example"),
        ("Ada <Ada@Bank.example>", "mailto:ada@bank.example?subject=Hi"),
        ("ada@bank.example, bob@bank.example", "mailto:ada@bank.example,bob@bank.example"),
        ("Write to us", "mailto:ada@bank.example"),
        ("ada@bank.example", "https://www.bank.example/contact"),
        ("stra\u00dfe.example", "https://xn--strae-oqa.example/"),
        ("m\u00fcller.de", "https://m\u00fcller.de/"),
        ("I\u2665NY.com", "https://xn--iny-zx5a.com/"),
        (
            "\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
            "https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444/",
        ),
        ("Click here", "https://\u65e5\u672c\u8a9eabc.jp/"),
        (
            "bank.example",
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.bank.example%2F",
        ),
        ("bank.example", "https://urldefense.com/v3/__https://bank.example/x__;!!abc"),
        ("bank.example", "https://www.google.com/url?q=https://bank.example/"),
        ("203.0.113.9", "http://203.0.113.9:8080/"),
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
