"""Which attachments are told to be dangerous, and which are not."""

from __future__ import annotations

import io
import zipfile

import pytest

from emails.showing.dangers import Found, danger_in
from mailai.files import Danger

PDF = b"%PDF-1.7 a contract"
PNG = b"\x89PNG\r\n\x1a\n"
TEXT = b"Good morning.\r\n"


def archive(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        for name, content in files.items():
            opened.writestr(name.replace("__", "/").replace("_", "."), content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "danger"),
    [
        ("setup.exe", Danger.PROGRAM),
        ("SETUP.EXE", Danger.PROGRAM),
        ("setup.exe.", Danger.PROGRAM),
        ("setup.exe  . ", Danger.PROGRAM),
        ("setup.exe\u3164", Danger.PROGRAM),
        ("saver.scr", Danger.PROGRAM),
        ("x.js", Danger.PROGRAM),
        ("x.vbs", Danger.PROGRAM),
        ("x.hta", Danger.PROGRAM),
        ("x.xll", Danger.PROGRAM),
        ("x.ps1", Danger.PROGRAM),
        ("x.command", Danger.PROGRAM),
        ("x.desktop", Danger.PROGRAM),
        ("x.jar", Danger.PROGRAM),
        ("x.lnk", Danger.SHORTCUT),
        ("x.url", Danger.SHORTCUT),
        ("x.library-ms", Danger.SHORTCUT),
        ("x.html", Danger.PAGE),
        ("x.svg", Danger.PAGE),
        ("x.mht", Danger.PAGE),
        ("x.docm", Danger.MACROS),
        ("x.xlsm", Danger.MACROS),
        ("x.one", Danger.MACROS),
        ("x.iso", Danger.DISK),
        ("x.img", Danger.DISK),
    ],
)
def test_it_knows_a_danger_by_its_name(name: str, danger: Danger) -> None:
    assert danger_in(name, TEXT) == Found(danger, is_disguised=False)


@pytest.mark.parametrize(
    "name",
    [
        "invoice.pdf.exe",
        "photo.JPG.scr",
        "invoice.pdf" + " " * 40 + ".exe",
        "invoice.pdf_____.exe",
        "invoice\u202efdp.exe",
    ],
)
def test_it_knows_a_name_that_looks_like_another(name: str) -> None:
    assert danger_in(name, PDF) == Found(Danger.PROGRAM, is_disguised=True)


@pytest.mark.parametrize(
    ("content", "danger"),
    [
        (b"MZ\x90\x00", Danger.PROGRAM),
        (b"\x7fELF\x02", Danger.PROGRAM),
        (b"#!/bin/sh\n", Danger.PROGRAM),
        (b"\xca\xfe\xba\xbe\x00", Danger.PROGRAM),
        (b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00", Danger.SHORTCUT),
        (b"[InternetShortcut]\r\nURL=https://evil.example/", Danger.SHORTCUT),
        (b"[Desktop Entry]\nExec=sh", Danger.SHORTCUT),
        (b"<html><body>", Danger.PAGE),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", Danger.PAGE),
        (b"<!-- --><script>", Danger.PAGE),
        (b'<?xml version="1.0"?>\n<svg onload="x">', Danger.PAGE),
        ("\ufeff<html>".encode("utf-16-le"), Danger.PAGE),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n", Danger.PAGE),
        (b"\x00" * 0x8001 + b"CD001", Danger.DISK),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "_VBA_PROJECT".encode("utf-16-le"),
            Danger.MACROS,
        ),
        (archive(word__vbaProject_bin=b"x"), Danger.MACROS),
        (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", Danger.MACROS),
    ],
    ids=lambda value: repr(value)[:30],
)
@pytest.mark.parametrize("name", ["invoice.pdf", "photo.png", "invoice", "a.docx"])
def test_it_knows_a_danger_by_its_bytes_under_a_harmless_name(
    name: str, content: bytes, danger: Danger
) -> None:
    assert danger_in(name, content) == Found(danger, is_disguised=True)


def test_it_looks_for_programs_in_an_archive() -> None:
    assert danger_in("a.zip", archive(invoice_pdf=PDF, more__invoice_exe=b"MZ")) == Found(
        Danger.ARCHIVE, False
    )
    assert danger_in("a.zip", b"PK\x03\x04" + b"PK\x01\x02" * 1_000_000) == Found(Danger.ARCHIVE, False)
    assert danger_in("a.zip", archive(invoice_pdf=PDF, src__page_html=b"<html>", src__main_js=b"x")) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("contract.pdf", PDF),
        ("photo.png", PNG),
        ("notes.txt", TEXT),
        ("notes.txt", b"a < b and <https://bank.example>"),
        ("table.csv", b"a,b"),
        ("letter.docx", archive(word__document_xml=b"<x/>")),
        ("invoice.xml", b'<?xml version="1.0"?><rsm:CrossIndustryInvoice>'),
        ("message.eml", b"From: a@b\r\nContent-Type: text/plain\r\n\r\nHi"),
        ("date.ics", b"BEGIN:VCALENDAR"),
        ("key.asc", b"-----BEGIN PGP"),
        ("smime.p7s", b"\x30\x80"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
        ("mz", b"Mozart"),
        ("", b""),
        ("no ending", b""),
    ],
)
def test_it_says_nothing_of_what_people_send(name: str, content: bytes) -> None:
    assert danger_in(name, content) is None


@pytest.mark.parametrize(
    "piece",
    [
        b"PK\x03\x04" + b"PK\x01\x02" * 50_000,
        b"<!-- -->",
        b"<!--",
        b"<?xml",
        b"a:b:",
        b"a:\n\t\n",
        b" ",
        b"\n",
    ],
    ids=lambda piece: repr(piece)[:20],
)
def test_it_is_done_at_once_with_any_bytes(piece: bytes) -> None:
    danger_in("a.bin", piece * (512 // len(piece) + 1))
