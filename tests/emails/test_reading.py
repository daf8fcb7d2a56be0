"""The frame, the attachments and the source: what a message holds cannot act, and strangers see none of it."""

import re

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from emails.importing import store
from emails.models import Attachment, Email, ShownSender
from emails.views.reading import SOURCE
from tests.factories import make_analysis, make_attachment

FRAME = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
RAW = (
    b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<p onclick=x()>Hi \xc3\xa4<script>alert(1)</script></p><img src='cid:logo@x'>"
    b"<img src='https://evil.example/track.png'>\r\n"
    b"--b\r\nContent-Type: image/gif\r\nContent-ID: <logo@x>\r\n\r\nGIF87a\r\n--b--\r\n"
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
    assert 'src="data:image/gif;base64,R0lGODdh"' in page
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
        ("con .txt", 'attachment; filename="_con .txt"'),
        ("COM\u00b9.pdf", "attachment; filename*=utf-8''_COM%C2%B9.pdf"),
        ("a.pdf. . ", 'attachment; filename="a.pdf"'),
        ("a\u2800\u3164.pdf", 'attachment; filename="a.pdf"'),
    ],
)
def test_it_gives_attachments_to_save_under_a_safe_name(
    logged_in: Client, email: Email, name: str, disposition: str
) -> None:
    make_attachment(email, position=5, name=name)
    response = logged_in.get(reverse("attachment", args=[email.pk, 5]), {"anyway": "1"})
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
    ("name", "content", "words"),
    [
        ("setup.exe", b"MZ", "It is a program"),
        ("pay.url", b"[InternetShortcut]", "It is a shortcut"),
        ("login.svg", b"<svg>", "It is a web page"),
        ("order.xlsm", b"PK", "a kind that can hold programs"),
        ("order.iso", b"", "the image of a disk"),
        ("contract.pdf", b"MZ", "Its name makes it look like something else."),
        (
            "photo.png",
            b"\x00" * 0x8001 + b"CD001",
            "the image of a disk",
        ),  # which its first bytes do not tell
    ],
)
def test_it_says_before_the_download_what_may_do_harm(
    logged_in: Client, email: Email, name: str, content: bytes, words: str
) -> None:
    make_attachment(
        email, position=5, name=name, content=content, size=len(content), content_type="image/png"
    )
    url = reverse("attachment", args=[email.pk, 5])

    asked = logged_in.get(url)

    assert words in asked.content.decode()
    assert f'href="{url}?anyway=1"' in asked.content.decode()
    assert f'href="{reverse("email", args=[email.pk])}"' in asked.content.decode()
    assert "Content-Disposition" not in asked
    assert "no-store" in asked["Cache-Control"]
    given = logged_in.get(url, {"anyway": "1"})
    assert given.content == content
    assert given["Content-Type"] == "application/octet-stream"
    assert given["Content-Disposition"].startswith("attachment;")
    assert given["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given["Content-Security-Policy"]


def test_the_page_marks_what_may_do_harm(logged_in: Client, email: Email) -> None:
    make_attachment(email, position=5, name="contract.pdf", content=b"MZ\x90")
    make_attachment(email, position=6, name="letter.pdf")

    page = logged_in.get(reverse("email", args=[email.pk])).content.decode()

    marked, _, plain = page.partition('class="attachments"')[2].partition("letter.pdf")
    assert "may do harm" in marked
    assert "may do harm" not in plain


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


class TestSenders:
    def choose(self, client: Client, email: Email, show: str) -> int:
        return client.post(reverse("email-images", args=[email.pk]), {"show": show}).status_code

    def test_the_choice_holds_for_the_sender_and_is_taken_back(self, logged_in: Client, email: Email) -> None:
        page, asked = reverse("email", args=[email.pk]), f'src="/email/{email.pk}/html?images=1"'
        assert asked not in logged_in.get(page).content.decode()
        assert self.choose(logged_in, email, "yes") == self.choose(logged_in, email, "yes") == 302
        assert [one.address for one in ShownSender.objects.all()] == ["a@example.com"]
        assert asked in logged_in.get(page).content.decode()
        assert "a@example.com" in logged_in.get(reverse("shown-senders")).content.decode()
        assert self.choose(logged_in, email, "no") == 302
        assert asked not in logged_in.get(page).content.decode()
        assert not ShownSender.objects.exists()

    def test_it_is_taken_back_from_the_list(self, logged_in: Client, email: Email) -> None:
        self.choose(logged_in, email, "yes")
        url = reverse("shown-sender-forget", args=[ShownSender.objects.get().pk])
        assert logged_in.get(url).status_code == 405
        assert logged_in.post(url)["Location"] == reverse("shown-senders")
        assert not ShownSender.objects.exists()

    def test_it_is_the_users_own(self, logged_in: Client, intruder: Client, email: Email) -> None:
        self.choose(logged_in, email, "yes")
        sender = ShownSender.objects.get()
        assert self.choose(intruder, email, "no") == 404
        assert intruder.post(reverse("shown-sender-forget", args=[sender.pk])).status_code == 404
        assert ShownSender.objects.count() == 1

    @pytest.mark.parametrize("show", ["", "maybe"])
    def test_it_takes_no_other_answer(self, logged_in: Client, email: Email, show: str) -> None:
        assert self.choose(logged_in, email, show) == 302
        assert not ShownSender.objects.exists()

    def test_it_does_not_hold_where_the_sender_is_in_doubt(
        self, logged_in: Client, user: User, email: Email, settings: LazySettings
    ) -> None:
        settings.MAILAI_AUTHSERV_IDS = ["mx.example.org"]
        self.choose(logged_in, email, "yes")
        forged = store(user, b"Authentication-Results: mx.example.org; dmarc=fail\r\n" + RAW + b"again")[1]
        page = logged_in.get(reverse("email", args=[forged.pk])).content.decode()
        assert f'src="/email/{forged.pk}/html"' in page
        assert "held back" in page
        make_analysis(email, is_spam=True)
        assert (
            f'src="/email/{email.pk}/html"'
            in logged_in.get(reverse("email", args=[email.pk])).content.decode()
        )


class TestHeaders:
    def test_it_shows_every_field_decoded(self, logged_in: Client, user: User) -> None:
        raw = (
            b"Received: by a\r\nReceived: by b;\r\n folded\r\nSubject: =?utf-8?q?=C3=A4?= <b>\r\nFrom: x\r\n"
        )
        raw += b"\r\nBody: no"
        _, email = store(user, raw)
        page = logged_in.get(reverse("email-headers", args=[email.pk])).content.decode()
        assert re.findall(r'<th scope="row">([^<]+)', page) == ["Received", "Received", "Subject", "From"]
        assert "<td>by b; folded</td>" in page
        assert "<td>ä &lt;b&gt;</td>" in page

    def test_it_survives_what_has_none(self, logged_in: Client, user: User) -> None:
        for raw in (b"", b"\x00\xff", b"x" * 200_000, b"A: b\r\n" * 20_000):
            _, email = store(user, raw)
            assert logged_in.get(reverse("email-headers", args=[email.pk])).status_code == 200

    def test_it_is_private(self, logged_in: Client, intruder: Client, email: Email) -> None:
        url = reverse("email-headers", args=[email.pk])
        assert (intruder.get(url).status_code, logged_in.post(url).status_code) == (404, 405)


class TestSource:
    def test_it_cuts_a_large_one_and_gives_all_of_it_to_save(self, logged_in: Client, user: User) -> None:
        raw = b"From: a@example.com\r\n\r\n" + "ä".encode() * SOURCE
        _, email = store(user, raw)
        url = reverse("email-source", args=[email.pk])
        text = logged_in.get(url).content.decode()
        assert text.startswith("From: a@example.com\r\n\r\nää")
        assert len(text.encode()) < SOURCE + 300
        assert f"{url}?whole=1" in text
        whole = logged_in.get(url, {"whole": "1"})
        assert whole.content == raw
        assert whole["Content-Type"] == "application/octet-stream"
        assert whole["Content-Disposition"] == f'attachment; filename="message-{email.pk}.eml"'
        assert "sandbox" in whole["Content-Security-Policy"]


class TestPage:
    def page(self, client: Client, user: User, raw: bytes) -> str:
        _, email = store(user, raw)
        return client.get(reverse("email", args=[email.pk])).content.decode()

    def test_it_names_links_that_deceive(self, logged_in: Client, user: User) -> None:
        raw = (
            b"From: a@b\r\nContent-Type: text/html\r\n\r\n<a href=https://evil.example/x>www.bank.example</a>"
        )
        page = self.page(logged_in, user, raw)
        assert "shows bank.example, leads to <strong>evil.example</strong>" in page
        frame = logged_in.get(reverse("email-frame", args=[Email.objects.get().pk])).content.decode()
        assert '<span class="elsewhere">leads to evil.example</span>' in frame
        assert 'title="https://evil.example/x"' in frame

    @pytest.mark.parametrize(
        ("trusted", "said", "alarm"),
        [
            ([], "as noted by mx.example.org; anybody may have written that", False),
            (["mx.example.org"], "checked by mx.example.org", True),
            (["other.example.org"], "", False),
        ],
    )
    def test_it_says_who_vouches_for_the_sender(
        self,
        logged_in: Client,
        user: User,
        settings: LazySettings,
        trusted: list[str],
        said: str,
        alarm: bool,
    ) -> None:
        settings.MAILAI_AUTHSERV_IDS = trusted
        results = b"Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x.example; dmarc=fail\r\n"
        page = self.page(logged_in, user, results + RAW)
        assert said in page
        assert ("SPF passed (x.example)" in page) == bool(said)
        assert ("the address may be forged" in page) == alarm

    def test_it_offers_no_images_where_there_are_only_spies(self, logged_in: Client, user: User) -> None:
        raw = b"From: a@b\r\nContent-Type: text/html\r\n\r\n<p>x</p><img src=https://evil.example/ width=1 height=1>"
        assert "Show remote images" not in self.page(logged_in, user, raw)
