"""The page of all runs: what it lists, and what its polls bring."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from mailai.runs.activity import listing
from mailai.runs.models import TaskRun
from tests.factories import make_account, make_email, make_run

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
HTML = {"Accept": "text/html"}
HTMX = {"HX-Request": "true"}


def listed(answer: Any) -> list[str]:
    return re.findall(r'<li id="run-([0-9a-f-]+)"', answer.content.decode())


def poll_of(answer: Any) -> str:
    """The address that the page asks, with the rows that it would name; "" where it asks no more."""
    html = answer.content.decode()
    found = re.search(r'id="activity-summary"[^>]* hx-get="([^"]+)"', html)
    names = re.findall(r'name="run" value="([^"]+)"', html)
    return found[1].replace("&amp;", "&") + "".join(f"&run={name}" for name in names) if found else ""


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def queries(client: Any, path: str, **headers: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path, headers=headers).status_code in (200, 204)
    return [query["sql"] for query in captured]


class TestPage:
    def test_it_lists_the_newest_first_with_what_they_are_about(self, logged_in, user, token):
        old = make_run(user, "base", "succeeded", email=make_email(user), created_at=NOON)
        new = make_run(user, "token_test", "succeeded", token=token)

        answer = logged_in.get("/activity/")

        assert listed(answer) == [str(new.pk), str(old.pk)]
        html = answer.content.decode()
        assert f'<a href="/email/{old.email_id}/#panel-base">The contract</a>' in html
        assert '<a href="/tokens/">Work</a>' in html
        assert "Token test" in html

    def test_it_shows_a_run_of_every_kind_even_of_one_that_is_gone(self, logged_in, user):
        make_run(user, "fetch_of_old", "succeeded", account=make_account(user, name="Home"))
        make_run(user, "token_test", "failed", error_code="token_missing")
        make_run(user, "base", "failed")

        html = logged_in.get("/activity/").content.decode()

        assert "fetch of old" in html
        assert "Home" in html

    def test_it_tells_why_something_failed_and_when_it_goes_on(self, logged_in, user):
        make_run(user, "base", "failed", email=make_email(user), error_code="quota")
        make_run(
            user,
            "reply",
            "retrying",
            email=make_email(user),
            attempt=2,
            run_at=timezone.now() + dt.timedelta(seconds=90),
        )

        html = logged_in.get("/activity/").content.decode()

        assert "no credit left" in html
        assert re.search(r'Next try in <span data-count="down">(89|90)</span> s', html)
        assert "try 2 of 4" in html
        assert "overloaded" in html

    def test_it_escapes_a_subject(self, logged_in, user):
        make_run(user, email=make_email(user, subject="<script>alert(1)</script>"))

        assert "<script>alert" not in logged_in.get("/activity/").content.decode()

    @pytest.mark.parametrize(
        ("query", "wanted"),
        [
            ("", {"queued", "failed", "succeeded", "cancelled", "reply"}),
            ("state=active", {"queued", "reply"}),
            ("state=failed", {"failed"}),
            ("state=succeeded&kind=base", {"succeeded"}),
            ("kind=reply", {"reply"}),
            ("state=failed&kind=reply", set()),
            ("state=nonsense&kind=%00", {"queued", "failed", "succeeded", "cancelled", "reply"}),
        ],
    )
    def test_it_filters_by_state_and_kind(self, logged_in, user, query, wanted):
        made = {
            status: make_run(user, "base", status, email=make_email(user))
            for status in ("queued", "failed", "succeeded", "cancelled")
        }
        made["reply"] = make_run(user, "reply", email=make_email(user))

        assert set(listed(logged_in.get(f"/activity/?{query}"))) == {str(made[name].pk) for name in wanted}

    def test_it_shows_every_run_once_page_by_page(self, logged_in, user):
        email = make_email(user)
        for number in range(2 * listing.PAGE + 3):
            moment = NOON + dt.timedelta(seconds=number // 7)
            make_run(user, "base", "succeeded", email=email, created_at=moment)

        seen, path = [], "/activity/?kind=base"
        while path:
            answer = logged_in.get(path)
            seen += listed(answer)
            older = re.search(r'href="(\?[^"]*before=[^"]+)" rel="next"', answer.content.decode())
            path = "/activity/" + older[1].replace("&amp;", "&") if older else ""

        expected = TaskRun.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
        assert seen == [str(pk) for pk in expected]

    @pytest.mark.parametrize(
        "before", ["x", "1", "_", "1_x", "9" * 40 + "_1", "1_" + "9" * 40, "\0_1", "-9_-9"]
    )
    def test_it_survives_a_key_that_makes_no_sense(self, logged_in, user, before):
        make_run(user, email=make_email(user))

        for path in ("/activity/", "/activity/live"):
            answer = logged_in.get(path, {"before": before, "newest": before, "run": before})
            assert answer.status_code in (200, 204)

    def test_it_takes_few_queries_and_no_results_whatever_the_number_of_rows(self, logged_in, user):
        def fill(count: int) -> None:
            for number in range(count):
                email, status = make_email(user), ("queued", "running", "retrying", "failed")[number % 4]
                make_run(user, "base", status, email=email, token=None, partial="words")

        fill(2)
        few = len(queries(logged_in, "/activity/"))
        fill(26)
        for path in ("/activity/", poll_of(logged_in.get("/activity/"))):
            asked = queries(logged_in, path, **(HTMX if "live" in path else {}))
            assert len(asked) <= 8
            for column in ('"partial"', '"result"', '"raw"', '"text"', '"html"', '"params",'):
                assert not [sql for sql in asked if column in sql], column
        assert len(queries(logged_in, "/activity/")) == few

    def test_a_stranger_sees_nothing_of_it(self, intruder, user):
        run = make_run(user, email=make_email(user))

        answer = intruder.get("/activity/")
        assert listed(answer) == []
        assert "Nothing has run yet" in answer.content.decode()
        live = intruder.get(f"/activity/live?run={run.pk.hex}.0&newest=0_0", headers=HTMX)
        assert str(run.pk) not in live.content.decode()

    def test_it_wants_a_login_and_a_get(self, client, logged_in):
        assert client.get("/activity/").status_code == 302
        assert client.get("/activity/live").status_code == 401
        assert logged_in.post("/activity/").status_code == 405
        assert logged_in.post("/activity/live").status_code == 405

    def test_it_says_what_to_do_where_there_is_nothing(self, logged_in, user):
        for address in ("/activity/", "/activity/?state=failed"):
            assert "press Analyse" in logged_in.get(address).content.decode()
        make_run(user, status="succeeded", email=make_email(user))
        assert "Show all runs" in logged_in.get("/activity/?state=failed").content.decode()

    def test_it_tells_imports_apart(self, logged_in, user):
        make_run(user, "import", "succeeded", params={"files": ["a.mbox"]})
        make_run(user, "import", "succeeded", params={"files": ["b.eml", "c.eml", "d.eml"]})
        make_run(user, "import", "succeeded", params={"sample": True})

        page = logged_in.get("/activity/").content.decode()
        names = [
            " ".join(strip_tags(name).split())
            for name in re.findall(r'<p class="run-name">(.*?)</p>', page, re.S)
        ]

        assert names == ["Import", "b.eml and 2 more", "a.mbox"]

    def test_it_ends_runs_that_nobody_took_on(self, logged_in, user):
        late = timezone.now() - dt.timedelta(minutes=1)
        run = make_run(user, email=make_email(user), deadline_at=late)

        html = logged_in.get("/activity/").content.decode()

        run.refresh_from_db()
        assert (run.status, run.error_code) == ("failed", "expired")
        assert "No worker took this on in time" in html


class TestLive:
    def test_it_is_empty_while_nothing_changes(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))

        poll = poll_of(logged_in.get("/activity/"))

        assert logged_in.get(poll, headers=HTMX).status_code == 204

    def test_it_brings_the_rows_that_changed_and_no_others(self, logged_in, user):
        first, second = (make_run(user, status="running", email=make_email(user)) for _ in range(2))
        poll = poll_of(logged_in.get("/activity/"))
        TaskRun.objects.filter(pk=first.pk).update(progress=40, message="asking")

        answer = logged_in.get(poll, headers=HTMX)

        assert listed(answer) == [str(first.pk)]
        assert 'hx-swap-oob="true"' in answer.content.decode()
        assert str(second.pk) not in answer.content.decode()

    def test_it_shows_how_a_run_ended_and_stops_asking(self, logged_in, user):
        run = make_run(user, status="running", email=make_email(user))
        poll = poll_of(logged_in.get("/activity/"))
        now = timezone.now()
        TaskRun.objects.filter(pk=run.pk).update(
            status="failed", error_code="auth", lease_until=None, finished_at=now
        )

        answer = logged_in.get(poll, headers=HTMX)

        assert listed(answer) == [str(run.pk)]
        assert "refused the key" in answer.content.decode()
        assert poll_of(answer) == ""

    def test_it_brings_new_runs_at_the_top(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))
        poll = poll_of(logged_in.get("/activity/"))
        quick = make_run(user, "reply", "succeeded", email=make_email(user))
        new = make_run(user, "reply", email=make_email(user))

        answer = logged_in.get(poll, headers=HTMX)

        assert listed(answer) == [str(new.pk), str(quick.pk)]
        assert 'hx-swap-oob="afterbegin:#runs"' in answer.content.decode()
        again = poll_of(answer) + re.sub(r".*?(&run=.*)", r"\1", poll)
        assert logged_in.get(again, headers=HTMX).status_code == 204

    def test_it_brings_a_new_run_that_became_visible_late(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))
        poll = poll_of(logged_in.get("/activity/"))
        earlier = timezone.now() - dt.timedelta(seconds=20)
        late = make_run(user, "reply", email=make_email(user), created_at=earlier)

        assert listed(logged_in.get(poll, headers=HTMX)) == [str(late.pk)]

    def test_it_brings_only_what_the_filter_lets_through(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))
        poll = poll_of(logged_in.get("/activity/?kind=base"))
        make_run(user, "reply", email=make_email(user))

        assert logged_in.get(poll, headers=HTMX).status_code == 204

    def test_it_only_tells_of_new_runs_when_there_are_many(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))
        poll = poll_of(logged_in.get("/activity/"))
        for _ in range(listing.MOST + 1):
            make_run(user, email=make_email(user))

        answer = logged_in.get(poll, headers=HTMX)

        assert listed(answer) == []
        assert "There are many new runs." in answer.content.decode()

    def test_an_older_page_keeps_its_rows_up_to_date_but_takes_in_no_new_ones(self, logged_in, user):
        run = make_run(user, status="running", email=make_email(user), created_at=NOON)
        top = make_run(
            user, "base", "succeeded", email=make_email(user), created_at=NOON + dt.timedelta(days=1)
        )
        poll = poll_of(logged_in.get(f"/activity/?before={listing.write_key(top)}"))
        make_run(user, email=make_email(user))
        TaskRun.objects.filter(pk=run.pk).update(progress=40)

        assert listed(logged_in.get(poll, headers=HTMX)) == [str(run.pk)]

    def test_it_does_not_ask_where_only_ended_runs_are_shown(self, logged_in, user):
        make_run(user, status="running", email=make_email(user))
        make_run(user, status="failed", email=make_email(user))

        assert poll_of(logged_in.get("/activity/?state=failed")) == ""

    def test_the_address_of_a_full_page_is_short_enough_for_a_web_server(self, logged_in, user):
        for _ in range(listing.PAGE):
            make_run(user, status="running", email=make_email(user))

        poll = poll_of(logged_in.get("/activity/"))

        assert len(poll) * listing.MOST / listing.PAGE < 4094


class TestBack:
    def test_cancel_and_retry_return_to_the_filtered_page(self, logged_in, user):
        run = make_run(user, status="retrying", email=make_email(user))
        here = f"/activity/?state=active#run-{run.pk}"

        hurried = logged_in.post(f"/tasks/{run.pk}/retry", {"back": here}, headers=HTML)
        cancelled = logged_in.post(f"/tasks/{run.pk}/cancel", {"back": here}, headers=HTML)
        too_late = logged_in.post(f"/tasks/{run.pk}/retry", {"back": here}, headers=HTML)

        assert {hurried["Location"], cancelled["Location"], too_late["Location"]} == {here}
        assert told(too_late) == ["This run is not waiting for another try."]

    @pytest.mark.parametrize(
        "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", ""]
    )
    def test_it_returns_to_no_other_site(self, logged_in, user, back):
        run = make_run(user, email=make_email(user))

        answer = logged_in.post(f"/tasks/{run.pk}/cancel", {"back": back}, headers=HTML)

        assert answer["Location"] == f"/email/{run.email_id}/#panel-base"
