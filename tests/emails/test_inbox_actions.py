"""What is done to one message or to many: put away, undo, read and unread, tags."""

from __future__ import annotations

import html
import re

import pytest

from emails.inbox.listing import PAGE
from emails.inbox.marks import MOST_TAGS
from emails.models import Email
from tests.emails.test_inbox import NOON, links_of
from tests.factories import make_email

PAGE_PLEASE = {"HTTP_ACCEPT": "text/html"}


def act(client, action, emails=(), **fields):
    body = {"action": action, "id": [email.pk for email in emails]} | fields
    return client.post("/inbox/act", body, **PAGE_PLEASE)


def columns(column):
    return dict(Email.objects.values_list("pk", column))


class TestOne:
    def test_it_is_put_away_and_brought_back_by_the_toast(self, logged_in, user, email):
        other = make_email(user)

        answer = logged_in.post(f"/email/{email.pk}/done", {"query": "?sort=priority"}, **PAGE_PLEASE)
        page = logged_in.get(answer["Location"])

        assert answer["Location"].startswith("/?sort=priority&undo=")
        assert links_of(page) == [other.pk]
        at = re.search(r'name="at" value="(\d+)"', page.content.decode())[1]
        back = logged_in.post("/inbox/undo", {"at": at, "query": "?sort=priority"}, **PAGE_PLEASE)
        assert back["Location"] == "/?sort=priority"
        assert set(columns("done_at").values()) == {None}

    def test_with_htmx_its_row_goes_and_a_toast_comes(self, logged_in, email):
        answer = logged_in.post(f"/email/{email.pk}/done", headers={"HX-Request": "true"})

        said = answer.content.decode().strip()
        assert said.startswith('<div id="toast" role="status" hx-swap-oob="true">')
        assert said.endswith("</div>")
        assert "/inbox/undo" in said

    def test_its_page_offers_both_ways(self, logged_in, email):
        assert f"/email/{email.pk}/done" in logged_in.get(f"/email/{email.pk}/").content.decode()
        logged_in.post(f"/email/{email.pk}/done")
        assert f"/email/{email.pk}/undone" in logged_in.get(f"/email/{email.pk}/").content.decode()

        answer = logged_in.post(f"/email/{email.pk}/undone", **PAGE_PLEASE)

        assert answer["Location"] == f"/email/{email.pk}/"
        assert columns("done_at") == {email.pk: None}

    def test_it_becomes_unread(self, logged_in, email):
        logged_in.get(f"/email/{email.pk}/")

        answer = logged_in.post(f"/email/{email.pk}/unread")

        assert answer.json() == {"email_id": email.pk, "seen": False}
        assert columns("seen_at") == {email.pk: None}

    @pytest.mark.parametrize("action", ["done", "undone", "unread"])
    def test_it_is_nobody_elses(self, intruder, email, action):
        Email.objects.update(done_at=NOON if action == "undone" else None, seen_at=NOON)
        before = columns("done_at"), columns("seen_at")

        assert intruder.post(f"/email/{email.pk}/{action}").status_code == 404
        assert (columns("done_at"), columns("seen_at")) == before

    @pytest.mark.parametrize("action", ["done", "undone", "unread"])
    def test_it_takes_no_get(self, logged_in, email, action):
        assert logged_in.get(f"/email/{email.pk}/{action}").status_code == 405


