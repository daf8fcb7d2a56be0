"""Messages as they come: what is read from the header and how the parts make one text."""

import datetime as dt

import pytest

from emails.parsing import parse

HEAD = b"From: Ada Lovelace <ada@example.com>\r\nTo: b@example.org\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"


def mixed(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=cut\r\n\r\n" + body + b"--cut--\r\n"


def test_it_reads_the_header() -> None:
    parsed = parse(
        b"Received: from a by b; Tue, 3 Nov 2026 10:00:05 +0100\r\n"
        b"Received: from c by a; Tue, 3 Nov 2026 09:59:00 +0100\r\n"
        b"Message-ID: <one@example.com>\r\nIn-Reply-To: <zero@example.com>\r\n"
        b"References: <root@example.com>\r\n <zero@example.com>\r\n"
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.com>\r\nReply-To: Desk <desk@example.com>\r\n"
        b'To: "Doe, John" <john@example.org>, Team: a@example.org, b@example.org;\r\nCc: c@example.org (Carl)\r\n'
        b"Subject: =?iso-8859-1?q?Gr=FC=DFe?= =?iso-8859-1?q?_aus?= Kiel\r\n"
        b"Date: Tue, 3 Nov 2026 09:58:00 +0100\r\nList-Unsubscribe: <https://example.com/u>\r\n\r\nhi\r\n"
    )
    assert (parsed.message_id, parsed.in_reply_to) == ("one@example.com", "zero@example.com")
    assert parsed.references == ["root@example.com", "zero@example.com"]
    assert (parsed.sender_name, parsed.sender_address) == ("Jürgen", "j@example.com")
    assert parsed.reply_to == [["Desk", "desk@example.com"]]
    assert parsed.to == [["Doe, John", "john@example.org"], ["", "a@example.org"], ["", "b@example.org"]]
    assert parsed.cc == [["Carl", "c@example.org"]]
    assert parsed.subject == "Grüße aus Kiel"
    assert parsed.sent_at == dt.datetime(2026, 11, 3, 8, 58, tzinfo=dt.UTC)
    assert parsed.headers["list-unsubscribe"] == "<https://example.com/u>"


def test_who_resent_it_and_by_which_list_is_not_who_wrote_it() -> None:
    parsed = parse(
        b"Resent-From: eve@example.net\r\nResent-To: f@example.net\r\nResent-Message-ID: <resent@example.net>\r\n"
        b"Resent-Date: Wed, 4 Nov 2026 10:00:00 +0100\r\nMessage-ID: <one@example.com>\r\n"
        b"Sender: owner@lists.example\r\nList-Id: PG users <pg.lists.example>\r\n"
        b"List-Post: <mailto:pg@lists.example>\r\nPrecedence: list\r\nReply-To: pg@lists.example\r\n"
        b"From: Ada <ada@example.com>\r\nTo: pg@lists.example\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\n\r\nhi"
    )
    assert (parsed.message_id, parsed.sender_address) == ("one@example.com", "ada@example.com")
    assert (parsed.to, parsed.reply_to) == ([["", "pg@lists.example"]], [["", "pg@lists.example"]])
    assert parsed.sent_at == dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
    assert {name: parsed.headers[name] for name in ("list-id", "list-post", "precedence", "sender")} == {
        "list-id": "PG users <pg.lists.example>",
        "list-post": "<mailto:pg@lists.example>",
        "precedence": "list",
        "sender": "owner@lists.example",
    }


def test_a_bounce_says_what_became_of_the_message() -> None:
    status = b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; eve@example.net\r\nStatus: 5.1.1"
    returned = b"Content-Type: text/rfc822-headers\r\n\r\nSubject: The contract"
    wordless = parse(b"Return-Path: <>\r\n" + mixed(status, returned, kind=b"report"))
    assert wordless.text.startswith("Final-Recipient: rfc822; eve@example.net\nStatus: 5.1.1")
    assert wordless.headers["return-path"] == "<>"
    worded = parse(mixed(b"\r\nNobody is called Eve here.", status, kind=b"report"))
    assert (worded.text, len(worded.attachments)) == ("Nobody is called Eve here.", 1)


@pytest.mark.parametrize(
    ("received", "sent", "day"),
    [
        ("Tue, 3 Nov 2020 10:00:00 +0000", "Mon, 2 Nov 2020 10:00:00 +0000", 3),
        ("Tue, 3 Nov 2420 10:00:00 +0000", "Mon, 2 Nov 2020 10:00:00 +0000", 2),
        ("soon", "never", None),
        ("Thu, 1 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -0100", None),
    ],
)
def test_it_believes_the_newest_sane_date(received: str, sent: str, day: int | None) -> None:
    raw = f"Received: by x; {received}\nFrom: a@example.com\nDate: {sent}\n\nhi".encode()
    assert parse(raw).received_at == (dt.datetime(2020, 11, day, 10, tzinfo=dt.UTC) if day else None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"a@b.c, d@e.f", [["", "a@b.c"], ["", "d@e.f"]]),
        (b'"a@b.c, e@f.g" <x@y.z>', [["a@b.c, e@f.g", "x@y.z"]]),
        (b"undisclosed-recipients:;", []),
        (b"A <a@b.c, D <d@e.f>", [["A", "a@b.c"], ["D", "d@e.f"]]),
        (b"x@y.z\r\n\tBcc: evil@example.com", [["Bcc: evil@example.com", "x@y.z"]]),
        (b"=?utf-8?q?a=0D=0ABcc:_evil=40example.com?= <x@y.z>", [["a Bcc: evil@example.com", "x@y.z"]]),
        (b"<Undisclosed-Recipient:@example.com;>", []),
    ],
)
def test_it_gives_one_address_per_recipient(value: bytes, expected: list[list[str]]) -> None:
    found = parse(b"From: a@b.c\r\nTo: " + value + b"\r\n\r\nhi").to
    assert [address for _, address in found] == [address for _, address in expected]
    assert not any("\r" in part or "\n" in part for pair in found for part in pair)


