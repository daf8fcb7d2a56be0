"""Charsets, base64, containers, header words, file names and dates as senders and gateways really write them."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode

import pytest

from emails.parsing import parse
from emails.parsing.dates import date

HEAD = b"From: Ada <ada@example.com>\nTo: b@example.org\nSubject: Hello\nMIME-Version: 1.0\n"
BASE64 = b"Content-Transfer-Encoding: base64\n"


def mixed(*parts: bytes, kind: bytes = b"mixed", close: bytes = b"--cut--\n") -> bytes:
    body = b"".join(b"--cut\n" + part + b"\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=cut\n\n" + body + close


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        ("windows-874", "cp874", "สวัสดี"),
        ("TIS-620", "cp874", "สวัสดี"),
        ("win-1251", "cp1251", "Привет"),
        ("x-cp1251", "cp1251", "Привет"),
        ("cp_1251", "cp1251", "Привет"),
        ("CP-850", "cp850", "Grüße"),
        ("IBM-850", "cp850", "Grüße"),
        ("windows-31j", "cp932", "会議①"),
        ("MS932", "cp932", "会議㈱"),
        ("shift_jis", "cp932", "会議①"),
        ("csShiftJIS", "cp932", "会議①"),
        ("x-windows-949", "cp949", "안녕하세요"),
        ("euc-kr", "cp949", "똠방각하"),
        ("cp936", "gb18030", "价格表"),
        ("x-gbk", "gb18030", "镕基"),
        ("cp65001", "utf-8", "Grüße €"),
        ("Windows-28592", "iso8859-2", "Żółć"),
        ("l1", "cp1252", "420,– €"),
        ("csISOLatin1", "cp1252", "420,– €"),
        ("ANSI", "cp1252", "420,– €"),
        ("koi8", "koi8-r", "Привет"),
        ("x-mac-cyrillic", "mac-cyrillic", "Привет"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
    ],
)
def test_it_knows_charsets_by_the_names_that_mailers_give_them(name: str, codec: str, text: str) -> None:
    raw = HEAD + f"Content-Type: text/plain; charset={name}\n".encode() + BASE64 + b"\n"
    assert parse(raw + b64encode(text.encode(codec))).text == text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\x1b$B<!$NDL$j\x1b(B\n\x1b$B-!\x1b(B \x1b$B2q5D$G$9!#\x1b(B", "次の通り\n① 会議です。"),
        (b"\x1b$B-j\x1b(B Ltd", "㈱ Ltd"),
        (b"\x1b(J~\x1b(B abc", "~ abc"),
        (b"\x1b(I1\x1b(B!", "ｱ!"),
        (b"\x1b$B2q\n5D\x1b(B", "会\n議"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b"plain", "plain"),
    ],
)
def test_it_reads_iso_2022_jp_as_microsoft_writes_it(content: bytes, text: str) -> None:
    raw = HEAD + b"Content-Type: text/plain; charset=ISO-2022-JP\n\n" + content
    assert parse(raw).text == text


def test_it_reads_a_japanese_header_with_characters_of_nec() -> None:
    assert parse(b"From: a@b.c\nSubject: =?ISO-2022-JP?B?GyRCLSEycTVEGyhC?=\n\nhi").subject == "①会議"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b64encode(b"One. ") + b"\n" + b64encode(b"Two."), "One. Two."),
        (b64encode("Grüße!".encode()) + b"\n____\nusers\na@example.org", "Grüße!\n____\nusers\na@example.org"),
        (b64encode(b"x" * 60) + b"\n--\nThe footer.", "x" * 60 + "\n--\nThe footer."),
        (b"Hello, this was never encoded.\nPlease answer.", "Hello, this was never encoded.\nPlease answer."),
        (b"Please answer\nFriday", "Please answer\nFriday"),
        (b"SGVsbG8\n", "Hello"),
        (b"SGVs\n!!\nbG8gdGhlcmUsIHRoaXMgaXMgYSBsb25nIGxpbmUu\n", "Hello there, this is a long line."),
    ],
)  # fmt: skip
def test_it_decodes_what_is_base64_and_keeps_what_is_not(body: bytes, text: str) -> None:
    assert parse(HEAD + b"Content-Type: text/plain; charset=utf-8\n" + BASE64 + b"\n" + body).text == text


def test_it_decodes_each_padded_line_of_a_file_and_leaves_out_a_footer() -> None:
    lines = [b"%PDF-1.4 line " + str(number).encode() * number + b"\n" for number in range(4)]
    body = b"\n".join(map(b64encode, lines)) + b"\n_____\nA list's footer.\n"
    part = b"Content-Type: application/pdf; name=a.pdf\n" + BASE64 + b"\n" + body
    assert parse(mixed(b"\nhi", part)).attachments[0].content == b"".join(lines)


@pytest.mark.parametrize("encoding", [b"base64", b"quoted-printable"])
def test_it_splits_a_multipart_that_was_encoded_as_a_whole(encoding: bytes) -> None:
    inner = (
        b"--cut\nContent-Type: text/plain\n\nHello\n--cut\nContent-Type: a/b; name=x.bin\n\nx=3D\n--cut--\n"
    )
    quoted = inner.replace(b"=", b"=3D").replace(b"--cut", b"--=63ut")
    body = b64encode(inner) if encoding == b"base64" else quoted
    head = HEAD + b"Content-Type: multipart/mixed; boundary=cut\nContent-Transfer-Encoding: " + encoding
    parsed = parse(head + b"\n\n" + body)
    assert (parsed.text, [(one.name, one.content) for one in parsed.attachments]) == (
        "Hello",
        [("x.bin", b"x=3D")],
    )


def test_it_keeps_parts_behind_a_boundary_that_closes_too_early() -> None:
    late = b"epilogue\n--cut\nContent-Type: application/pdf; name=late.pdf\n\n%PDF\n--cut--\nepilogue"
    parsed = parse(mixed(b"\nHello", close=b"--cut--\n" + late))
    assert (parsed.text, [one.name for one in parsed.attachments]) == ("Hello", ["late.pdf"])


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("=?utf-8?Q?Wie_geht's_dir?_Gr=C3=BC=C3=9Fe?=", "Wie geht's dir? Grüße"),
        ("=?utf-8?Q?Was??=", "Was?"),
        ("=?utf-8?Q?Wer?=C3=BC?=", "Wer?ü"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?_c?=", "ab? c"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?open =?utf-8?Q?b?=", "=?utf-8?Q?open b"),
    ],
)
def test_an_encoded_word_ends_at_its_end(subject: str, text: str) -> None:
    assert parse(f"From: a@b.c\nSubject: {subject}\n\nhi".encode()).subject == text


@pytest.mark.parametrize("part", [b"", b"multipart"])
@pytest.mark.parametrize(
    ("charset", "subject"), [("gb2312", "会议通知：周五下午"), ("koi8-r", "Встреча"), ("utf-8", "Grüße")]
)
def test_it_tries_the_charset_of_the_body_for_raw_headers(part: bytes, charset: str, subject: str) -> None:
    text = f"Content-Type: text/plain; charset={charset}\n\n".encode() + "会".encode("gb18030")
    head = b"From: " + subject.encode(charset) + b" <a@b.c>\nSubject: " + subject.encode(charset) + b"\n"
    parsed = parse(head + (mixed(text) if part else text))
    assert (parsed.subject, parsed.sender_name) == (subject, subject)


def test_raw_utf_8_in_a_header_is_utf_8_whatever_the_body_says() -> None:
    raw = "From: a@b.c\nSubject: Grüße\nContent-Type: text/plain; charset=gb2312\n\nhi".encode()
    assert parse(raw).subject == "Grüße"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename=\"Gr__e.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf", "Grüße.pdf"),
        ("filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf; filename=\"Gr__e.pdf\"", "Grüße.pdf"),
        ("filename=\"????.pdf\"; filename*=UTF-8''%D0%A1%D1%87%D1%91%D1%82.pdf", "Счёт.pdf"),
        ("filename=x; filename*0*=utf-8''gr%C3%BC; filename*1=\"n.pdf\"", "grün.pdf"),
        ("filename*=utf-8''\"a b.pdf\"", "a b.pdf"),
        ('filename="a;b.pdf"', "a;b.pdf"),
        ("FileName*=iso-8859-1'de'gr%FCn.pdf", "grün.pdf"),
        ("filename==?utf-8?q?gr=C3=BCn.pdf?=", "grün.pdf"),
    ],
)
def test_the_extended_name_of_a_file_wins(parameters: str, name: str) -> None:
    part = f"Content-Type: application/pdf\nContent-Disposition: attachment; {parameters}\n\nx"
    assert parse(mixed(b"\nhi", part.encode())).attachments[0].name == name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Berhane, Kidane T - Eagan, MN <k@e.com>", [["Berhane, Kidane T - Eagan, MN", "k@e.com"]]),
        ("Doe, John <j@e.com>, Roe, Jane <r@e.com>", [["Doe, John", "j@e.com"], ["Roe, Jane", "r@e.com"]]),
        ("Doe, John <j@e.com>; Roe, Jane <r@e.com>", [["Doe, John", "j@e.com"], ["Roe, Jane", "r@e.com"]]),
        ("j@e.com, Roe, Jane <r@e.com>", [["", "j@e.com"], ["Roe, Jane", "r@e.com"]]),
        (", , j@e.com,", [["", "j@e.com"]]),
        ("Team: Doe, John <j@e.com>, b@e.com;", [["Doe, John", "j@e.com"], ["", "b@e.com"]]),
        ("=?utf-8?q?M=C3=BCller?=, =?utf-8?q?J=C3=BCrgen?= <j@e.com>", [["Müller, Jürgen", "j@e.com"]]),
    ],
)
def test_a_comma_without_quotes_parts_no_name_from_its_address(value: str, expected: list[list[str]]) -> None:
    assert parse(f"From: a@b.c\nTo: {value}\n\nhi".encode()).to == expected


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 02 Nov 2026 10:00:00 +01:00",
        "Mon, 02 Nov 2026 10:00:00 GMT+0100",
        "Mon, 02 Nov 2026 10:00:00 GMT+1",
        "Mon, 02 Nov 2026 10:00:00 UTC+01:00",
        "Mon, 02 Nov 2026 10:00:00 +0100 (Mitteleuropäische Zeit)",
        "Mon, 02 Nov 2026 10:00:00 CET",
        "Mon, 02 Nov 2026 10:00:00 MEZ",
        "Mo, 02 Nov 2026 10.00.00 +0100",
        "Mon Nov 02 10:00:00 CET 2026",
        "Mon Nov 02 2026 10:00:00 GMT+0100 (CET)",
        "2026-11-02T10:00:00+01:00",
        "2026-11-02 10:00:00 +0100",
        "2026-11-02T09:00:00Z",
        "2026-11-02 09:00",
    ],
)
def test_it_reads_dates_that_miss_the_standard(text: str) -> None:
    assert date(text) == dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text", ["02-11-2026", "2026-11", "Mon, 02 Nov 2026 10:00:00 +9900", "T", "2026-99-99T10:00"]
)
def test_it_invents_no_date(text: str) -> None:
    assert date(text) is None


def test_a_german_month_is_a_month() -> None:
    assert date("Mi, 02 Dez 2026 10:00:00 +0100") == dt.datetime(2026, 12, 2, 9, tzinfo=dt.UTC)
    assert date("Di, 03 Mär 2026 10:00:00 MEZ") == dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC)
