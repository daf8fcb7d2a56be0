"""What the list is narrowed down to: filters from the address, the search, the matrix."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.http import QueryDict

from emails.inbox.filters import Filters, filters_of
from emails.inbox.matrix import matrix_of
from emails.inbox.searching import MOST_CHARACTERS, tsquery
from emails.models import Correction, Email
from emails.ranking import rank
from tests.emails.test_inbox import NOON, links_of
from tests.factories import make_account, make_analysis, make_draft, make_email, make_run


def found(client, **values):
    return links_of(client.get("/", values))


class TestFilters:
    """Of two messages, one is meant."""

    @pytest.fixture
    def other(self, user):
        email = make_email(user, sender_address="grace@example.org", received_at=NOON - dt.timedelta(days=40))
        make_analysis(email, urgency=1, importance=1, category="info_only")
        Email.objects.filter(pk=email.pk).update(seen_at=NOON)
        return email

    @pytest.fixture
    def meant(self, user, other):
        email = make_email(
            user,
            sender_address="Ada@Example.com",
            received_at=NOON,
            user_tags=["steuer"],
            account=make_account(user),
        )
        make_analysis(email, urgency=3, importance=2, category="action_required")
        Correction.objects.create(email=email, importance=3, is_spam=True, category="needs_attention")
        rank([email.pk])
        make_draft(email)
        make_run(user, email=email, status="failed")
        return email

    @pytest.mark.parametrize(
        "values",
        [
            {"urgency": "3"},
            {"importance": "3"},
            {"urgency": "3", "importance": "3", "sort": "priority"},
            {"category": "needs_attention"},
            {"sender": "ADA@example.com"},
            {"tag": "steuer"},
            {"since": "2031-03-01"},
            {"since": "2031-03-01", "until": "2031-03-01", "unread": "1", "spam": "1", "q": "contract"},
            {"unread": "1"},
            {"draft": "1"},
            {"failed": "1"},
            {"spam": "1"},
        ],
    )
    def test_it_lists_what_is_meant(self, logged_in, meant, values):
        assert found(logged_in, **values) == [meant.pk]

    def test_it_lists_one_account(self, logged_in, meant):
        assert found(logged_in, account=meant.account_id) == [meant.pk]
        assert found(logged_in, account=meant.account_id + 1) == []

    def test_it_lists_up_to_a_day(self, logged_in, meant, other):
        assert found(logged_in, until="2031-02-28") == [other.pk]

    def test_it_lists_what_needs_a_reply(self, logged_in, user):
        asks, acts, answered, spam, informs = (make_email(user) for _ in range(5))
        make_analysis(asks, category="info_only", questions=["When?"])
        make_analysis(acts, category="action_required")
        make_analysis(answered, category="action_required")
        make_analysis(spam, category="action_required", is_spam=True)
        make_analysis(informs, category="info_only")
        Email.objects.filter(pk=answered.pk).update(answered_at=NOON)

        assert set(found(logged_in, asks="1")) == {asks.pk, acts.pk}

    def test_it_lists_no_failure_that_was_made_good(self, logged_in, user, meant):
        make_run(user, email=meant, status="succeeded")

        assert found(logged_in, failed="1") == []

    def test_it_hides_what_is_done_and_lists_it_when_asked(self, logged_in, meant, other):
        Email.objects.filter(pk=meant.pk).update(done_at=NOON)

        assert found(logged_in) == [other.pk]
        assert found(logged_in, done="1") == [meant.pk]

    def test_it_shows_each_filter_as_a_chip_that_takes_it_away(self, logged_in, meant):
        values = {"q": "contract", "category": "needs_attention", "unread": "1", "sort": "priority"}

        page = logged_in.get("/", values).content.decode()
        chips = re.findall(r'<a class="chip" href="/([^"]*)"', page)

        left = [QueryDict(html.unescape(chip).lstrip("?")).dict() for chip in chips]
        assert left == [
            {key: value for key, value in values.items() if key != name}
            for name in ("q", "category", "unread")
        ]

    def test_it_writes_the_address_that_it_reads(self):
        values = {
            **{
                "q": '"ä & b" -c',
                "urgency": "3",
                "importance": "1",
                "category": "info_only",
                "sender": "a+b@c.de",
            },
            **{
                "account": "7",
                "tag": "x y",
                "since": "2031-01-02",
                "until": "2031-02-01",
                "sort": "priority",
            },
            **dict.fromkeys(("unread", "asks", "draft", "failed", "spam", "done"), "1"),
            "view": "matrix",
        }

        assert QueryDict(filters_of(values).query()[1:]).dict() == values

    def test_it_leaves_out_what_a_form_sends_of_empty_fields(self, logged_in, email):
        answer = logged_in.get("/", {"q": "contract", "category": "", "since": "", "sender": ""})

        assert (answer.status_code, answer["Location"]) == (302, "/?q=contract")

    @pytest.mark.parametrize("name", [*Filters.__dataclass_fields__, "before", "undo"])
    @pytest.mark.parametrize(
        "value", ["x", "\0", "9" * 400, "-1", "'", "2031-02-31", "0001-01-01", "\udcff", "²"]
    )
    def test_it_survives_whatever_an_address_says(self, logged_in, email, name, value):
        answer = logged_in.get("/", {name: value.encode("utf-8", "surrogateescape")})

        assert answer.status_code == 200


LETTERS = {
    "german": {"subject": "Rechnungen für Mai", "text": "Bitte überweisen Sie die Beträge bis Freitag."},
    "english": {"subject": "Meeting notes", "text": "We signed the contracts yesterday. Thank you!"},
    "sender": {
        "subject": "Hi",
        "text": "Nothing.",
        "sender_name": "Grace Hopper",
        "sender_address": "g@navy.example",
    },
    "late": {"subject": "Long", "text": "filler " * 900 + "platypus"},
}


class TestSearch:
    @pytest.fixture
    def letters(self, user):
        return {name: make_email(user, **fields).pk for name, fields in LETTERS.items()}

    @pytest.mark.parametrize(
        ("q", "names"),
        [
            ("Rechnung", ["german"]),
            ("rechn", ["german"]),
            ("betrag überweis", ["german"]),
            ("contract signing", ["english"]),
            ("contr", ["english"]),
            ("contr yesterday", []),  # only the last word may be a beginning
            ('"signed the contracts"', ["english"]),
            ('"contracts signed"', []),
            ("„contracts signed“", []),  # as keyboards and other programs write them
            ("“signed the contracts”", ["english"]),
            ("Meeting -«the contracts»", []),
            ('"signed the contr', []),  # the quotes are still open
            ("Hopper", ["sender"]),
            ("navy", ["sender"]),
            ("g@navy.example", ["sender"]),
            ("Meeting -contracts", []),
            ("Meeting -invoice", ["english"]),
            ('Meeting -"the contracts"', []),
            ("platypus", ["late"]),
            ("unicorn", []),
            ("!!!", []),
        ],
    )
    def test_it_finds(self, logged_in, letters, q, names):
        assert found(logged_in, q=q) == [letters[name] for name in names]

    def test_it_finds_all_without_an_excluded_word(self, logged_in, letters):
        assert set(found(logged_in, q="-platypus")) == set(letters.values()) - {letters["late"]}

    def test_it_finds_nothing_of_a_stranger(self, intruder, letters):
        assert found(intruder, q="contract") == []
        assert found(intruder, q="-unicorn") == []

    @pytest.mark.parametrize(
        "q",
        [
            "'",
            '"',
            "\\",
            "a & | b",
            "(((",
            ":*",
            "a:*b",
            "!",
            "<->",
            "' | '",
            "%s %d",
            "\0",
            "-",
            '-"',
            "'@user 1'",
            *("x" * 5000, "a " * 500, "🦄", "a\\'b:*", "\u2028", "\u202e"),
        ],
    )
    def test_no_query_is_refused(self, logged_in, letters, q):
        assert logged_in.get("/", {"q": q}).status_code == 200

    def test_it_marks_the_words_and_escapes_the_rest(self, logged_in, user):
        make_email(
            user,
            subject="<b>Contract</b>",
            text="See <script>alert(1)</script> the contracts & more \x02x\x03",
        )

        page = logged_in.get("/", {"q": "contract"}).content.decode().split('id="inbox"')[1]

        assert "&lt;b&gt;<mark>Contract</mark>&lt;/b&gt;" in page
        assert "<mark>contracts</mark> &amp; more" in page
        assert "<script>" not in page.split("</ol>")[0]
        assert "<mark>x</mark>" not in page

    @pytest.mark.parametrize("letter", ["ä", "🦄", "ab1 "])
    def test_it_takes_the_longest_text(self, user, letter):
        words = " ".join(f"{letter}{number:x}" for number in range(300_000))

        make_email(user, text=words, subject=(letter * 300)[:998])

        with connection.cursor() as cursor:
            cursor.execute("SELECT length(search) FROM emails_email")
            assert cursor.fetchone()[0] > 1000

    def test_it_reads_no_more_than_so_many_characters(self):
        assert filters_of({"q": "x" * 5000}).q == "x" * MOST_CHARACTERS
        assert tsquery("a " * 100)[0].count("&&") < 12


class TestMatrix:
    def test_it_counts_what_counts_under_the_other_filters(self, user, stranger):
        for urgency, importance in [(3, 3), (3, 3), (1, 2)]:
            make_analysis(make_email(user), urgency=urgency, importance=importance)
        corrected = make_email(user, subject="Special")
        make_analysis(corrected, urgency=1, importance=1)
        Correction.objects.create(email=corrected, urgency=2)
        rank([corrected.pk])
        make_analysis(make_email(user, done_at=NOON), urgency=3, importance=3)
        make_analysis(make_email(stranger), urgency=3, importance=3)
        make_email(user)

        counts = [[cell.count for cell in line] for line in matrix_of(user, Filters(urgency=3, importance=3))]
        special = [[cell.count for cell in line] for line in matrix_of(user, Filters(q="special"))]

        assert counts == [[0, 0, 2], [1, 0, 0], [0, 1, 0]]
        assert special == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]

    def test_it_takes_one_query(self, user, django_assert_num_queries):
        with django_assert_num_queries(1):
            matrix_of(user, Filters())

    def test_a_cell_leads_to_its_list_and_the_chosen_one_back(self, logged_in, user):
        email = make_email(user)
        make_analysis(email, urgency=3, importance=1)
        make_email(user)

        page = logged_in.get("/", {"view": "matrix"}).content.decode()
        cell = html.unescape(re.search(r'<a class="cell u3" href="([^"]+)"', page)[1])
        narrowed = logged_in.get(cell)
        chosen = re.search(
            r'<a class="cell u3" href="([^"]+)" aria-current="true"', narrowed.content.decode()
        )

        assert links_of(narrowed) == [email.pk]
        assert chosen[1] == "/?view=matrix"