class TestMany:
    @pytest.fixture
    def three(self, user):
        return [make_email(user) for _ in range(3)]

    def test_it_changes_what_is_ticked(self, logged_in, three):
        first, second, third = three

        act(logged_in, "done", [first, second])
        assert [email.pk for email in three if columns("done_at")[email.pk] is None] == [third.pk]
        act(logged_in, "read", three)
        assert None not in columns("seen_at").values()
        act(logged_in, "unread", [third])
        assert columns("seen_at")[third.pk] is None
        assert columns("seen_at")[first.pk] is not None
        act(logged_in, "undone", [first])
        assert columns("done_at")[first.pk] is None

    def test_it_changes_all_that_the_page_showed(self, logged_in, user, three):
        page = logged_in.get("/").content.decode()
        shown = re.search(r'name="shown" value="([^"]+)"', page)[1]
        later = make_email(user)

        act(logged_in, "done", page="1", shown=shown)

        assert [pk for pk, done in columns("done_at").items() if done is None] == [later.pk]

    def test_it_changes_all_that_match(self, logged_in, user, stranger):
        for _ in range(PAGE + 2):
            make_email(user, sender_address="news@example.com")
        kept, foreign = make_email(user), make_email(stranger, sender_address="news@example.com")
        page = logged_in.get("/", {"sender": "news@example.com"}).content.decode()
        query = html.unescape(re.search(r'name="query" value="([^"]+)"', page)[1])

        answer = act(logged_in, "done", all="1", query=query)

        assert f"All {PAGE + 2} that match" in page
        assert {pk for pk, done in columns("done_at").items() if done is None} == {kept.pk, foreign.pk}
        assert f"{PAGE + 2} messages are done" in logged_in.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize("everything", ["0", "", "true", "01"])
    def test_only_one_word_means_all_that_match(self, logged_in, three, everything):
        act(logged_in, "done", three[:1], all=everything)

        assert [pk for pk, done in columns("done_at").items() if done] == [three[0].pk]

    def test_it_takes_a_thousand_ids_and_not_one_more(self, logged_in, three):
        first, second, _third = three
        far = [str(10**9 + number) for number in range(998)]

        act(logged_in, "done", page="1", shown=".".join([*far, f"{first.pk}-a", "x", f"{second.pk}-b"]))

        assert [pk for pk, done in columns("done_at").items() if done] == [first.pk]

    def test_it_says_when_more_match_than_it_counts(self, logged_in, user, settings):
        settings.MAILAI_BATCH_MAX = PAGE + 1
        for _ in range(PAGE + 2):
            make_email(user)

        assert f"All that match, more than {PAGE + 1}" in logged_in.get("/").content.decode()

    @pytest.mark.parametrize("action", ["done", "undone", "read", "unread", "tag", "untag"])
    def test_it_ignores_a_strangers_ids(self, intruder, three, action):
        Email.objects.update(
            seen_at=NOON if action == "unread" else None,
            done_at=NOON if action == "undone" else None,
            user_tags=["x"] if action == "untag" else [],
        )
        before = [columns(name) for name in ("done_at", "seen_at", "user_tags")]

        for fields in (
            {"id": [one.pk for one in three]},
            {"page": "1", "shown": f"{three[0].pk}-a"},
            {"all": "1"},
        ):
            assert act(intruder, action, tag="x", **fields).status_code == 302

        assert [columns(name) for name in ("done_at", "seen_at", "user_tags")] == before

    def test_undo_brings_nothing_of_a_stranger_back(self, logged_in, intruder, three):
        place = act(logged_in, "done", three)["Location"]

        intruder.post("/inbox/undo", {"at": place.partition("undo=")[2]}, **PAGE_PLEASE)

        assert None not in columns("done_at").values()

    def test_undo_brings_back_only_what_went_at_that_moment(self, logged_in, three):
        act(logged_in, "done", three[:1])
        place = act(logged_in, "done", three)["Location"]

        logged_in.post("/inbox/undo", {"at": place.partition("undo=")[2]}, **PAGE_PLEASE)

        assert [pk for pk, done in columns("done_at").items() if done] == [three[0].pk]

    @pytest.mark.parametrize(
        ("action", "fields", "code"),
        [
            ("done", {}, "nothing_selected"),
            ("done", {"id": ["x", "-1", "9" * 99, "²"]}, "nothing_selected"),
            ("tag", {"id": ["1"]}, "tag_missing"),
            ("tag", {"id": ["1"], "tag": "x" * 41}, "too_long"),
            ("burn", {"id": ["1"]}, "malformed"),
            ("", {"id": ["1"]}, "malformed"),
        ],
    )
    def test_it_says_what_is_missing(self, logged_in, three, action, fields, code):
        answer = logged_in.post("/inbox/act", {"action": action} | fields)

        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert set(columns("done_at").values()) == {None}

    def test_it_takes_no_get(self, logged_in):
        assert logged_in.get("/inbox/act").status_code == 405
        assert logged_in.get("/inbox/undo").status_code == 405

    def test_it_leads_nowhere_else(self, logged_in, three):
        answer = act(logged_in, "read", three, query="https://evil.example/?x=1&before=//evil")

        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith("//")


class TestTags:
    def test_they_are_added_once_and_removed(self, logged_in, user):
        first, second = make_email(user, user_tags=["b"]), make_email(user)

        act(logged_in, "tag", [first, second], tag="steuer 2031")
        act(logged_in, "tag", [first, second], tag="steuer 2031")
        assert columns("user_tags") == {first.pk: ["b", "steuer 2031"], second.pk: ["steuer 2031"]}

        act(logged_in, "untag", [first], tag="steuer 2031")
        assert columns("user_tags") == {first.pk: ["b"], second.pk: ["steuer 2031"]}

    def test_a_message_has_so_many_at_most(self, logged_in, user):
        full = make_email(user, user_tags=[str(number) for number in range(MOST_TAGS)])

        act(logged_in, "tag", [full], tag="one more")

        assert len(columns("user_tags")[full.pk]) == MOST_TAGS

    def test_they_show_on_the_row_escaped(self, logged_in, user):
        make_email(user, user_tags=["<b>x</b>"])

        assert "#&lt;b&gt;x&lt;/b&gt;" in logged_in.get("/").content.decode()
