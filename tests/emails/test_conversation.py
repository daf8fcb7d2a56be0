"""The thread on a message's page, what was read for an answer, and what a model may know of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emails import conversation
from emails.conversation import conversation_of, record_of
from emails.threads import letters_of
from mailai.ai.fence import fence
from tests.factories import make_analysis, make_attachment, make_draft, make_email, make_run

NOON = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
KEY = {"thread_key": "t" * 64}


def thread_of(user, size):
    return [
        make_email(
            user,
            text=f"Number {number}.\n\n> old",
            message_id=f"{number}@x",
            references=[f"{number - 1}@x"] if number else [],
            received_at=NOON + dt.timedelta(hours=number),
            mine=number % 2 == 1,
            **KEY,
        )
        for number in range(size)
    ]


class TestConversation:
    def test_it_stands_around_the_message(self, user):
        letters = thread_of(user, 5)

        found = conversation_of(letters[2])

        assert [one.words for one in found.earlier] == ["Number 0.", "Number 1."]
        assert [one.email.pk for one in found.later] == [letters[3].pk, letters[4].pk]
        assert (found.total, found.left_out, found.many) == (5, 0, False)

    def test_it_keeps_the_message_and_the_newest_of_a_very_long_one(self, user, monkeypatch):
        monkeypatch.setattr(conversation, "MOST", 4)
        letters = thread_of(user, 9)

        found = conversation_of(letters[0])

        assert found.earlier == []
        assert [one.email.pk for one in found.later] == [one.pk for one in letters[-3:]]
        assert (found.total, found.left_out) == (9, 5)

    def test_its_page_folds_the_others_and_says_which_are_the_users_own(self, logged_in, user):
        letters = thread_of(user, 4)

        html = logged_in.get(f"/email/{letters[2].pk}/").content.decode()

        assert html.count('<details class="letter"') == 3
        assert html.count('<span class="from">me</span>') == 2
        assert html.index("Number 1.") < html.index('id="message"') < html.index("Number 3.")
        assert f'href="/email/{letters[0].pk}/">Open this message' in html
        assert "4 messages in this conversation" in html

    def test_many_earlier_ones_are_folded_together(self, logged_in, user):
        letters = thread_of(user, 9)

        assert "8 earlier messages" in logged_in.get(f"/email/{letters[8].pk}/").content.decode()

    def test_a_thread_of_hundreds_stays_light(self, logged_in, user):
        letters = thread_of(user, 3)
        logged_in.get(f"/email/{letters[2].pk}/")
        with CaptureQueriesContext(connection) as few:
            logged_in.get(f"/email/{letters[2].pk}/")
        marks = [make_email(user, text="long " * 20_000, html="<p>x", **KEY) for _ in range(200)]
        with CaptureQueriesContext(connection) as many:
            answer = logged_in.get(f"/email/{letters[2].pk}/")

        assert len(many) == len(few) <= 28
        assert len(answer.content) < 400_000
        assert answer.content.decode().count('class="letter"') == 2 + len(marks)

    def test_a_message_of_a_stranger_is_never_in_it(self, logged_in, user, stranger):
        email = make_email(user, **KEY)
        make_email(stranger, sender_name="Private", **KEY)

        assert "Private" not in logged_in.get(f"/email/{email.pk}/").content.decode()


class TestText:
    def test_it_gives_the_text_with_its_history_folded(self, logged_in, user):
        email = make_email(user, text="Yes, see https://example.net/ <b>\n\n> old")
        make_attachment(email)

        html = logged_in.get(f"/email/{email.pk}/text").content.decode()

        assert '<details class="quoted"><summary>Quoted: 1 line</summary>' in html
        assert 'href="https://example.net/" rel="nofollow noopener noreferrer" target="_blank"' in html
        assert "&lt;b&gt;" in html
        assert f"/email/{email.pk}/attachments/0" in html
        assert "<html" not in html

    def test_it_cuts_what_is_long_and_says_so(self, logged_in, user):
        email = make_email(user, text="x" * 30_000)

        assert "Only the first 20000 of 30000" in logged_in.get(f"/email/{email.pk}/text").content.decode()

    def test_it_only_reads_and_only_for_the_owner(self, logged_in, intruder, email):
        assert logged_in.post(f"/email/{email.pk}/text").status_code == 405
        assert intruder.get(f"/email/{email.pk}/text").status_code == 404


class TestRecord:
    def test_it_names_what_was_read(self, logged_in, user):
        letters = thread_of(user, 5)
        asked = letters[4]
        analysis = make_analysis(asked, "optimize", read_ids=[asked.pk, letters[3].pk, letters[1].pk])

        found = record_of(asked, analysis)

        assert ([one.pk for one in found.others], found.read, found.total) == (
            [letters[3].pk, letters[1].pk],
            2,
            4,
        )
        html = logged_in.get(f"/email/{asked.pk}/").content.decode()
        assert "Read: this message and 2 of 4 others in the conversation" in html
        assert f'<a href="/email/{letters[1].pk}/">me, ' in html

    @pytest.mark.parametrize(
        ("sender", "words"),
        [
            ("eve@evil.example", "because its sender, or somebody whom an answer goes to, had no part"),
            ("ada@example.com", "Read: this message alone, not the 1 other in the conversation"),
        ],
    )
    def test_it_says_why_nothing_else_was_read(self, logged_in, user, sender, words):
        asked, _other = make_email(user, sender_address=sender, **KEY), make_email(user, **KEY)
        make_analysis(asked, read_ids=[asked.pk])
        base = logged_in.get(f"/email/{asked.pk}/").content.decode()
        make_analysis(asked, "optimize", read_ids=[asked.pk])
        run = make_run(user, "reply", "succeeded", email=asked)
        make_draft(asked, run=run, read_ids=[asked.pk])

        html = logged_in.get(f"/email/{asked.pk}/").content.decode()

        assert "had no part" not in base
        assert html.count(words) - base.count(words) == 2

    def test_it_survives_what_is_gone_or_anothers(self, user, stranger):
        asked, other, foreign = make_email(user, **KEY), make_email(user, **KEY), make_email(stranger, **KEY)
        analysis = make_analysis(asked, read_ids=[asked.pk, other.pk, foreign.pk])
        other.delete()

        found = record_of(asked, analysis)

        assert (found.others, found.read, found.total) == ([], 2, 2)

    def test_it_does_not_count_what_came_later(self, user):
        asked, _other = make_email(user, **KEY), make_email(user, **KEY)
        analysis = make_analysis(asked, read_ids=[asked.pk])
        make_email(user, **KEY)

        assert record_of(asked, analysis).total == 1

    def test_it_says_nothing_of_results_that_say_nothing(self, email):
        assert record_of(email, make_analysis(email)) is None

    def test_a_draft_has_one_too(self, logged_in, user):
        asked, other = make_email(user, **KEY), make_email(user, **KEY)
        run = make_run(user, "reply", "succeeded", email=asked)
        make_draft(asked, run=run, read_ids=[asked.pk, other.pk])

        assert "Read: this message and 1 of 1 others" in logged_in.get(f"/email/{asked.pk}/").content.decode()


class TestLetters:
    ASKED = {"sender_address": "eve@evil.example", "to": [["", "alex@example.org"]], **KEY}

    def test_they_carry_the_rows_they_were_made_of(self, user):
        letters = thread_of(user, 3)

        assert [letter.email_id for letter in letters_of(letters[2])] == [one.pk for one in letters[::-1]]

    def test_a_sender_with_no_part_in_the_thread_is_read_alone(self, user):
        make_email(user, text="private", **KEY)
        make_email(
            user,
            text="private",
            mine=True,
            sender_address="alex@example.org",
            to=[["", "ada@example.com"]],
            **KEY,
        )

        [letter] = letters_of(make_email(user, text="What did Ada say?\n\n> quoted", **self.ASKED))

        assert letter.text.endswith("> quoted")

    @pytest.mark.parametrize(
        "fields",
        [
            {"sender_address": "Ada@Example.com"},
            {"sender_address": "support@mail.example.com"},
            {"mine": True},
        ],
    )
    def test_one_who_stands_in_it_is_read_with_it(self, user, fields):
        make_email(user, **KEY)
        user.email = "alex@example.org"
        user.save()

        assert len(letters_of(make_email(user, **(self.ASKED | fields)))) == 2

    def test_free_mail_is_no_organisation(self, user):
        user.email = "alex@example.org"
        user.save()
        make_email(user, sender_address="ada@gmail.com", **KEY)

        assert len(letters_of(make_email(user, **(self.ASKED | {"sender_address": "eve@gmail.com"})))) == 1

    def test_no_model_reads_what_nobody_sees(self, user):
        hidden = "".join(chr(0xE0000 + ord(char)) for char in "obey")
        email = make_email(
            user,
            text=f"Hello{hidden}",
            subject=f"Hi\u200b{hidden}",
            sender_name=f"Ada{hidden}",
            to=[["", f"alex{hidden}@example.org"]],
            headers={"x-mailer": f"mutt{hidden}"},
        )
        make_attachment(email, name=f"a{hidden}.pdf")

        letters = letters_of(email)

        assert (letters[0].text, letters[0].subject) == ("Hello", "Hi")
        said = fence(letters, 1000)
        assert all(seen in said for seen in ("Ada", "alex@example.org", "mutt", "a.pdf"))
        assert [char for char in said if ord(char) > 0xE0000] == []
