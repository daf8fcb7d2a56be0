"""What an open inbox asks for: the rows whose runs went on, and how much mail came."""

from __future__ import annotations

import html
import re

import pytest

from emails.models import Email
from mailai.runs.models import TaskRun
from tests.factories import make_analysis, make_email, make_run


def address_in(answer):
    return html.unescape(re.search(r'id="news" [^>]*hx-get="([^"]+)"', answer.content.decode())[1])


@pytest.fixture
def look(logged_in):
    """Polls as a page would that was opened with these parameters."""

    def look(answer):
        return logged_in.get(address_in(answer), headers={"HX-Request": "true"})

    return look


class TestNews:
    def test_nothing_new_is_an_empty_answer(self, logged_in, look, email):
        assert look(logged_in.get("/")).status_code == 204

    def test_new_mail_is_counted_and_not_put_in(self, logged_in, look, user, stranger, email):
        page = logged_in.get("/")
        for _ in range(3):
            make_email(user)
        make_email(stranger)

        news = look(page)

        assert "3 new messages" in news.content.decode()
        assert "<li" not in news.content.decode()
        assert look(news).status_code == 204

    def test_only_new_mail_that_matches_counts(self, logged_in, look, user):
        make_email(user, subject="Invoice")
        page = logged_in.get("/", {"q": "invoice"})
        make_email(user, subject="Something else", text="x")
        assert look(page).status_code == 204
        make_email(user, subject="Your invoice", text="x")

        assert '<a class="button" href="/?q=invoice">1 new message</a>' in look(page).content.decode()

    def test_only_the_rows_whose_runs_went_on_are_swapped(self, logged_in, look, user, email):
        other = make_email(user)
        run = make_run(user, email=email)
        make_run(user, email=other)
        page = logged_in.get("/")

        make_analysis(email, urgency=3, importance=3)
        TaskRun.objects.filter(pk=run.pk).delete()
        news = look(page)

        states = re.findall(r'id="state-(\d+)" hx-swap-oob="true"', news.content.decode())
        assert states == [str(email.pk)]
        assert ">1.00</span>" in news.content.decode()
        assert look(news).status_code == 204

    def test_a_failure_and_an_answer_show_too(self, logged_in, look, user, email):
        page = logged_in.get("/")
        make_run(user, "reply", "failed", email=email)
        failed = look(page)
        Email.objects.update(answered_at="2031-01-01T00:00Z")

        assert "Draft: failed" in failed.content.decode()
        assert "answered" in look(failed).content.decode()

    def test_it_tells_a_stranger_nothing(self, intruder, logged_in, user, email):
        make_run(user, email=email)
        path = address_in(logged_in.get("/")).replace(f"{email.pk}-", f"{email.pk}-0")

        answer = intruder.get(path)

        assert answer.status_code == 204

    @pytest.mark.parametrize(
        "query", ["", "rows=x&after=y&new=z", "rows=1-2-3.&after=-1", "after=" + "9" * 99]
    )
    def test_it_survives_whatever_is_asked(self, logged_in, email, query):
        assert logged_in.get(f"/inbox/news?{query}").status_code in (200, 204)

    def test_it_takes_no_post_and_nobody(self, logged_in, client):
        assert logged_in.post("/inbox/news").status_code == 405
        assert client.get("/inbox/news").status_code == 401
