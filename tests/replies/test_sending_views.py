"""The press that sends what was prepared: when it begins, what it refuses, and done once if pressed twice."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.transitions import cancel
from replies.models import Draft, Sending
from tests.contract.asking import as_form, as_json, not_stored, refused
from tests.factories import make_draft, make_run

pytestmark = pytest.mark.django_db


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
