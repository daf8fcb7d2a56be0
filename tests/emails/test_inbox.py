"""The inbox: what it lists and in which order, what it costs, and what a row says."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emails.effective import effective
from emails.inbox.listing import PAGE
from emails.models import Analysis, Correction, Email
from emails.ranking import rank
from tests.factories import make_account, make_analysis, make_attachment, make_email, make_run

NOON = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)
HEAVY = r'"raw"|"html"|(?<!LEFT\()"emails_email"\."text"|"headers"|"partial"|"result"|"reasoning"|"content"'


def links_of(answer):
    """The numbers of the messages that a page of the inbox lists, in its order."""
    return [int(number) for number in re.findall(r'<a href="/email/(\d+)/[?"]', answer.content.decode())]


def pages_of(client, path="/"):
    """The numbers on all pages, one after the other."""
    seen = []
    while path:
        answer = client.get(path)
        seen += links_of(answer)
        older = re.search(r'href="([^"]+)" rel="next"', answer.content.decode())
        path = older[1].replace("&amp;", "&") if older else ""
    return seen


def queries(client, path, **values):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, values).status_code == 200
    return [query["sql"] for query in captured]


class TestOrder:
    def test_it_lists_the_newest_first(self, logged_in, user):
        old, new = (make_email(user, received_at=NOON + dt.timedelta(hours=hours)) for hours in (1, 2))
        same = make_email(user, received_at=new.received_at)

        assert links_of(logged_in.get("/")) == [same.pk, new.pk, old.pk]

    def test_it_lists_by_priority_what_counts_first(self, logged_in, user):
        plain, low, high, corrected = (make_email(user, received_at=NOON) for _ in range(4))
        make_analysis(low, urgency=1, importance=1)
        make_analysis(high, urgency=3, importance=2)
        make_analysis(corrected, urgency=1, importance=1)
        Correction.objects.create(email=corrected, urgency=3, importance=3)
        rank([corrected.pk])

        listed = links_of(logged_in.get("/", {"sort": "priority"}))

        assert listed == [corrected.pk, high.pk, low.pk, plain.pk]

    @pytest.mark.parametrize("sort", ["date", "priority"])
    def test_it_shows_every_message_once_page_by_page(self, logged_in, user, sort):
        for number in range(2 * PAGE + 3):
            email = make_email(user, received_at=NOON + dt.timedelta(seconds=number // 7))
            if number % 3:
                make_analysis(email, urgency=number % 3, importance=1)

        seen = pages_of(logged_in, f"/?sort={sort}")

        order = ["-received_at", "-pk"] if sort == "date" else ["-rank_score", "-received_at", "-pk"]
        assert seen == list(Email.objects.order_by(*order).values_list("pk", flat=True))

    def test_its_older_page_stays_the_same_when_mail_comes(self, logged_in, user):
        for number in range(PAGE + 5):
            make_email(user, received_at=NOON + dt.timedelta(seconds=number))
        older = re.search(r'href="([^"]+)" rel="next"', logged_in.get("/").content.decode())[1]
        before = links_of(logged_in.get(older))
        for _ in range(7):
            make_email(user, received_at=NOON + dt.timedelta(hours=1))

        assert links_of(logged_in.get(older)) == before
        assert len(before) == 5

    def test_it_has_no_older_page_when_all_is_shown(self, logged_in, user):
        for _ in range(PAGE):
            make_email(user)

        assert "before=" not in logged_in.get("/").content.decode()

    @pytest.mark.parametrize("sort", ["date", "priority"])
    @pytest.mark.parametrize(
        "before",
        [
            *("x", "1", "_", "1_", "1_x", "9" * 5000 + "_1", "9" * 30 + "_1", "1_" + "9" * 30, "-9_-9"),
            *("\0_1", "1_\0", "1_2_3", "1_2_3_4", "99999_1_1", "-99999999999_1_1"),
        ],
    )
    def test_it_survives_a_key_that_makes_no_sense(self, logged_in, user, before, sort):
        make_email(user)

        assert logged_in.get("/", {"before": before, "sort": sort}).status_code == 200


class TestCost:
    @pytest.mark.parametrize("values", [{}, {"sort": "priority"}, {"q": "contract"}, {"unread": "1"}])
    def test_it_takes_few_queries_and_nothing_large(self, logged_in, user, values):
        make_account(user)
        for _ in range(PAGE + 1):
            email = make_email(user)
            make_analysis(email)
            make_attachment(email)
            make_run(user, email=email)
            make_run(user, "reply", "retrying", email=email)

        taken = queries(logged_in, "/", **values)

        assert len(taken) <= 8
        lists = [re.sub(r"translate\(left\(\S+ 4000\)", "", sql) for sql in taken]
        assert not [sql for sql in lists if re.search(HEAVY, sql)]

    def test_it_shows_no_page_by_its_number(self, logged_in, user):
        for _ in range(PAGE + 1):
            make_email(user)

        assert not [sql for sql in queries(logged_in, "/") if "OFFSET" in sql]


class TestRow:
    def row(self, client, email):
        html = client.get("/").content.decode()
        return html[html.index(f'id="row-{email.pk}"') :].split("</li>")[0]

    def test_it_shows_what_counts_and_what_is_under_way(self, logged_in, user):
        email = make_email(user)
        make_analysis(email, urgency=1, importance=1, category="info_only", is_spam=True)
        Correction.objects.create(email=email, urgency=3, is_spam=False)
        rank([email.pk])
        make_run(user, "optimize", "retrying", email=email)

        html = self.row(logged_in, email)

        assert ">0.67</span>" in html  # (2 · 3 + 1 - 3) / 6
        assert "For information" in html
        assert "trying again" in html
        assert ">spam<" not in html

    def test_it_shows_deadline_questions_attachment_and_answer(self, logged_in, user):
        email = make_email(user, answered_at=NOON)
        deadlines = [{"date": f"{year}-04-02", "words": "by"} for year in (2001, 2099, 2098)]
        make_analysis(email, questions=["When?", "Why?"], deadlines=deadlines)
        make_attachment(email)

        html = self.row(logged_in, email)

        assert 'datetime="2098-04-02"' in html
        assert "2 questions to you" in html
        assert "with attachments" in html
        assert 'aria-label="answered"' in html

    def test_it_shows_none_of_it_where_there_is_none(self, logged_in, user):
        email = make_email(user)
        make_attachment(email, inline=True)
        make_run(user, email=email, status="succeeded")

        html = self.row(logged_in, email)

        assert not [
            word for word in ("attachments", "answered", "questions", "Deadline", "done<") if word in html
        ]

    def test_it_shows_a_failed_run_until_one_succeeds(self, logged_in, user):
        email = make_email(user)
        hour_ago = timezone.now() - dt.timedelta(hours=1)
        make_run(user, email=email, status="failed", created_at=hour_ago)
        assert "Analysis: failed" in self.row(logged_in, email)

        make_run(user, email=email, status="succeeded")

        assert "failed" not in self.row(logged_in, email)

    def test_it_shows_the_first_words_and_escapes_them(self, logged_in, user):
        email = make_email(user, text="Dear Alex,\n\n<b>look</b> here", subject="<i>x</i>")

        html = self.row(logged_in, email)

        assert "&lt;b&gt;look&lt;/b&gt; here" in html
        assert "&lt;i&gt;x&lt;/i&gt;" in html


class TestSeen:
    def test_it_is_unread_until_its_page_is_opened(self, logged_in, email):
        assert "unread" in logged_in.get("/").content.decode().split('id="inbox"')[1].split("</a>")[0]

        logged_in.get(f"/email/{email.pk}/")

        email.refresh_from_db()
        assert email.seen_at is not None
        assert '"row unread"' not in logged_in.get("/").content.decode()

    def test_a_stranger_and_a_look_without_a_body_open_nothing(self, logged_in, intruder, email):
        assert intruder.get(f"/email/{email.pk}/").status_code == 404
        logged_in.head(f"/email/{email.pk}/")

        email.refresh_from_db()
        assert email.seen_at is None


class TestRank:
    """What counts, as columns: the same as emails.effective says."""

    @pytest.mark.parametrize("analysed", [True, False])
    @pytest.mark.parametrize(
        "corrected",
        [
            None,
            {"urgency": 3},
            {"importance": 1, "is_spam": True},
            {"category": "action_required", "is_spam": False},
            {"urgency": 1, "importance": 3, "category": "info_only"},
        ],
    )
    def test_it_is_what_is_effective(self, email, analysed, corrected):
        if analysed:
            make_analysis(email, urgency=2, importance=3, is_spam=True, questions=["When?"])
        if corrected is not None:
            Correction.objects.create(email=email, **corrected)
        rank([email.pk])

        email = Email.objects.get(pk=email.pk)
        said = effective(email)

        if said is None:
            assert (email.rank_score, email.rank_category, email.rank_urgency) == (-1, "", None)
        else:
            kept = (email.rank_urgency, email.rank_importance, email.rank_category, email.rank_spam)
            assert kept == (said.urgency, said.importance, said.category, said.is_spam)
            assert round(email.rank_score / 6, 2) == said.score

    def test_a_correction_is_ranked_at_once(self, logged_in, email):
        make_analysis(email, urgency=1, importance=1)

        logged_in.post(f"/email/{email.pk}/correct", {"urgency": "3", "importance": "3"})

        email.refresh_from_db()
        assert email.rank_score == 6

    def test_other_mail_keeps_its_rank(self, user, email):
        other = make_email(user)
        make_analysis(other, urgency=3)
        Analysis.objects.update(urgency=1)

        rank([email.pk])

        other.refresh_from_db()
        assert other.rank_urgency == 3


def test_it_lists_nothing_of_a_stranger(intruder, email):
    assert links_of(intruder.get("/")) == []


def test_it_answers_a_look_without_a_body_and_no_other_method(logged_in):
    assert logged_in.head("/").status_code == 200
    assert logged_in.post("/").status_code == 405
