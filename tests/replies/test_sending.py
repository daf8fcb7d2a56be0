"""A confirmed message to a real SMTP server: at most once, and whatever the server says is told."""

from __future__ import annotations

import datetime as dt
import ssl
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from emails.importing import store
from emails.models import Email
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from mailai.runs.transitions import cancel
from replies.models import Sending, WritingProfile
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def performed(run: TaskRun) -> TaskRun:
    """As a worker would, in this process; a retry is due at once."""
    TaskRun.objects.filter(pk=run.pk).update(run_at=timezone.now() - dt.timedelta(seconds=1))
    perform(str(run.pk))
    run.refresh_from_db()
    return run


def outcome(run: TaskRun, sending: Sending) -> tuple[str, str, str]:
    sending.refresh_from_db()
    return run.status, run.error_code, Sending.objects.get(pk=sending.pk).outcome


class TestSent:
    def test_what_the_server_received_threads_in_another_clients_eyes(
        self, user, email, prepared, confirmed, outbox
    ):
        WritingProfile.objects.create(user=user, name="Alex Löwe", signature="Alex Löwe\nKöln")
        Email.objects.filter(pk=email.pk).update(
            references=["root@example.com"], in_reply_to="root@example.com"
        )
        sending = prepared(text="Liebe Ada,\n\n" + "größer " * 30 + "\n\nAlex Löwe\nKöln", quote=True)

        run = performed(confirmed(sending))

        assert outcome(run, sending) == ("succeeded", "", "sent")
        (received,) = outbox.received
        assert (received.sender, received.recipients) == ("alex@example.org", ["ada@example.com"])
        assert received.content == bytes(sending.raw)
        message = message_from_bytes(received.content, policy=policy.default)
        assert message.defects == []
        assert message["In-Reply-To"] == f"<{email.message_id}>"
        assert message["References"].split() == ["<root@example.com>", f"<{email.message_id}>"]
        assert message["Subject"] == "Re: The contract"
        assert message["From"].addresses[0].display_name == "Alex Löwe"
        assert message["From"].addresses[0].addr_spec == "alex@example.org"
        assert message["Message-ID"] == f"<{sending.message_id}>"
        assert message["Message-ID"].endswith("@example.org>")
        text = message.get_content().replace("\r\n", "\n")
        assert text.startswith("Liebe Ada,\n\n" + "größer " * 9)
        assert text.count("Köln") == 1
        assert "> please send the signed contract by 2031-04-02. Can you do that?" in text

    def test_it_lands_in_the_same_thread_of_the_one_who_gets_it(self, email, prepared, confirmed, outbox):
        other = make_user("ada")
        raw = f"Message-ID: <{email.message_id}>\r\nFrom: ada@example.com\r\nSubject: The contract\r\n\r\nHi"
        _, first = store(other, raw.encode())

        performed(confirmed(prepared()))

        _, reply = store(other, outbox.received[0].content)
        assert reply.thread_key == first.thread_key
        assert reply.text.startswith("Dear Ada,\n\nhere it is.")

    def test_the_users_own_thread_shows_it_and_the_message_is_answered(
        self, user, email, draft, account, prepared, confirmed
    ):
        sending = prepared()
        performed(confirmed(sending))

        own = Email.objects.get(message_id=sending.message_id)
        assert (own.user, own.mine, own.account, own.thread_key) == (user, True, account, email.thread_key)
        email.refresh_from_db()
        draft.refresh_from_db()
        sending.refresh_from_db()
        assert email.answered_at == draft.sent_at == sending.sent_at is not None
        assert sending.answer == "250 OK, queued as 4711"

    def test_an_answer_to_what_has_no_id_stays_in_its_thread(self, email, prepared, confirmed, outbox):
        Email.objects.filter(pk=email.pk).update(message_id="")
        sending = prepared()

        performed(confirmed(sending))

        assert Email.objects.get(message_id=sending.message_id).thread_key == email.thread_key
        assert b"In-Reply-To" not in outbox.received[0].content

    def test_it_sends_over_starttls_too(self, account, prepared, confirmed, outbox):
        account.smtp_port, account.smtp_security = outbox.port, "starttls"
        account.save()

        assert performed(confirmed(prepared())).status == "succeeded"
        assert len(outbox.received) == 1

    def test_a_ring_too_many_does_nothing(self, prepared, confirmed, outbox):
        run = performed(confirmed(prepared()))

        perform(str(run.pk))

        assert len(outbox.received) == 1

    def test_a_line_that_is_a_dot_does_not_end_it(self, prepared, confirmed, outbox):
        performed(confirmed(prepared(text="one\n.\n..two\nthree", quote=False)))

        content = message_from_bytes(outbox.received[0].content, policy=policy.default).get_content()
        assert content.split() == ["one", ".", "..two", "three"]

    def test_an_international_domain_goes_as_ascii(self, prepared, confirmed, outbox):
        performed(confirmed(prepared(to="Ada <ada@straße.example>")))

        assert outbox.received[0].recipients == ["ada@xn--strae-oqa.example"]


