"""From the editor to the page that asks whether this goes out: what is asked for, shown and refused."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import RequestFactory
from django.utils import timezone

from emails.models import Email
from mailai.runs.models import TaskRun
from replies.models import Draft, Sending
from replies.panels import send_form
from tests.contract.asking import as_form, as_htmx, as_json, refused
from tests.factories import make_account, make_draft, make_sending

pytestmark = pytest.mark.django_db


def request_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.fixture
def path(email):
    return f"/emails/{email.pk}/send"


@pytest.fixture
def body(account, draft):
    return {
        "text": draft.text,
        "draft_id": draft.pk,
        "revision": draft.revision,
        "to": "Ada <ada@example.com>",
        "cc": "",
        "account": account.pk,
    }


class TestPrepare:
    def test_it_keeps_the_message_as_bytes(self, logged_in, user, email, draft, account, path, body):
        answer = as_json(logged_in, path, body | {"quote": True})

        sending = Sending.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {"sending_id": str(sending.pk), "draft_id": draft.pk, "cautions": []}
        assert (sending.user, sending.email, sending.draft, sending.account) == (user, email, draft, account)
        assert (sending.to, sending.cc, sending.state) == ([["Ada", "ada@example.com"]], [], "waiting")
        assert b"In-Reply-To: <" + email.message_id.encode() in bytes(sending.raw)
        assert not TaskRun.objects.exists()

    def test_it_leads_a_browser_to_the_confirmation(self, logged_in, path, body):
        assert as_htmx(logged_in, path, body)["HX-Redirect"] == f"/sendings/{Sending.objects.get().pk}/"
        answer = as_form(logged_in, path, body)
        assert answer["Location"] == f"/sendings/{Sending.objects.first().pk}/"

    def test_it_saves_the_text_first(self, logged_in, email, draft, path, body):
        as_json(logged_in, path, body | {"text": "Dear Ada,\n\nno."})

        draft.refresh_from_db()
        assert (draft.text, draft.revision) == ("Dear Ada,\n\nno.", 1)
        assert Sending.objects.get().revision == 1

    def test_it_takes_recipients_as_a_list(self, logged_in, path, body):
        as_json(logged_in, path, body | {"to": ["ada@example.com", "Bob <bob@example.net>"]})

        assert Sending.objects.get().recipients == ["ada@example.com", "bob@example.net"]

    def test_nobody_gets_it_twice(self, logged_in, path, body):
        twice = {"to": "ada@example.com, ADA@example.com", "cc": "Ada@example.com, bob@example.net"}
        as_json(logged_in, path, body | twice)

        assert Sending.objects.get().recipients == ["ada@example.com", "bob@example.net"]

    def test_a_line_end_among_the_recipients_is_no_more_than_a_comma(self, logged_in, path, body):
        as_json(logged_in, path, body | {"to": "ada@example.com\r\nBcc: eve@example.net"})

        sending = Sending.objects.get()
        assert sending.recipients == ["ada@example.com", "eve@example.net"]
        assert b"\r\nTo: ada@example.com,\r\n eve@example.net\r\n" in bytes(sending.raw)
        assert b"Bcc" not in bytes(sending.raw)

    @pytest.mark.parametrize(
        "hostile",
        [
            {"subject": "x\r\nBcc: eve@example.net"},
            {"sender_name": "Ada\r\nBcc: eve@example.net"},
            {"sender_address": "ada@example.com\r\nBcc: eve@example.net"},
            {"reply_to": [["", "ada@example.com, eve@example.net"]]},
            {"reply_to": [["", "ada@example.com>\r\nBcc: <eve@example.net"]]},
            {"message_id": "x>\r\nBcc: <eve@example.net"},
            {"references": ["x>\r\nBcc: <eve@example.net"]},
            {"text": "x\r\n.\r\nMAIL FROM:<eve@example.net>"},
        ],
        ids=lambda fields: next(iter(fields)),
    )
    def test_nothing_in_the_message_adds_a_header_or_a_recipient(
        self, logged_in, email, account, path, body, hostile
    ):
        Email.objects.filter(pk=email.pk).update(**hostile)
        offered = send_form(request_of(email.user), Email.objects.get(pk=email.pk))["form"].initial["to"]

        as_json(logged_in, path, body | {"to": offered or "ada@example.com", "quote": True})

        sending = Sending.objects.get()
        assert sending.recipients == ["ada@example.com"]
        head, _blank, _text = bytes(sending.raw).partition(b"\r\n\r\n")
        assert not re.search(rb"(?im)^bcc", head)
        assert len(head.split(b"\r\n")) - head.count(b"\r\n ") <= 11

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("to", ""),
            ("to", "Ada"),
            ("to", "ada@example.com, Bob"),
            ("cc", "a@b"),
            ("to", ", ".join(f"a{n}@example.com" for n in range(101))),
            ("account", ""),
            ("account", "999999"),
        ],
    )
    def test_it_refuses_what_cannot_be_sent(self, logged_in, path, body, field, value):
        refused(as_json(logged_in, path, body | {field: value}), 400, field)
        assert not Sending.objects.exists()

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "Nothing can be sent to “jörg@b.example”"), ("de", "An „jörg@b.example“ kann")],
    )
    def test_it_says_why_an_address_cannot_be_written_to(self, logged_in, path, body, language, words):
        told = as_json(
            logged_in, path, body | {"to": "Jörg <jörg@b.example>"}, **{"Accept-Language": language}
        )

        assert words in refused(told, 400, "to")["error"]
        assert not Sending.objects.exists()

    def test_it_shows_the_mistake_where_it_is_and_keeps_what_was_typed(self, logged_in, email, path, body):
        answer = as_htmx(logged_in, path, body | {"to": "Ada, really", "text": "my words"}, target="send")

        shown = answer.content.decode()
        assert "“Ada” is not an address" in shown
        assert 'value="Ada, really"' in shown
        assert 'id="editor-state"' in shown  # where the text was saved meanwhile
        assert "<textarea" not in shown
        page = as_form(logged_in, path, body | {"to": "Ada, really", "text": "my words, too"})
        assert page.status_code == 400
        assert "my words, too</textarea>" in page.content.decode()

    @pytest.mark.parametrize("text", ["", " \n", None])
    def test_it_wants_a_text(self, logged_in, path, body, text):
        refused(as_json(logged_in, path, body | {"text": text}), 400, "empty")

    def test_it_takes_no_account_of_anothers_and_none_that_cannot_send(
        self, logged_in, user, stranger, path, body
    ):
        for account in (make_account(stranger, smtp_host="localhost"), make_account(user, smtp_host="")):
            refused(as_json(logged_in, path, body | {"account": account.pk}), 400, "account")

    def test_it_sends_from_an_international_domain_as_ascii(self, logged_in, user, path, body):
        account = make_account(user, address="alex@büro.example", smtp_host="localhost")

        as_json(logged_in, path, body | {"account": account.pk})

        sending = Sending.objects.get()
        assert sending.sender == "alex@xn--bro-hoa.example"
        assert sending.message_id.endswith("@xn--bro-hoa.example")

    def test_it_refuses_an_account_whose_address_is_none(self, logged_in, user, path, body):
        account = make_account(user, address='"a b"@example.org', smtp_host="localhost")

        refused(as_json(logged_in, path, body | {"account": account.pk}), 400, "account")

    def test_it_keeps_what_was_sent_when_its_run_is_gone(self, logged_in, draft, path, body):
        for state in ("sent", "unknown", "handing_over", "failed"):
            make_sending(make_draft(draft.email, Draft.objects.count() + 1), state=state)
        Sending.objects.update(created_at=timezone.now() - dt.timedelta(days=2))

        as_json(logged_in, path, body)

        assert Sending.objects.count() == 5

    def test_it_refuses_strangers_and_other_methods(self, logged_in, intruder, path, body):
        refused(as_json(intruder, path, body), 404, "not_found")
        refused(logged_in.get(path), 405, "method_not_allowed")
        assert not Sending.objects.exists()

    def test_it_forgets_what_nobody_confirmed(self, logged_in, path, body):
        as_json(logged_in, path, body)
        Sending.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))

        as_json(logged_in, path, body)

        assert Sending.objects.count() == 1


class TestConfirmation:
    def test_it_shows_what_the_bytes_say(self, logged_in, prepared):
        sending = prepared(cc="Eve <eve@example.net>", text="Dear Ada,\n\n<b>here</b> it is.")

        shown = logged_in.get(f"/sendings/{sending.pk}/").content.decode()

        assert "Ada &lt;ada@example.com&gt;" not in shown
        assert "ada@example.com" in shown
        assert "Eve &lt;eve@example.net&gt;" in shown
        assert "Re: The contract" in shown
        assert "&lt;b&gt;here&lt;/b&gt; it is." in shown
        assert "&gt; please send the signed contract" in shown
        assert "10 seconds" in shown

    def test_it_warns(self, logged_in, email, prepared):
        Email.objects.filter(pk=email.pk).update(headers={"auto-submitted": "auto-generated"})
        sending = prepared(to="no-reply@example.com", text="We meet on [date].")

        shown = logged_in.get(f"/sendings/{sending.pk}/").content.decode()

        assert "no-reply@example.com says that nobody reads what is sent there." in shown
        assert "sent by a program" in shown
        assert "still a gap in your text: [date]" in shown

    def test_it_is_nobody_elses(self, intruder, client, prepared):
        sending = prepared()

        assert intruder.get(f"/sendings/{sending.pk}/").status_code == 404
        assert client.get(f"/sendings/{sending.pk}/")["Location"].startswith("/login/")

    def test_the_list_it_was_opened_from_stays_known_on_the_way(self, logged_in, email, path, body):
        page = as_form(logged_in, path, body | {"list": "?unread=1"})["Location"]
        shown = logged_in.get(page).content.decode()

        assert page.endswith("/?list=unread%3D1")
        assert f'href="/email/{email.pk}/?list=unread%3D1&amp;draft=1#editor"' in shown
        assert f'name="back" value="/email/{email.pk}/?list=unread%3D1#panel-send"' in shown
