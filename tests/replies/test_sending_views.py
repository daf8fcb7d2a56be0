"""From the editor to a confirmed message: what is asked for, shown and refused, and done once if pressed twice."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from emails.models import Email
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.transitions import cancel
from replies.models import Draft, Sending
from replies.panels import send_form
from tests.contract.asking import HTMX, as_form, as_htmx, as_json, not_stored, refused
from tests.factories import make_account, make_draft, make_run, make_sending

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


class TestSend:
    def test_it_waits_ten_seconds(self, logged_in, email, prepared):
        sending = prepared()

        answer = as_json(logged_in, f"/sendings/{sending.pk}/send")

        run = TaskRun.objects.get()
        assert answer.status_code == 202
        assert answer.json()["task_id"] == str(run.pk)
        not_stored(answer)
        assert (run.kind, run.email, run.status) == ("send", email, "queued")
        assert 8 < (run.run_at - timezone.now()).total_seconds() <= 10
        sending.refresh_from_db()
        assert (sending.run, sending.outcome) == (run, "active")

    def test_it_leads_a_browser_to_the_countdown(self, logged_in, email, prepared):
        sending = prepared()

        answer = as_form(logged_in, f"/sendings/{sending.pk}/send")

        assert answer["Location"] == f"/email/{email.pk}/#panel-send"
        shown = logged_in.get(f"/email/{email.pk}/").content.decode()
        assert re.search(r'Goes out in <span data-count="down">(10|9)</span> s', shown)
        assert "Undo" in shown

    def test_two_presses_are_one(self, logged_in, prepared):
        sending = prepared()

        first, second = (as_json(logged_in, f"/sendings/{sending.pk}/send").json() for _ in range(2))

        assert first["task_id"] == second["task_id"]
        assert TaskRun.objects.count() == 1

    def test_two_tabs_are_one(self, logged_in, prepared):
        first, second = prepared(), prepared()
        as_json(logged_in, f"/sendings/{first.pk}/send")

        refused(as_json(logged_in, f"/sendings/{second.pk}/send"), 409, "under_way")

    def test_what_was_sent_is_not_sent_again(self, logged_in, prepared, confirmed, outbox):
        first, second = prepared(), prepared()
        perform(str(confirmed(first).pk))

        for sending in (first, second):
            refused(as_json(logged_in, f"/sendings/{sending.pk}/send", {"again": 1}), 409, "already_sent")
        assert len(outbox.received) == 1
        assert TaskRun.objects.count() == 1

    @pytest.mark.parametrize("state", ["unknown", "handing_over"])
    def test_what_may_have_been_sent_wants_a_second_word(self, logged_in, user, email, prepared, state):
        first, second = prepared(), prepared()
        run = make_run(user, "send", "failed", email=email, error_code="send_unknown")
        Sending.objects.filter(pk=first.pk).update(state=state, run=run)

        for sending in (first, second):
            refused(as_json(logged_in, f"/sendings/{sending.pk}/send"), 409, "send_unknown")
        assert as_json(logged_in, f"/sendings/{first.pk}/send", {"again": 1}).status_code == 202

    def test_the_text_may_not_have_changed_since(self, logged_in, email, draft, prepared):
        sending = prepared()
        as_json(logged_in, f"/emails/{email.pk}/draft", {"text": "else", "draft_id": draft.pk, "revision": 0})

        refused(as_json(logged_in, f"/sendings/{sending.pk}/send"), 409, "changed")
        assert not TaskRun.objects.exists()

    def test_what_was_confirmed_is_frozen(self, logged_in, email, draft, prepared, confirmed):
        confirmed(prepared())

        answer = as_json(
            logged_in, f"/emails/{email.pk}/draft", {"text": "else", "draft_id": draft.pk, "revision": 0}
        )

        assert answer.json()["version"] == 2
        draft.refresh_from_db()
        assert draft.text == "Dear Ada,\n\nhere it is."

    def test_a_draft_of_a_model_can_be_sent_as_it_is(self, email, prepared, confirmed, outbox):
        written = make_draft(email, 2, text="By a model.")

        perform(str(confirmed(prepared(text=written.text, draft_id=written.pk, revision=0)).pk))

        assert b"By a model." in outbox.received[0].content
        assert Draft.objects.count() == 2

    def test_what_lay_for_long_is_checked_anew(self, logged_in, prepared):
        sending = prepared()
        Sending.objects.update(created_at=timezone.now() - dt.timedelta(hours=2))

        refused(as_json(logged_in, f"/sendings/{sending.pk}/send"), 409, "stale")

    def test_it_is_limited(self, logged_in, email, prepared, settings):
        settings.MAILAI_RATES = settings.MAILAI_RATES | {"send": "1/h"}
        sending = prepared()
        cancel(TaskRun.objects.get(pk=as_json(logged_in, f"/sendings/{sending.pk}/send").json()["task_id"]))

        refused(as_json(logged_in, f"/sendings/{sending.pk}/send"), 429, "rate_limited")
        sending.refresh_from_db()
        assert sending.outcome == "undone"

    def test_it_is_nobody_elses(self, intruder, logged_in, prepared):
        sending = prepared()

        refused(as_json(intruder, f"/sendings/{sending.pk}/send"), 404, "not_found")
        refused(logged_in.get(f"/sendings/{sending.pk}/send"), 405, "method_not_allowed")
        assert not TaskRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_the_same_time_are_one_sending(logged_in, prepared, outbox):
    sendings = [prepared() for _ in range(3)] * 2

    def press(sending: Sending) -> int:
        try:
            return as_json(logged_in, f"/sendings/{sending.pk}/send").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(press, sendings))

    assert sorted(set(answers)) == [202, 409]
    run = TaskRun.objects.get()
    perform(str(run.pk))
    assert len(outbox.received) == 1


class TestPanel:
    def fragment(self, client, run):
        return client.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()

    def test_an_undone_message_says_so_and_can_be_sent_after_all(self, logged_in, email, prepared, confirmed):
        sending = prepared(to="bob@example.net")
        shown = as_htmx(logged_in, f"/tasks/{confirmed(sending).pk}/cancel").content.decode()

        assert "Undone. Nothing was sent." in shown
        page = logged_in.get(f"/email/{email.pk}/").content.decode()
        assert 'value="bob@example.net"' in page  # as the user had it

    def test_a_sent_message_says_to_whom_and_marks_what_it_answers(
        self, logged_in, email, prepared, confirmed, outbox
    ):
        outbox.behave(refused={"eve@example.net": "550 No such user"})
        run = confirmed(prepared(cc="eve@example.net"))
        perform(str(run.pk))

        shown = self.fragment(logged_in, run)

        assert re.search(r"Sent on .* to ada@example.com\.", shown)
        assert "eve@example.net: <q>550 No such user</q>" in shown
        assert re.search(r'id="answered" hx-swap-oob="true"><span class="badge answered">answered on', shown)
        assert "hx-trigger" not in shown
        assert "answered on" in logged_in.get(f"/email/{email.pk}/").content.decode()
        assert 'aria-label="answered"' in logged_in.get("/").content.decode()

    def test_what_is_unknown_says_what_to_do(self, logged_in, prepared, confirmed, outbox):
        outbox.behave(drops=".")
        run = confirmed(prepared())
        perform(str(run.pk))

        shown = self.fragment(logged_in, run)

        assert "It is not known whether this was sent" in shown
        assert "Send it again anyway" in shown
        assert "Try again" not in shown

    def test_a_refusal_is_told_in_the_servers_words(self, logged_in, prepared, confirmed, outbox):
        outbox.behave(answers={"MAIL": "550 <b>No</b>"})
        run = confirmed(prepared())
        perform(str(run.pk))

        shown = self.fragment(logged_in, run)

        assert "The mail server refused to take it. Nothing was sent" in shown
        assert "<q>550 &lt;b&gt;No&lt;/b&gt;</q>" in shown
        assert "Try again" in shown

    def test_it_never_holds_the_editor(self, logged_in, prepared, confirmed):
        shown = self.fragment(logged_in, confirmed(prepared()))

        assert "<textarea" not in shown
        assert 'name="to"' not in shown


class TestForm:
    def test_it_offers_all_where_there_are_others(self, logged_in, email, account):
        Email.objects.filter(pk=email.pk).update(
            to=[["Alex", "alex@example.org"], ["Eve", "eve@example.net"]], cc=[["", "bob@example.net"]]
        )

        shown = logged_in.get(f"/email/{email.pk}/").content.decode()
        everybody = as_htmx(logged_in, f"/emails/{email.pk}/recipients", {"mode": "all"}).content.decode()

        assert 'value="Ada &lt;ada@example.com&gt;"' in shown
        assert "Reply to all" in shown
        assert 'value="Eve &lt;eve@example.net&gt;, bob@example.net"' in everybody
        assert "Reply to the sender alone" in everybody

    def test_it_does_not_offer_all_where_all_get_it_already(self, user, logged_in, email, draft, account):
        Email.objects.filter(pk=email.pk).update(
            to=[["Alex", "alex@example.org"], ["Eve", "eve@example.net"]]
        )
        make_sending(draft, account=account, cc=[["Eve", "eve@example.net"]])

        shown = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert "Reply to all" not in shown
        assert "Reply to the sender alone" in shown

    def test_the_list_it_was_opened_from_stays_known_on_the_way(self, logged_in, email, path, body):
        page = as_form(logged_in, path, body | {"list": "?unread=1"})["Location"]
        shown = logged_in.get(page).content.decode()

        assert page.endswith("/?list=unread%3D1")
        assert f'href="/email/{email.pk}/?list=unread%3D1&amp;draft=1#editor"' in shown
        assert f'name="back" value="/email/{email.pk}/?list=unread%3D1#panel-send"' in shown

    def test_what_was_sent_folds_the_form(self, user, logged_in, email, draft, account):
        run = make_run(user, "send", "succeeded", email=email)
        make_sending(draft, account=account, state="sent", run=run, sent_at=timezone.now())

        page = logged_in.get(f"/email/{email.pk}/").content.decode()
        polled = logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()

        assert '<details id="send"' in page
        assert '<details id="send" class="card send" hx-swap-oob="true">' in polled
        assert (
            '<section aria-labelledby="title-send" id="send"'
            in logged_in.get(f"/email/{email.pk}/?reply=all").content.decode()
        )

    def test_without_javascript_it_saves_the_text_on_the_way(self, logged_in, email, draft, account):
        body = {"mode": "all", "text": "my words", "draft_id": draft.pk, "revision": 0}

        answer = as_form(logged_in, f"/emails/{email.pk}/recipients", body)

        assert answer["Location"] == f"/email/{email.pk}/?reply=all#send"
        draft.refresh_from_db()
        assert draft.text == "my words"

    def test_it_says_what_is_missing_where_no_account_can_send(self, logged_in, email):
        shown = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert "add a mail account" in shown
        assert "Check and send" not in shown

    def test_it_chooses_the_account_that_the_message_came_to(self, logged_in, user, email, account):
        other = make_account(user, name="Other", address="other@example.org", smtp_host="localhost")
        Email.objects.filter(pk=email.pk).update(account=other)

        shown = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert f'<option value="{other.pk}" selected>' in shown

    def test_its_recipients_are_nobody_elses(self, intruder, logged_in, email):
        refused(as_json(intruder, f"/emails/{email.pk}/recipients", {"mode": "all"}), 404, "not_found")
        refused(
            logged_in.get(f"/emails/{email.pk}/recipients", headers={"Accept": "*/*"}),
            405,
            "method_not_allowed",
        )
