"""The page of figures: the right numbers, the user's own only, in few queries."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from emails.figures.mail import by_band
from emails.figures.page import figures_of
from emails.figures.period import period_of
from emails.models import Correction
from mailai.ai.models import AiCall
from mailai.ai.prices import read_prices
from tests.factories import make_analysis, make_draft, make_email, make_run

TODAY = dt.date(2026, 11, 24)  # a Tuesday


def period(name: str = "weeks") -> Any:
    return period_of(name, timezone.localdate())


def figure(user: Any, name: str) -> Any:
    return next(each for each in figures_of(user, period()) if each.name == name)


def asked(
    user: Any, model: str = "gpt", read: int | None = 1000, wrote: int | None = 100, **fields: Any
) -> AiCall:
    values = {
        "kind": "base",
        "provider": "openai",
        "model": model,
        "prompt_version": "1",
        "started_at": timezone.now(),
        "duration_ms": 2000,
        "input_tokens": read,
        "output_tokens": wrote,
    }
    return AiCall.objects.create(user=user, **(values | fields))


def fill(user: Any) -> None:
    email = make_email(user)
    make_analysis(email)
    make_run(user, "base", "succeeded", email=email, started_at=timezone.now())
    make_run(user, "base", "failed", email=email, error_code="quota", started_at=timezone.now())
    make_draft(email, version=1 + email.drafts.count())
    asked(user)


class TestPeriod:
    @pytest.mark.parametrize(
        ("name", "count", "since", "until"),
        [
            ("days", 6, dt.date(2026, 10, 26), dt.date(2026, 11, 25)),
            ("weeks", 12, dt.date(2026, 9, 7), dt.date(2026, 11, 30)),
            ("months", 12, dt.date(2025, 12, 1), dt.date(2026, 12, 1)),
            ("nonsense", 12, dt.date(2026, 9, 7), dt.date(2026, 11, 30)),
        ],
    )
    def test_it_ends_with_today_and_begins_on_a_whole_step(self, name, count, since, until):
        found = period_of(name, TODAY)

        assert len(found.steps) == len(found.labels) == len(found.names) == count
        assert timezone.localtime(found.since).date() == since
        assert timezone.localtime(found.until).date() == until
        assert all(
            timezone.localtime(edge).hour == 0 for edge in found.edges
        )  # also beyond a change of clocks

    def test_every_day_is_in_one_of_its_steps(self):
        for number in range(800):
            today = TODAY + dt.timedelta(days=number)
            for name in ("days", "weeks", "months"):
                found = period_of(name, today)
                assert (
                    found.steps[-1]
                    <= timezone.make_aware(dt.datetime.combine(today, dt.time(23)))
                    < found.until
                )

    def test_steps_are_named_in_full(self):
        assert period_of("weeks", TODAY).names[-1] == "23 Nov – 29 Nov"
        assert period_of("months", TODAY).names[-1] == "November 2026"


class TestNumbers:
    def test_mail_counts_by_what_is_effective(self, user):
        make_analysis(make_email(user), urgency=3, importance=1)
        corrected = make_email(user)
        make_analysis(corrected, urgency=3, importance=3)
        Correction.objects.create(email=corrected, urgency=1, importance=1)
        own = make_email(user)
        Correction.objects.create(email=own, urgency=2, importance=2, category="info_only")
        half = make_email(user)
        Correction.objects.create(email=half, urgency=2)
        make_email(user)
        make_email(user, mine=True)
        make_email(user, received_at=timezone.now() - dt.timedelta(days=400))
        make_email(user, received_at=timezone.now() + dt.timedelta(days=400))

        found = by_band(user, period())

        assert {band: sum(values) for band, values in found.items()} == {
            "high": 1,
            "medium": 1,
            "low": 1,
            "none": 2,
        }

    def test_mail_lies_in_its_step(self, user):
        weeks = period()
        for moment in (weeks.since, weeks.edges[3] - dt.timedelta(seconds=1), weeks.edges[3]):
            make_email(user, received_at=moment)

        assert by_band(user, weeks)["none"] == [1, 0, 1, 1, *[0] * 8]

    def test_runs_count_by_how_they_ended(self, user):
        for status in ("succeeded", "succeeded", "failed", "cancelled", "running"):
            make_run(user, "base", status, email=make_email(user))

        assert figure(user, "runs").rows == [["Analysis", "2", "1", "1", "1"]]

    def test_failures_count_by_kind_and_code_with_what_to_do(self, user):
        for code in ("quota", "quota", "timeout"):
            make_run(user, "base", "failed", email=make_email(user), error_code=code)
        make_run(user, "base", "retrying", email=make_email(user), error_code="quota")

        found = figure(user, "failures")

        assert [row[:3] for row in found.rows] == [["Analysis", "quota", "2"], ["Analysis", "timeout", "1"]]
        assert "Top it up" in found.rows[0][3]

    def test_waiting_and_answers_have_their_quantiles(self, user):
        now = timezone.now()
        for waited in range(101):
            began = now - dt.timedelta(seconds=waited)
            make_run(user, "base", "succeeded", email=make_email(user), created_at=began, started_at=now)
            asked(user, duration_ms=1000 * waited)
        asked(user, duration_ms=900_000, error_code="timeout")

        assert figure(user, "waiting").rows == [["Analysis", "101", "50 s", "95 s"]]
        assert figure(user, "answers").rows == [["Analysis", "OpenAI · gpt", "101", "50 s", "95 s"]]

    def test_calls_and_tokens_count_by_model_and_step(self, user):
        asked(user)
        asked(user, error_code="timeout", read=None, wrote=None)
        asked(user, "rules", None, None, provider="local")
        asked(user, started_at=period().since)

        latest, first = period().names[-1], period().names[0]
        assert figure(user, "calls").rows == [
            [latest, "OpenAI · gpt", "2"],
            [latest, "Built-in rules", "1"],
            [first, "OpenAI · gpt", "1"],
        ]
        assert figure(user, "tokens").rows == [
            [latest, "OpenAI · gpt", "1,000", "100", "–"],
            [first, "OpenAI · gpt", "1,000", "100", "–"],
        ]

    def test_cost_is_told_where_a_price_is_known(self, user, settings):
        settings.MAILAI_PRICES = read_prices(
            {
                "openai/gpt": {"input": 2, "output": 10, "currency": "USD"},
                "mistral": {"input": 1, "output": 1},
            }
        )
        asked(user, read=1_000_000, wrote=200_000)
        asked(user, "m", 500_000, 0, provider="mistral")
        asked(user, "free", 5, 5, provider="other")

        assert figure(user, "cost-usd").rows == [["OpenAI · gpt", "4.00"]]
        assert figure(user, "cost-eur").rows == [["Mistral · m", "0.50"]]
        assert "Without a price, so not in it: other · free." in figure(user, "cost-eur").says
        assert [row[-1] for row in figure(user, "tokens").rows] == ["0.50 EUR", "4.00 USD", "–"]

    def test_without_prices_there_is_no_cost(self, user):
        asked(user)

        assert not [each for each in figures_of(user, period()) if each.name.startswith("cost")]

    def test_drafts_count_by_who_worded_them(self, user):
        email = make_email(user)
        for version, edited in enumerate((False, False, True), 1):
            make_draft(email, version=version, edited=edited)

        assert figure(user, "drafts").rows[-1][1:] == ["2", "1"]
        assert figure(user, "drafts").says == "2 drafted for you, 1 in your own words."


class TestPage:
    def test_it_shows_charts_with_their_numbers_below(self, logged_in, user):
        fill(user)

        html = logged_in.get("/figures/").content.decode()

        names = re.findall(r'<section class="card figure" id="figure-([a-z-]+)"', html)
        assert names == ["mail", "runs", "failures", "waiting", "answers", "calls", "tokens", "drafts"]
        assert (
            html.count('<svg class="chart"')
            == html.count("<desc")
            == html.count('class="table numbers"')
            == 8
        )

    @pytest.mark.parametrize("query", ["", "?period=days", "?period=weeks", "?period=months", "?period=%00"])
    def test_it_shows_every_period(self, logged_in, user, query):
        fill(user)

        html = logged_in.get(f"/figures/{query}").content.decode()

        assert len(re.findall(r'href="\?period=\w+" aria-current="true"', html)) == 1

    def test_strangers_rows_do_not_count(self, enter, user, stranger, settings):
        settings.MAILAI_PRICES = read_prices({"openai": {"input": 1, "output": 1}})
        fill(stranger)
        before = enter(user).get("/figures/").content.decode()

        assert "Nothing to count yet" in before
        assert 'class="chart"' not in before

    def test_where_there_is_nothing_it_advises_what_can_be_done(self, logged_in, user):
        def said(period: str) -> str:
            return logged_in.get("/figures/", {"period": period}).content.decode()

        assert "You have no mail here yet." in said("weeks")
        make_email(user, received_at=period().since - dt.timedelta(days=900))
        assert "Choose a longer one." in said("weeks")
        assert "Choose a longer one." not in said("months")

    def test_it_escapes_the_name_of_a_model(self, logged_in, user):
        asked(user, "</text><script>alert(1)</script>")

        html = logged_in.get("/figures/").content.decode()

        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html

    def test_its_coordinates_are_numbers_in_every_language(self, logged_in, user):
        fill(user)

        with override("de"):
            html = logged_in.get("/figures/", headers={"Accept-Language": "de"}).content.decode()

        numbers = re.findall(r' (?:x|y|x1|y1|x2|y2|width|height)="([^"]*)"', html.partition("<main")[2])
        assert len(numbers) > 50
        assert not [number for number in numbers if not re.fullmatch(r"\d+(\.\d+)?", number)]

    def test_it_takes_the_same_few_queries_whatever_there_is(self, logged_in, user):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert logged_in.get("/figures/").status_code == 200
            return len(captured)

        assert queries() <= 9  # where there is nothing, it asks whether there is any mail at all
        fill(user)
        few = queries()
        for number in range(5):
            fill(user)
            asked(user, f"model {number}")
        assert queries() == few <= 8

    def test_a_figure_without_numbers_says_what_would_make_some(self, logged_in, user):
        make_email(user)

        html = logged_in.get("/figures/").content.decode()

        assert "Press Analyse on a message" in html
        assert "press Draft a reply" in html

    def test_it_wants_a_login_and_a_get(self, client, logged_in):
        assert client.get("/figures/").status_code == 302
        assert logged_in.post("/figures/").status_code == 405
