"""A message's page, and corrections."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from emails.effective import effective
from emails.models import Analysis, Correction
from tests.factories import make_analysis, make_attachment, make_email, make_run


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured]


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
        table = html[html.index('<table class="table compare">') : html.index("</table>")]
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
        assert lines["Deadlines"] == (True, ["–", "2 Apr 2031"])

    def test_it_takes_as_many_queries_for_a_long_thread_as_for_a_short_one(self, logged_in, user):
        email = make_email(user, thread_key="t" * 64)
        make_email(user, thread_key="t" * 64)
        logged_in.get(f"/email/{email.pk}/")
        few = len(queries(logged_in, f"/email/{email.pk}/"))
        for _ in range(20):
            make_analysis(make_email(user, thread_key="t" * 64))

        taken = queries(logged_in, f"/email/{email.pk}/")

        assert len(taken) == few
        heavy = r'(?<!SUBSTRING\()(?:"emails_email"\."raw"|"emails_attachment"\."content")'
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

    @pytest.mark.parametrize(
        "fields",
        [
            {"urgency": "3", "importance": "3"},
            {"urgency": "3", "category": "action_required"},
            {"importance": "3", "category": "action_required", "is_spam": "true"},
        ],
    )
    def test_without_an_analysis_two_fields_say_too_little(self, fields, logged_in, email):
        self.correct(logged_in, email, **fields)

        email.refresh_from_db()
        assert (email.rank_urgency, email.rank_importance, email.rank_score) == (None, None, -1)
        assert (email.rank_category, email.rank_spam, email.rank_asks) == ("", False, False)
        assert effective(email) is None
        assert "Not analysed yet" in logged_in.get(f"/email/{email.pk}/").content.decode()

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


def test_the_header_of_a_large_message_is_read_without_the_rest(logged_in, user):
    raw = b"Subject: The contract\r\nX-Last: yes\r\n\r\n" + b"x" * 25_000_000
    email = make_email(user, raw=raw, size=len(raw))

    taken = queries(logged_in, f"/email/{email.pk}/headers")

    assert "X-Last" in logged_in.get(f"/email/{email.pk}/headers").content.decode()
    assert any("SUBSTRING" in sql for sql in taken)
    assert not [sql for sql in taken if re.search(r'(?<!SUBSTRING\()"emails_email"\."raw"', sql)]
