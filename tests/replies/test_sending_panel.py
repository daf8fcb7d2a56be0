"""What the message's page shows of a sending, and the form that prepares one."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from emails.models import Email
from mailai.runs.perform import perform
from tests.contract.asking import HTMX, as_form, as_htmx, as_json, refused
from tests.factories import make_account, make_run, make_sending

pytestmark = pytest.mark.django_db


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