class TestRefused:
    @pytest.mark.parametrize("where", ["MAIL", "DATA", "."])
    def test_a_lasting_no_fails_and_is_told_in_the_servers_words(self, prepared, confirmed, outbox, where):
        outbox.behave(answers={where: "550 5.7.1 We do not\r\n like you"})
        sending = prepared()

        run = performed(confirmed(sending))

        assert outcome(run, sending) == ("failed", "send_refused", "failed")
        assert (run.error_message, run.irrevocable) == ("550", False)
        assert sending.answer.startswith("550 5.7.1 We do not")
        assert outbox.received == []

    @pytest.mark.parametrize(
        ("answer", "code"),
        [("500 What?", "send_refused"), ("599 No", "send_refused"), ("499 Later", "send_deferred")],
    )
    def test_from_500_on_a_no_is_lasting(self, prepared, confirmed, outbox, answer, code):
        outbox.behave(answers={"MAIL": answer})

        assert performed(confirmed(prepared())).error_code == code

    def test_a_recipient_who_moved_is_one_who_gets_it(self, prepared, confirmed, outbox):
        """RFC 5321 4.2.2: 251 says that the server forwards it."""
        outbox.behave(passed_on={"ada@example.com": "251 User not local; will forward"})
        sending = prepared(to="ada@example.com")

        run = performed(confirmed(sending))

        assert outcome(run, sending) == ("succeeded", "", "sent")
        assert (sending.refused, sending.reached) == ([], ["ada@example.com"])
        assert outbox.received[0].recipients == ["ada@example.com"]

    @pytest.mark.parametrize("where", ["MAIL", "DATA", "."])
    def test_a_passing_no_is_tried_again(self, prepared, confirmed, outbox, where):
        outbox.behave(answers={where: "451 4.7.1 Greylisted"})
        sending = prepared()
        run = performed(confirmed(sending))
        assert outcome(run, sending) == ("retrying", "send_deferred", "active")
        assert (sending.state, sending.answer, run.irrevocable) == ("waiting", "451 4.7.1 Greylisted", False)

        outbox.behave()
        performed(run)

        assert outcome(run, sending) == ("succeeded", "", "sent")
        assert len(outbox.received) == 1

    def test_some_recipients_refused_are_told_by_name(self, prepared, confirmed, outbox):
        outbox.behave(refused={"eve@example.net": "550 No such user"})
        sending = prepared(to="ada@example.com", cc="eve@example.net")

        run = performed(confirmed(sending))

        assert outcome(run, sending) == ("succeeded", "", "sent")
        assert sending.refused == [["eve@example.net", "550 No such user"]]
        assert run.result["refused"] == sending.refused
        assert outbox.received[0].recipients == ["ada@example.com"]

    @pytest.mark.parametrize(("answer", "code"), [("550 No", "send_refused"), ("450 Later", "send_deferred")])
    def test_all_recipients_refused_is_a_no(self, prepared, confirmed, outbox, answer, code):
        outbox.behave(refused={"ada@example.com": answer, "eve@example.net": "550 No"})
        sending = prepared(to="ada@example.com, eve@example.net")

        run = performed(confirmed(sending))

        assert run.error_code == code
        sending.refresh_from_db()
        assert [address for address, _answer in sending.refused] == ["ada@example.com", "eve@example.net"]
        assert outbox.said == []

    def test_a_wrong_password_is_told(self, account, prepared, confirmed, outbox):
        account.set_imap_password("wrong")
        account.save()
        sending = prepared()

        assert outcome(performed(confirmed(sending)), sending) == ("failed", "mail_login", "failed")

    def test_a_removed_account_is_told(self, account, prepared, confirmed, outbox):
        sending = prepared()
        run = confirmed(sending)
        account.delete()

        assert outcome(performed(run), sending) == ("failed", "mail_account", "failed")

    def test_what_failed_is_sent_by_another_press_as_the_same_message(self, prepared, confirmed, outbox):
        outbox.behave(answers={"MAIL": "550 No"})
        sending = prepared()
        performed(confirmed(sending))
        outbox.behave()

        assert performed(confirmed(sending)).status == "succeeded"
        assert [each.content for each in outbox.received] == [bytes(sending.raw)]


