"""What counts as mail, by how it begins."""

from pathlib import Path

import pytest
from django.conf import settings

from emails.uploads.recognising import BEGINNING, is_mail

SAMPLE = Path(settings.BASE_DIR) / "emails" / "sample"


@pytest.mark.parametrize(
    "beginning",
    [
        b"From: ada@example.com\r\nSubject: Hello\r\n\r\nText.",
        b"Subject: Only this\n",
        b"\xef\xbb\xbfReceived: by mx\r\n\r\n",
        b"\r\n\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\n",
        b"From ada@example.com Mon Jan  5 10:00:00 2026\nX-Odd: 1\nTo: a@x\n\n",
        b">From old\nFrom: ada@example.com\n\n",
        b"X-First: 1\nmessage-id: <a@x>\n\n",
    ],
)
def test_it_takes_mail(beginning: bytes) -> None:
    assert is_mail(beginning)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"\n\n",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\nSubject: x\n",
        b"PK\x03\x04\x14\x00",
        b"\x1f\x8b\x08\x00From: a@x\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # Outlook's .msg
        b"<!doctype html>\n<p>From: nobody",
        b'{"From:": 1}',
        b"Dear Ada,\n\nFrom: here on it is text.",
        b"key: value\nother: value\n\nFrom: a@x\n",
        b"From here on\nit is a diary\n",
        b"From: a@x\x00\n\n",
    ],
)
def test_it_takes_nothing_else(beginning: bytes) -> None:
    assert not is_mail(beginning)


def test_it_takes_every_message_of_the_sample() -> None:
    files = sorted(SAMPLE.iterdir())

    assert len(files) > 50
    assert [file.name for file in files if not is_mail(file.read_bytes()[:BEGINNING])] == []
