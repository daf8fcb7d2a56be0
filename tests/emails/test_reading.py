"""The frame, the attachments and the source: what a message holds cannot act, and strangers see none of it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from emails.importing import store
from emails.models import Attachment, Email
from tests.factories import make_attachment

FRAME = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
RAW = (
    b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p onclick=x()>Hi \xc3\xa4<script>alert(1)</script></p><img src='cid:logo@x'>"
    b"<img src='https://evil.example/track.png'>\r\n"
    b"--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nPNG\r\n--b--\r\n"
)


@pytest.fixture
def email(user: User) -> Email:
    return store(user, RAW)[1]


def addresses(email: Email) -> list[str]:
    return [
        reverse("email-frame", args=[email.pk]),
        reverse("attachment", args=[email.pk, 0]),
        reverse("email-source", args=[email.pk]),
    ]


def test_it_shows_the_page_in_a_document_that_can_do_nothing(logged_in: Client, email: Email) -> None:
    response = logged_in.get(reverse("email-frame", args=[email.pk]))
    page = response.content.decode()
    assert response.status_code == 200
    assert response["Content-Security-Policy"] == FRAME
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert "<p>Hi ä</p>" in page
    assert 'src="data:image/png;base64,UE5H"' in page
    assert not re.search(r"<script|onclick|cid:", page)


def test_it_lets_remote_images_through_only_when_asked(logged_in: Client, email: Email) -> None:
    url = reverse("email-frame", args=[email.pk])
    assert "img-src data:;" in logged_in.get(url)["Content-Security-Policy"]
    assert "img-src data:;" in logged_in.get(url, {"images": "0"})["Content-Security-Policy"]
    policy = logged_in.get(url, {"images": "1"})["Content-Security-Policy"]
    assert policy == FRAME.replace("img-src data:", "img-src data: https: http:")


def test_it_leaves_out_inline_parts_that_are_no_plain_image(logged_in: Client, email: Email) -> None:
    Attachment.objects.update(content_type="image/svg+xml", content=b"<svg onload=alert(1)>")
    page = logged_in.get(reverse("email-frame", args=[email.pk])).content.decode()
    assert "svg" not in page


def test_it_uses_a_light_page_for_mail_that_brings_its_colours(logged_in: Client, email: Email) -> None:
    url = reverse("email-frame", args=[email.pk])
    assert b"color-scheme: light dark" in logged_in.get(url).content
    Email.objects.update(html='<p style="color:#333">dark text</p>')
    assert b"color-scheme: light;" in logged_in.get(url).content


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("contract.pdf", 'attachment; filename="contract.pdf"'),
        ("Fällig.pdf", "attachment; filename*=utf-8''F%C3%A4llig.pdf"),
        ('a"; filename=evil.exe', 'attachment; filename="a_; filename=evil.exe"'),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ("a\r\nSet-Cookie: b=c", 'attachment; filename="a Set-Cookie_ b=c"'),
        ("invoice\u202efdp.exe", 'attachment; filename="invoice fdp.exe"'),
    ],
)
def test_it_gives_attachments_to_save_under_a_safe_name(
    logged_in: Client, email: Email, name: str, disposition: str
) -> None:
    make_attachment(email, position=5, name=name)
    response = logged_in.get(reverse("attachment", args=[email.pk, 5]))
    assert response.content == b"%PDF-1.7 a contract"
    assert response["Content-Disposition"] == disposition
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("application/pdf", "application/pdf"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
    ],
)
def test_it_does_not_pass_on_types_that_a_browser_runs(
    logged_in: Client, email: Email, kind: str, given: str
) -> None:
    make_attachment(email, position=5, content_type=kind)
    assert logged_in.get(reverse("attachment", args=[email.pk, 5]))["Content-Type"] == given


@pytest.mark.parametrize(
    ("raw", "text"), [("ä <b>".encode(), "ä <b>"), (b"\xe4 <b>", "ä <b>"), (RAW, RAW.decode())]
)
def test_it_shows_the_source_as_text(logged_in: Client, user: User, raw: bytes, text: str) -> None:
    _, email = store(user, raw)
    response = logged_in.get(reverse("email-source", args=[email.pk]))
    assert response.content.decode() == text
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_tells_a_stranger_nothing(intruder: Client, email: Email) -> None:
    assert [intruder.get(url).status_code for url in addresses(email)] == [404, 404, 404]


def test_it_asks_a_visitor_to_log_in(client: Client, email: Email) -> None:
    assert all(client.get(url)["Location"].startswith("/login/") for url in addresses(email))


def test_it_only_reads(logged_in: Client, email: Email) -> None:
    assert [logged_in.post(url).status_code for url in addresses(email)] == [405, 405, 405]


def test_it_finds_no_message_and_no_attachment_that_is_not_there(logged_in: Client, email: Email) -> None:
    urls = [reverse("email-frame", args=[email.pk + 1]), reverse("attachment", args=[email.pk, 7])]
    assert [logged_in.get(url).status_code for url in urls] == [404, 404]
