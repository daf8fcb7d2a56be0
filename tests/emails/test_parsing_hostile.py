"""Hostile and broken mail: the parser takes any bytes, in a time that grows with their number only."""

import email.policy
import json
import time
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emails.models import Attachment, Email
from emails.parsing import Parsed, new_text, parse
from emails.parsing.names import names

HEAD = b"From: a@example.com\nSubject: x\nMIME-Version: 1.0\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"
SECONDS = 20  # of processor time on a slow machine; what is quadratic takes minutes here


def nested(levels: int) -> bytes:
    parts = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(levels)
    )
    return HEAD + b"".join(parts) + b"Content-Type: text/plain\n\nhello\n"


CASES = {
    "multipart 1,500 deep": nested(1500),
    "rfc822 3,000 deep": HEAD + b"Content-Type: message/rfc822\n\n" * 3000 + b"Subject: end\n\nhi",
    "comments in From": b"From: " + b"(" * 100_000 + b"\nSubject: x\n\nhi",
    "brackets in Message-ID": b"From: a@b.c\nMessage-ID: " + b"[" * 100_000 + b"\n\nhi",
    "quotes in To": b"From: a@b.c\nTo: " + b'"' * 60_000 + b"\n\nhi",
    "encoded words": b"From: a@b.c\nSubject: " + b"=?utf-8?q?a?= " * 5000 + b"\n\nhi",
    "many header fields": b"From: a@b.c\n" + b"X: y\n" * 300_000 + b"\nhi",
    "parameters": b"From: a@b.c\nContent-Type: text/plain" + b'; a="' * 10_000 + b"\n\nhi",
    "unclosed div": HTML + b"<div>" * 100_000,
    "unclosed font": HTML + b"".join(b"<font size=%d>" % n for n in range(140)) + b"<p>x" * 200_000,
    "unclosed comments": HTML + b"<!--" * 500_000,
    "unclosed tags": HTML + b"<a" * 500_000,
    "unclosed quotes": HTML + b'<a b="' * 200_000,
    "unclosed scripts": HTML + b"<script>" + b"</script " * 200_000,
    "unclosed table cells": HTML + b"<table><tr>" + b"<td>x" * 200_000,
    "endless reference": HTML + b"&#" + b"9" * 100_000 + b";",
    "brackets in a style": HTML + b"<p style='color:" + b"([{" * 1300 + b"'>x</p>",
    "one-character boundary": HEAD + b"Content-Type: multipart/mixed; boundary=-\n\n---\n" + b"-" * 3_000_000,
    "100,000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: a/b\n\nx" * 100_000,
    "quadratic charset": b"From: a@b.c\nContent-Type: text/plain; charset=punycode\n\n" + b"a" * 500_000,
    "uuencode without end": HEAD + b"Content-Transfer-Encoding: x-uuencode\n\n" + b"begin 644 a\n" * 100_000,
    "reply headers": HEAD + b"\n" + (b"schrieb am 1 " * 30 + b":\n") * 2000,
}  # fmt: skip


@pytest.mark.parametrize("raw", CASES.values(), ids=CASES.keys())
def test_it_takes_pathological_mail_in_linear_time(raw: bytes) -> None:
    began = time.thread_time()
    parsed = parse(raw)
    new_text(parsed.text)
    assert time.thread_time() - began < SECONDS
    assert storable(parsed)
    assert not parsed.unreadable
    assert len(parsed.attachments) <= 500


def test_it_looks_at_so_many_tags_and_no_more() -> None:
    parsed = parse(HTML + b"<p>first</p>" + b"<b></b>" * 430_000 + b"<p>end</p>")
    assert parsed.text == "first"
    assert 0 < parsed.html.count("<b>") <= 75_000


def test_it_keeps_the_text_of_deeply_nested_html() -> None:
    parsed = parse(HTML + b"<div>" * 1000 + b"<p>inside</p>" + b"</div>" * 1000 + b"<p>after</p>")
    assert parsed.text == "inside\n\nafter"
    assert parsed.html.count("<div>") <= 150


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
@example(b"From: a@b.c\nDate: Mon, 99 Jan 99999999999 10:00:00 +9999999\n\n")
@example(b"Content-Type: text/plain; charset*0*=x'y\n\nhi")
@example(b"Subject: =?utf-8?b?////?= =?utf-16?b?2AA=?=\n\n")
def test_it_takes_any_bytes(raw: bytes) -> None:
    assert storable(parse(raw))