def test_it_collapses_breaks_in_a_decoded_subject() -> None:
    assert parse(b"From: a@b.c\nSubject: =?utf-8?q?a=0D=0ABcc=3A_x?=\n\nhi").subject == "a Bcc: x"


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "420,– €".encode("cp1252"), "420,– €"),
        ("", "Grüße €".encode("cp1252"), "Grüße €"),
        ("x-made-up", "Grüße".encode(), "Grüße"),
        ("shift_jis", "納期のご連絡".encode("shift_jis"), "納期のご連絡"),
        ("gb2312", "价格表".encode("gb18030"), "价格表"),
        ("utf-8", "ein Häuschen für Größe".encode() + b"\xff", "ein Häuschen für Größe\ufffd"),
        ("punycode", b"plain", "plain"),
        ("base64", b"aGk=", "aGk="),
        ("utf-8", b"a\x00b", "ab"),
    ],
)
def test_it_decodes_what_the_charset_really_is(charset: str, content: bytes, text: str) -> None:
    raw = HEAD + f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + content
    assert parse(raw).text == text


def test_it_joins_text_parts_and_keeps_files_apart() -> None:
    parsed = parse(
        mixed(
            b"Content-Type: text/plain\r\n\r\nFirst.",
            b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERg==",
            b"Content-Type: text/plain\r\n\r\nFooter.",
            b"Content-Type: text/plain\r\nContent-Disposition: attachment;\r\n"
            b" filename*=utf-8''gr%C3%BC%C3%9Fe.txt\r\n\r\nfile",
        )
    )
    assert parsed.text == "First.\n\nFooter."
    assert [(a.position, a.name, a.content_type, a.content) for a in parsed.attachments] == [
        (0, "a.pdf", "application/pdf", b"%PDF"),
        (1, "grüße.txt", "text/plain", b"file"),
    ]


def test_it_reads_the_page_where_there_is_one() -> None:
    plain, html = b"Content-Type: text/plain\r\n\r\n", b"Content-Type: text/html\r\n\r\n"
    both = parse(mixed(plain + b"The text.", html + b"<p>The <b>HTML</b>.</p>", kind=b"alternative"))
    assert (both.text, both.html) == ("The HTML.", "<p>The <b>HTML</b>.</p>")
    empty = parse(mixed(plain + b"The text.", html + b"<p> </p>", kind=b"alternative"))
    assert (empty.text, empty.html) == ("The text.", "")


PNG, JPEG = b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff..."


