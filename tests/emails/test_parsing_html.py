"""Hostile HTML to safe HTML, and to the text that a reader would see."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.parsing.html_text import to_text
from emails.parsing.inline_images import content_ids, embed
from emails.parsing.markup import ELEMENTS
from emails.parsing.sanitise import ATTRIBUTES, CLEANER, EVERYWHERE, remote_images, sanitise
from emails.showing.images import without_remote
from emails.showing.links import marked
from emails.showing.quotations import with_quotations_folded

VECTORS = [
    "<script>alert(1)</script>x",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">a</a>',
    '<a href=" java\nscript:alert(1)">a</a>',
    '<a href="&#106;avascript:alert(1)">a</a>',
    '<a href="jav&#x09;ascript:alert(1)">a</a>',
    '<a href="//evil.example/">a</a>',
    '<a href="/account/delete">a</a>',
    '<a href="data:text/html,<script>alert(1)</script>">a</a>',
    '<a href="vbscript:x">a</a>',
    '<img src="data:text/html;base64,PHNjcmlwdD4=">',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<img src="//evil.example/x.png">',
    "<iframe src=https://evil.example></iframe>",
    "<form action=https://evil.example><input name=p><button>go</button></form>",
    "<base href=https://evil.example><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example'</style>",
    '<p style="position:fixed;top:0;z-index:9">over</p>',
    '<p style="width:expression(alert(1))">x</p>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="-moz-binding:url(https://evil.example)">x</p>',
    '<p hx-get="/x" data-hx-post="/x" id="app" class="button" name="x">x</p>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "<template><script>alert(1)</script></template>",
    "<object data=https://evil.example></object><embed src=https://evil.example>",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<!--><script>alert(1)</script>-->",
    "<a href='https://ok.example' onclick=alert(1) target=_top>x</a>",
    "<body onload=alert(1) background=https://evil.example/x.png>x",
    "<table background='javascript:alert(1)'><tr><td>x</table>",
]


@pytest.mark.parametrize("source", VECTORS)
def test_it_leaves_nothing_that_acts(source: str) -> None:
    assert_harmless(sanitise(source))


CUTS = ["<div>", "</div>", "<table>", "<td>", "</table>", "<p", '"', "'", ">", "<!--", "-->", "x"]
pieces = st.sampled_from([*VECTORS, *CUTS])


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces | st.text(alphabet="<>/='\"&#;! abpsctrimgx\n", max_size=12), max_size=10))
def test_it_leaves_nothing_that_acts_however_it_is_cut(source: list[str]) -> None:
    assert_harmless(sanitise("".join(source)))
    to_text("".join(source))


class Inspector(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS
        for name, value in attrs:
            assert name in EVERYWHERE | ATTRIBUTES.get(tag, set()) | {"rel", "target"}, (tag, name)
            if name == "href":
                assert re.match(r"(https?|mailto):", value or "")
            if name == "src":
                assert re.match(r"(https?:|cid:|data:image/(png|jpe?g|gif|webp))", value or "")
            if name == "style":
                assert not re.search(r"position|z-index|expression|javascript|binding", value or "")
        if tag == "a":
            assert dict(attrs)["target"] == "_blank"
            assert dict(attrs)["rel"] == "noopener noreferrer nofollow"


def assert_harmless(html: str) -> None:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()


LIKE_MARKUP = "<img src=https://evil.example/x onerror=alert(1)>"
ESCAPED = LIKE_MARKUP.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    "source",
    [
        f"<p>{ESCAPED}</p>",
        f"<p>{ESCAPED.replace('&', '&amp;')}</p>",
        f"<p>&#60;{LIKE_MARKUP[1:-1]}&#62;</p>",
        f"<p>&lt{LIKE_MARKUP[1:-1]}&gt</p>",
        f"<pre>{ESCAPED}</pre>",
        f"<pre>\n{ESCAPED}</pre>",
        f"<a href='https://a.example/'>{ESCAPED}</a>",
        f"<table><tr><td>{ESCAPED}</td></tr></table>",
        f"<table>{ESCAPED}<tr><td>x</td></tr></table>",
        f"<img src='https://a.example/x' alt='{LIKE_MARKUP}'>",
        f"<img alt='{LIKE_MARKUP}'>",
        f"<img src='cid:a' alt='{ESCAPED}'>",
        f"<p style='font-family:{ESCAPED}' lang='{ESCAPED}' align='{ESCAPED}'>x</p>",
        f"<blockquote>{ESCAPED * 20}</blockquote><p>x</p>",
        f"<plaintext>{ESCAPED}",
        f"<xmp>{LIKE_MARKUP}</xmp>x",
        f"<listing>{ESCAPED}</listing>",
        f"<noscript>{ESCAPED}</noscript>",
        f"<noscript><p title='</noscript>{ESCAPED}'>",
        f"<![CDATA[{ESCAPED}]]>x",
        f"<svg><![CDATA[{LIKE_MARKUP}]]></svg>x",
        f"<!--{LIKE_MARKUP}-->x<!--->{ESCAPED}<!---->",
        f"<svg><style><!--</style>{ESCAPED}--></svg>x",
        f"<math><mtext><table><mglyph><style><!--</style>{ESCAPED}<p title='--&gt;{ESCAPED}'>",
        f"<form><math><mtext></form><form><mglyph><style></math>{ESCAPED}",
        f"<svg><p><style><a id='</style>{ESCAPED}'></a></style></p></svg>x",
        f"<template>{LIKE_MARKUP}</template>{ESCAPED}",
        f"<select><option>{ESCAPED}</option></select>{ESCAPED}",
        f"<title>{LIKE_MARKUP}</title><textarea>{LIKE_MARKUP}</textarea>{ESCAPED}",
        f"<iframe srcdoc='{ESCAPED}'>{LIKE_MARKUP}</iframe>x",
        f"<p title='{LIKE_MARKUP}'>x</p>",
    ],
)
def test_text_that_looks_like_markup_stays_text(source: str) -> None:
    """On the page, and wherever its frame changes it: links marked, images in boxes, quotations folded."""
    page = sanitise(f"{source}<p>after</p>")
    assert CLEANER.clean(page) == page
    folded = with_quotations_folded(page, "Quoted")
    for html in (
        folded,
        without_remote(folded),
        marked(folded, str),
        embed(folded, {"a": ("image/png", b"P")}),
    ):
        elements = Elements()
        elements.feed(html)
        elements.close()
        assert not elements.attributes & {"onerror", "srcdoc", "title"}
        assert elements.images <= source.count("<img") - source.count(LIKE_MARKUP) < 2


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: set[str] = set()
        self.images = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _value in attrs} - ({"title"} if tag == "a" else set())
        self.images += tag == "img"


def test_it_keeps_the_layout_of_a_newsletter() -> None:
    source = (
        '<table width="600" bgcolor="#eeeeee" cellpadding="4" align="center"><tr><td colspan="2" '
        'style="padding: 8px; font-family: Arial; color: #333"><h1>News</h1><a href="https://example.com/a?b=1&c=2">'
        'Read</a> <img src="https://example.com/x.png" width="20" alt="logo"></td></tr></table>'
    )
    clean = sanitise(source)
    for kept in (
        'width="600"',
        'bgcolor="#eeeeee"',
        'colspan="2"',
        "padding:8px",
        "color:#333",
        "<h1>News</h1>",
    ):
        assert kept in clean
    assert 'href="https://example.com/a?b=1&amp;c=2"' in clean
    assert remote_images(clean)
    assert remote_images(sanitise('<p style="background: url(https://example.com/x.png)">x</p>'))
    assert not remote_images(sanitise("<p>x<img src='cid:a'></p>"))


def test_it_opens_what_a_message_keeps_closed() -> None:
    box = "<summary>More</summary><p>and more</p></details>"
    assert sanitise(f"<details>{box}<details open>{box}") == 2 * f'<details open="">{box}'


def test_it_says_nothing_where_there_is_nothing_to_see() -> None:
    assert sanitise("<html><head><title>t</title></head><body><div> &nbsp;</div></body></html>") == ""


def test_it_embeds_images_of_the_message_itself() -> None:
    html = sanitise("<img src='cid:a%40x'><img src='cid:b@x'><img src='cid:none'>")
    assert content_ids(html) == {"a@x", "b@x", "none"}
    shown = embed(html, {"a@x": ("image/png", b"PNG"), "b@x": ("image/svg+xml", b"<svg>")})
    assert shown.count("data:image/png;base64,UE5H") == 1
    assert shown.count('src="data:,"') == 2
    assert "cid:" not in shown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One<br>two</p><p>three</p>", "One\ntwo\n\nthree"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul><ol><li>x<li>y</ol>", "- a\n- b\n  - c\n\n1. x\n2. y"),
        ('<a href="https://e.example/x">here</a>', "here <https://e.example/x>"),
        ('<a href="https://e.example/">e.example</a> <a href="mailto:a@b.c">a@b.c</a>', "e.example a@b.c"),
        (f'<a href="https://e.example/{"x" * 500}">here</a>', "here"),
        ('<a href="https://[obey me">here</a> <a href="https://e.example/a b">there</a>', "here there"),
        ("<p>shown<span style='display: none'>not <b>this</b></span></p><div hidden>nor this</div>", "shown"),
        ("<td style='font-size:0px'>no<div style='font-size:13px'>yes</div>no</td>", "yes"),
        ("<p style='font-size:0.9em;opacity:0.5'>small</p>", "small"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a  b\nc  d"),
        ("<p>new</p><blockquote>old<br>older</blockquote>", "new\n\n> old\n> older"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<style>p{}</style><title>t</title><script>x</script><p>a &amp; b &lt;c&gt;</p>", "a & b <c>"),
        ("a<!-- hidden -->b<!---->c", "abc"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("<img alt='Logo'> x&zwnj; &nbsp;&shy;y", "Logo x y"),
    ],
)
def test_it_gives_the_text_that_a_reader_sees(source: str, text: str) -> None:
    assert to_text(source) == text