FIELDS = """
From To Cc Reply-To Subject Date Message-ID In-Reply-To References Received List-Id
Content-Type Content-Disposition Content-Transfer-Encoding Content-ID
"""
field = st.sampled_from(sorted(names(FIELDS)))
junk = st.text(alphabet='<>(),:;@"\\=?_*%[]{}&# \t.-/aZ0é\u202e\x00\ufeff', max_size=80)
value = junk | st.sampled_from(
    [
        "multipart/mixed; boundary=b",
        "multipart/alternative; boundary=b",
        "text/html; charset=utf-7",
        "text/calendar",
        "message/rfc822",
        "base64",
        "quoted-printable",
        "x-uuencode",
        "attachment; filename*0*=utf-8''%ff; filename*1=x",
        "=?utf-8?b?4pyT?=",
        "Mon, 1 Jan 0001 00:00:00 +2359",
    ]
)
line = st.sampled_from(["--b", "--b--", "", "<p>", "<!--", "</td>", "BEGIN:VEVENT", "begin 644 a"])
body = st.lists(junk | line, max_size=15)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(field, value), min_size=1, max_size=12), body, st.sampled_from(["\n", "\r\n", "\r"])
)
def test_it_takes_any_header_and_body(fields: list[tuple[str, str]], lines: list[str], newline: str) -> None:
    head = newline.join(f"{name}: {text}" for name, text in fields)
    raw = f"Subject: x{newline}{head}{newline}{newline}{newline.join(lines)}".encode("utf-8", "surrogatepass")
    parsed = parse(raw)
    assert storable(parsed)
    assert not parsed.unreadable


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_takes_damaged_messages(data: st.DataObject) -> None:
    raw = bytearray(whole_message())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 40))
        raw[at : at + cut] = data.draw(st.binary(max_size=20))
    assert storable(parse(bytes(raw)))


def whole_message() -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = (
        "Jürgen <j@example.com>",
        "a@example.org",
        "Grüße 日本",
    )
    message["Date"], message["Message-ID"] = "Tue, 3 Nov 2026 09:58:00 +0100", "<one@example.com>"
    message.set_content("Text äöü\n> quoted\n-- \nJürgen\n")
    message.add_alternative("<p>Text <b>äöü</b> <img src='cid:logo@x'></p>", subtype="html")
    message.add_attachment(b"%PDF" * 50, maintype="application", subtype="pdf", filename="Fälligkeit.pdf")
    return message.as_bytes()


def storable(parsed: Parsed) -> bool:
    """Whether Postgres takes it: within the lengths of the models, without NUL and surrogates."""
    for name in ("message_id", "in_reply_to", "subject", "sender_name", "sender_address"):
        assert len(getattr(parsed, name)) <= (Email._meta.get_field(name).max_length or 0)
    assert len(parsed.message_id.encode()) <= 998
    assert all(len(one) <= 998 for one in parsed.references)
    assert len(parsed.language) <= 3
    assert "\\u0000" not in json.dumps(parsed.invitation)
    assert "\\ud8" not in json.dumps(parsed.invitation)
    assert len(parsed.text) <= 1_000_000
    for item in parsed.attachments:
        for name in ("name", "content_type", "content_id"):
            assert len(getattr(item, name)) <= (Attachment._meta.get_field(name).max_length or 0)
        assert item.size == len(item.content)
    said = repr(parsed) + parsed.text + parsed.html + "".join(parsed.headers.values())
    said.encode()  # raises on a surrogate
    assert "\x00" not in said
    assert "\n" not in parsed.subject + parsed.sender_name + parsed.message_id
    for moment in (parsed.sent_at, parsed.received_at):
        assert moment is None or (moment.tzinfo and 1900 <= moment.year < 3000)
    return True