class TestUnknown:
    def test_a_connection_lost_after_the_final_dot_is_never_tried_again_by_itself(
        self, email, draft, prepared, confirmed, outbox
    ):
        outbox.behave(drops=".")
        sending = prepared()

        run = performed(confirmed(sending))

        assert outcome(run, sending) == ("failed", "send_unknown", "unknown")
        assert len(outbox.received) == 1
        email.refresh_from_db()
        assert email.answered_at is None

    def test_silence_after_the_final_dot_is_the_same(self, prepared, confirmed, outbox, settings):
        settings.MAILAI_MAIL_TIMEOUT = 0.5
        outbox.behave(hangs=".")
        sending = prepared()

        assert outcome(performed(confirmed(sending)), sending) == ("failed", "send_unknown", "unknown")

    @pytest.mark.parametrize("answer", ["354 Go on", "111 What?"])
    def test_an_answer_that_is_neither_yes_nor_no_is_the_same(self, prepared, confirmed, outbox, answer):
        outbox.behave(answers={".": answer})
        sending = prepared()

        assert outcome(performed(confirmed(sending)), sending) == ("failed", "send_unknown", "unknown")

    @pytest.mark.parametrize("behaviour", [{"drops": "DATA"}, {"hangs": "DATA"}, {"hangs": "MAIL"}], ids=str)
    def test_a_connection_lost_before_it_is_tried_again(
        self, prepared, confirmed, outbox, settings, behaviour
    ):
        settings.MAILAI_MAIL_TIMEOUT = 0.5
        outbox.behave(**behaviour)
        sending = prepared()
        run = performed(confirmed(sending))
        assert (run.status, sending.refresh_from_db(), sending.state) == ("retrying", None, "waiting")

        outbox.release()
        settings.MAILAI_MAIL_TIMEOUT = 3

        assert outcome(performed(run), sending) == ("succeeded", "", "sent")
        assert len(outbox.received) == 1

    def test_a_worker_that_finds_the_mark_of_another_does_not_send(self, prepared, confirmed, outbox):
        sending = prepared()
        run = confirmed(sending)
        TaskRun.objects.filter(pk=run.pk).update(attempt=1)
        Sending.objects.filter(pk=sending.pk).update(state="handing_over", attempt=1)

        assert outcome(performed(run), sending) == ("failed", "send_unknown", "unknown")
        assert outbox.received == []

    def test_a_worker_that_finds_it_sent_only_finishes(self, prepared, confirmed, outbox):
        sending = prepared()
        run = confirmed(sending)
        Sending.objects.filter(pk=sending.pk).update(state="sent", attempt=1)

        assert outcome(performed(run), sending) == ("succeeded", "", "sent")
        assert outbox.received == []

    def test_the_user_may_send_it_again_knowing_that(self, prepared, confirmed, outbox):
        outbox.behave(drops=".")
        sending = prepared()
        performed(confirmed(sending))
        outbox.behave()

        run = performed(confirmed(sending, again=True))

        assert outcome(run, sending) == ("succeeded", "", "sent")
        first, second = outbox.received
        assert first.content == second.content  # one id, by which a mail program can see that it is the same


class TestCancel:
    def test_what_is_undone_in_time_reaches_nobody(self, prepared, confirmed, outbox):
        sending = prepared()
        run = confirmed(sending)

        assert cancel(run)
        performed(run)

        assert outcome(run, sending) == ("cancelled", "", "undone")
        assert outbox.received == []

    def test_a_cancel_during_the_transmission_takes_the_message_back(
        self, prepared, confirmed, outbox, monkeypatch
    ):
        """Cancelled when all is said but the final dot: the server throws it away."""
        sending = prepared()
        run = confirmed(sending)
        sent = ssl.SSLSocket.sendall

        def cancel_then_send(sock, data, *flags):
            if b"Subject: " in bytes(data):
                assert cancel(run)
            return sent(sock, data, *flags)

        monkeypatch.setattr(ssl.SSLSocket, "sendall", cancel_then_send)
        performed(run)

        assert outcome(run, sending) == ("cancelled", "", "undone")
        assert outbox.said == ["DATA"]
        assert outbox.received == []

    def test_after_the_final_dot_it_is_too_late(self, logged_in, prepared, confirmed, outbox, monkeypatch):
        sending = prepared()
        run = confirmed(sending)
        sent, answers = ssl.SSLSocket.sendall, []

        def cancel_after(sock, data, *flags):
            if bytes(data) == b".\r\n":
                answers.append(logged_in.post(f"/tasks/{run.pk}/cancel"))
            return sent(sock, data, *flags)

        monkeypatch.setattr(ssl.SSLSocket, "sendall", cancel_after)
        performed(run)

        assert [answer.status_code for answer in answers] == [409]
        assert answers[0].json() == {"error": "Too late: it is being sent.", "code": "too_late"}
        assert outcome(run, sending) == ("succeeded", "", "sent")

    def test_what_was_undone_is_sent_by_nobody_elses_run(self, user, email, prepared, confirmed, outbox):
        """An operator starts the cancelled run anew: that is no press of the user's."""
        sending = prepared()
        run = confirmed(sending)
        cancel(run)

        again, _created = TaskRun.objects.start(user, "send", email, None, run.params)

        assert performed(again).error_code == "send_gone"
        assert outbox.received == []

    def test_what_was_undone_can_be_sent_after_all(self, prepared, confirmed, outbox):
        sending = prepared()
        cancel(confirmed(sending))

        assert outcome(performed(confirmed(sending)), sending) == ("succeeded", "", "sent")
        assert len(outbox.received) == 1