@pytest.mark.parametrize("said", [b"", b"inline", b"attachment"])
def test_it_leaves_out_of_the_files_only_what_the_page_shows(said: bytes) -> None:
    head = b"\r\n" + (b"Content-Disposition: " + said + b"\r\n" if said else b"") + b"\r\n"
    page = b"<p>See</p><img src='cid:logo@x'><img src='cid:svg@x'><img src='cid:a%20b'>"
    parsed = parse(
        mixed(
            b"Content-Type: text/html\r\n\r\n" + page,
            b"Content-Type: image/png\r\nContent-ID: <logo@x>" + head + PNG,
            b"Content-Type: image/png; name=photo.png" + head + PNG,
            b"Content-Type: image/svg+xml; name=x.svg\r\nContent-ID: <svg@x>" + head + b"<svg/>",
            b"Content-Type: application/octet-stream; name=y\r\nContent-ID: <a b>" + head + JPEG,
            b"Content-Type: image/png; name=again.png\r\nContent-ID: <logo@x>" + head + PNG,
            b"Content-Type: image/png; name=other.png\r\nContent-ID: <other@x>" + head + PNG,
            kind=b"related",
        )
    )
    assert [(each.name, each.content_type, each.inline) for each in parsed.attachments] == [
        ("part-1.png", "image/png", True),
        ("photo.png", "image/png", False),
        ("x.svg", "image/svg+xml", False),
        ("y", "image/jpeg", True),
        ("again.png", "image/png", False),
        ("other.png", "image/png", False),
    ]


def test_a_picture_beside_plain_text_is_a_file() -> None:
    head = (
        b"Content-Type: image/jpeg; name=scan.jpg\r\nContent-Disposition: inline\r\nContent-ID: <a@x>\r\n\r\n"
    )
    picture = head + JPEG
    assert [each.inline for each in parse(mixed(b"\r\nHere.", picture)).attachments] == [False]
    assert [each.inline for each in parse(mixed(picture)).attachments] == [False]


def test_it_joins_flowed_lines() -> None:
    raw = (
        HEAD
        + b"Content-Type: text/plain; format=flowed\r\n\r\nOne \r\nparagraph.\r\n> quo \r\n> ted\r\n-- \r\nAda"
    )
    assert parse(raw).text == "One paragraph.\n> quo ted\n-- \nAda"


def test_it_shows_a_forwarded_message_where_there_is_no_text() -> None:
    inner = b"From: eve@example.com\r\nSubject: Inner\r\n\r\nInner text."
    parsed = parse(mixed(b"Content-Type: message/rfc822\r\n\r\n" + inner))
    assert "From: eve@example.com\nSubject: Inner\n\nInner text." in parsed.text
    assert (parsed.attachments[0].name, parsed.attachments[0].content) == ("Inner.eml", inner)
    with_text = mixed(b"\r\nSee below.", b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert parse(with_text).text == "See below."


def test_it_puts_an_invitation_in_words() -> None:
    parsed = parse(
        HEAD + b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
        b"SUMMARY:Budget\\, round\r\n  two\r\nDTSTART;TZID=Europe/Berlin:20261203T140000\r\n"
        b'ORGANIZER;CN="Ada":mailto:ada@example.com\r\nLOCATION:Room 1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n'
    )
    assert parsed.text == (
        "Invitation: Budget, round two\nStart: 2026-12-03 14:00 Europe/Berlin\nWhere: Room 1\n"
        "Organizer: Ada <ada@example.com>"
    )
    assert parsed.attachments[0].content_type == "text/calendar"


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", bytes(range(256)), b"\x89PNG\r\n\x1a\n\x00\x00\x00"])
def test_it_calls_unreadable_what_is_no_message(raw: bytes) -> None:
    assert parse(raw).unreadable


def test_it_reads_text_without_a_header_and_a_header_without_text() -> None:
    assert (parse(b"Just text.\n").text, parse(b"Just text.\n").unreadable) == ("Just text.", False)
    assert (parse(b"From: a@b.c\nSubject: x").subject, parse(b"Subject: x").unreadable) == ("x", False)


def test_it_finds_the_body_after_a_missing_blank_line_and_skips_broken_header_lines() -> None:
    assert parse(b"From: a@b.c\nTo: d@e.f\nno blank line here\n").text == "no blank line here"
    assert parse(b"From: a@b.c\n__\nSubject: x\n\nbody").subject == "x"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a\u202egnp.exe", "a gnp.exe"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
        ("nul.txt", "_nul.txt"),
        ("con .txt", "_con .txt"),
        ("com\u00b9.txt", "_com\u00b9.txt"),
        ("a\u3164\u2800\u034f.pdf", "a.pdf"),
        ("a.pdf. . ", "a.pdf"),
        ("x" * 250 + ".pdf . " + "y" * 40, "x" * 250 + ".pdf"),
        ("...", "part-1.pdf"),
        ("x" * 400 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_it_makes_file_names_safe(name: str, safe: str) -> None:
    part = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''{quoted(name)}\r\n\r\nx"
    found = parse(mixed(part.encode())).attachments[0].name
    assert found.endswith(safe)
    assert not set("/\\\r\n\u202e") & set(found)


def quoted(name: str) -> str:
    return "".join(f"%{byte:02X}" for byte in name.encode())
