"""The inbox, a message's page, and corrections."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emails.inbox import PAGE, page_of
from emails.models import Analysis, Correction, Email
from tests.factories import make_analysis, make_attachment, make_email, make_run

NOON = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)


def links_of(answer):
    """The numbers of the messages that a page of the inbox lists, in its order."""
    return [int(number) for number in re.findall(r'<a href="/email/(\d+)/"', answer.content.decode())]


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


class TestInbox:
    def test_it_lists_the_newest_first(self, logged_in, user):
        old, new = (make_email(user, received_at=NOON + dt.timedelta(hours=hours)) for hours in (1, 2))
        same = make_email(user, received_at=new.received_at)

        assert links_of(logged_in.get("/")) == [same.pk, new.pk, old.pk]

    def test_it_shows_every_message_once_page_by_page(self, logged_in, user):
        for number in range(2 * PAGE + 3):
            make_email(user, received_at=NOON + dt.timedelta(seconds=number // 7))

        seen, path = [], "/"
        while path:
            answer = logged_in.get(path)
            seen += links_of(answer)
            older = re.search(r'href="(\?after=[^"]+)" rel="next"', answer.content.decode())
            path = f"/{older[1]}" if older else ""

        assert seen == list(Email.objects.values_list("pk", flat=True))

    def test_it_has_no_older_page_when_all_is_shown(self, logged_in, user):
        for _ in range(PAGE):
            make_email(user)

        html = logged_in.get("/").content.decode()

        assert "?after=" not in html

    @pytest.mark.parametrize(
        "after",
        [
            "x",
            "1",
            "_",
            "1_",
            "1_x",
            "9" * 5000 + "_1",
            "9" * 30 + "_1",
            "1_" + "9" * 30,
            "-9_-9",
            "\0_1",
            "1_\0",
        ],
    )
    def test_it_survives_a_key_that_makes_no_sense(self, logged_in, user, after):
        make_email(user)

        assert logged_in.get("/", {"after": after}).status_code == 200

    def test_it_takes_few_queries_and_no_bodies(self, logged_in, user):
        for _ in range(PAGE + 1):
            email = make_email(user)
            make_analysis(email)
            Correction.objects.create(email=email, importance=3)
            make_run(user, email=email)
            make_run(user, "reply", "retrying", email=email)

        taken = queries(logged_in, "/")

        assert len(taken) <= 8
        for column in ('"raw"', '"html"', '"emails_email"."text"', '"headers"', '"partial"', '"result"'):
            assert not [sql for sql in taken if column in sql]

    def test_it_starts_from_the_index(self, user, django_assert_num_queries):
        with CaptureQueriesContext(connection) as captured:
            page_of(user, "1000000_5")

        assert 'received_at" <= ' in captured[0]["sql"]

    def test_it_shows_what_counts_and_what_is_under_way(self, logged_in, user):
        email = make_email(user)
        make_analysis(email, urgency=1, importance=1, category="info_only", is_spam=True)
        Correction.objects.create(email=email, urgency=3, is_spam=False)
        make_run(user, "optimize", "retrying", email=email)

        html = logged_in.get("/").content.decode()

        assert ">0.67</span>" in html  # (2 · 3 + 1 - 3) / 6
        assert "For information" in html
        assert "trying again" in html
        assert ">spam<" not in html

    def test_it_tells_a_newcomer_how_mail_comes_in(self, logged_in):
        assert "import_mail" in logged_in.get("/").content.decode()

    def test_it_answers_a_look_without_a_body_and_no_other_method(self, logged_in):
        assert logged_in.head("/").status_code == 200
        assert logged_in.post("/").status_code == 405


class TestMessage:
    def test_it_shows_the_message_with_its_panels(self, logged_in, email):
        make_attachment(email)
        make_attachment(email, position=1, name="logo.png", inline=True)

        html = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert "please send the signed contract" in html
        for root in ("message", "editor", "panel-base", "panel-optimize", "panel-reply", "correction"):
            assert f'id="{root}"' in html
        assert "contract.pdf" in html
        assert "logo.png" not in html

    def test_it_escapes_what_a_sender_wrote(self, logged_in, user):
        evil = "<img src=x onerror=alert(1)>"
        email = make_email(user, subject=evil, sender_name=evil, text=evil, to=[[evil, evil]])
        make_attachment(email, name=evil)

        for path in ("/", f"/email/{email.pk}/"):
            assert "<img src=x" not in logged_in.get(path).content.decode()

    def test_it_attaches_to_the_run_under_way(self, logged_in, user, email):
        make_run(user, status="failed", email=email, created_at=timezone.now() - dt.timedelta(hours=1))
        run = make_run(user, status="running", email=email, progress=40)

        html = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert f'hx-get="/tasks/{run.pk}/status?seen=' in html
        assert 'value="40"' in html

    def test_it_shows_the_last_failure_and_offers_to_try_again(self, logged_in, user, email):
        make_run(user, status="failed", email=email, error_code="quota")

        html = logged_in.get(f"/email/{email.pk}/").content.decode()

        assert 'data-code="quota"' in html
        assert "Try again" in html

    def test_it_compares_both_analyses_field_by_field(self, logged_in, email):
        make_analysis(email, urgency=1, importance=1)
        make_analysis(
            email, "optimize", urgency=3, importance=1, deadlines=[{"date": "2031-04-02", "words": "by"}]
        )

        html = logged_in.get(f"/email/{email.pk}/").content.decode()
        table = html[html.index('<table class="compare">') : html.index("</table>")]
        lines = {
            re.search(r'scope="row">([^<]+)', line)[1]: (
                "differs" in line,
                [cell.strip() for cell in re.findall(r"<td>([^<]*)</td>", line)],
            )
            for line in table.split("<tr")
            if 'scope="row"' in line
        }

        assert lines["Score"] == (True, ["0.00", "0.67"])
        assert lines["Urgency"] == (True, ["low", "high"])
        assert lines["Importance"] == (False, ["low", "low"])
        assert lines["Deadlines"] == (True, ["–", "2031-04-02"])

    def test_it_takes_as_many_queries_for_a_long_thread_as_for_a_short_one(self, logged_in, user):
        email = make_email(user, thread_key="t" * 64)
        make_email(user, thread_key="t" * 64)
        logged_in.get(f"/email/{email.pk}/")
        few = len(queries(logged_in, f"/email/{email.pk}/"))
        for _ in range(20):
            make_analysis(make_email(user, thread_key="t" * 64))

        taken = queries(logged_in, f"/email/{email.pk}/")

        assert len(taken) == few
        heavy = r'(?<!SUBSTRING\()"emails_email"\."raw"|"emails_attachment"\."content"'
        assert not [sql for sql in taken if re.search(heavy, sql)]


class TestCorrection:
    def correct(self, client, email, **fields):
        return client.post(f"/email/{email.pk}/correct", fields)

    def test_it_is_kept_beside_the_analysis_and_wins(self, logged_in, email):
        analysis = make_analysis(email, urgency=1, importance=1, category="info_only")

        answer = self.correct(logged_in, email, urgency="3", category="action_required")

        assert answer.status_code == 302
        assert answer["Location"] == f"/email/{email.pk}/"
        correction = Correction.objects.get()
        assert (correction.urgency, correction.importance, correction.category) == (
            3,
            None,
            "action_required",
        )
        assert correction.is_spam is None
        analysis.refresh_from_db()
        assert (analysis.urgency, analysis.category) == (1, "info_only")
        html = logged_in.get(f"/email/{email.pk}/").content.decode()
        assert "corrected by you" in html
        assert "0.67" in html[html.index('id="verdict"') :][:300]

    def test_it_can_be_changed_and_taken_back(self, logged_in, email):
        make_analysis(email)
        self.correct(logged_in, email, urgency="3", is_spam="true")
        self.correct(logged_in, email, urgency="", is_spam="false")

        correction = Correction.objects.get()
        assert (correction.urgency, correction.is_spam) == (None, False)
        self.correct(logged_in, email)
        correction.refresh_from_db()
        assert correction.is_spam is None
        assert "corrected by you" not in logged_in.get(f"/email/{email.pk}/").content.decode()

    @pytest.mark.parametrize(
        "fields", [{"urgency": "4"}, {"urgency": "x"}, {"importance": "0"}, {"category": "none"}]
    )
    def test_it_refuses_what_is_no_value(self, logged_in, email, fields):
        answer = self.correct(logged_in, email, **fields)

        assert answer.status_code == 400
        assert "field-error" in answer.content.decode()
        assert not Correction.objects.exists()

    def test_it_is_said_to_no_one_elses_mail(self, intruder, email):
        assert self.correct(intruder, email, urgency="3").status_code == 404
        assert not Correction.objects.exists()

    def test_it_takes_no_get(self, logged_in, email):
        assert logged_in.get(f"/email/{email.pk}/correct").status_code == 405


def test_it_needs_no_analysis_to_be_looked_at(logged_in, email):
    assert not Analysis.objects.exists()
    assert "Not analysed yet" in logged_in.get(f"/email/{email.pk}/").content.decode()
