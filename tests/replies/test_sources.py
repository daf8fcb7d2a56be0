"""The page that confirms a reply names what else was read for it, and who of the recipients had no part in that."""

from __future__ import annotations

import importlib

import pytest
from django.db import connection

from emails.models import Email
from mailai.runs.models import TaskRun
from mailai.runs.perform import perform
from replies.models import Draft, Sending
from tests.contract.asking import as_json
from tests.factories import make_draft, make_email

CAUTION = "did not get every message that was read for this draft"


@pytest.fixture
def email(user):
    """A message from Ada in a thread of hers and the user's, in which she also wrote to Bob."""
    user.email = "alex@example.org"
    user.save()
    email = make_email(user, thread_key="t" * 64)
    make_email(user, thread_key="t" * 64, subject="Our <limit>", cc=[["Bob", "bob@partner.test"]])
    answer = {"mine": True, "sender_address": "alex@example.org", "to": [["Ada", "ada@example.com"]]}
    make_email(user, thread_key="t" * 64, subject="My price", **answer)
    return email


@pytest.fixture
def draft(email, token, fake):
    """What a model wrote, with the thread in view, and the user edited."""
    run, _created = TaskRun.objects.start(email.user, "reply", email, token)
    perform(str(run.pk))
    written = Draft.objects.get()
    assert len(written.read_ids) == 3
    return written


@pytest.fixture
def confirming(logged_in, prepared):
    def show(language="en", **fields):
        sending = prepared(**fields)
        return logged_in.get(
            f"/sendings/{sending.pk}/", headers={"Accept-Language": language}
        ).content.decode()

    return show


def test_it_names_each_other_message_that_was_read(confirming, email):
    shown = confirming()
    other, mine = Email.objects.get(subject="Our <limit>"), Email.objects.get(subject="My price")

    assert "Read for the draft" in shown
    assert f'<a href="/email/{other.pk}/">Ada &lt;ada@example.com&gt;: Our &lt;limit&gt;</a>, <time' in shown
    assert f'<a href="/email/{mine.pk}/">me: My price</a>, <time' in shown
    assert f'<a href="/email/{email.pk}/">Ada' not in shown
    assert CAUTION not in shown


def test_it_names_them_for_what_the_user_made_of_the_draft_too(logged_in, confirming, draft, email):
    shown = confirming(text="My own words, after all.")

    assert Draft.objects.first().read_ids == draft.read_ids
    assert "My price" in shown


def test_it_says_so_in_german(confirming):
    shown = confirming("de", cc="eve@evil.test")

    assert "Für den Entwurf gelesen" in shown
    assert "eve@evil.test hat nicht jede Nachricht bekommen" in shown


@pytest.mark.parametrize(
    ("cc", "strangers"),
    [
        ("", []),
        ("Eve <eve@evil.test>", ["eve@evil.test"]),
        ("bob@partner.test", ["bob@partner.test"]),
        ("sales@example.com", []),
        ("ADA@example.com, alex@example.org", []),
    ],
    ids=["nobody else", "a stranger", "who had one of them", "a colleague", "who had them, and the user"],
)
def test_it_warns_of_recipients_who_had_no_part(confirming, logged_in, cc, strangers):
    shown = confirming(cc=cc)

    assert shown.count(CAUTION) == len(strangers)
    assert all(f"{address} {CAUTION}" in shown for address in strangers)


def test_a_program_is_told_as_well(logged_in, email, account, draft):
    body = {
        "text": draft.text,
        "draft_id": draft.pk,
        "revision": 0,
        "to": "eve@evil.test",
        "account": account.pk,
    }

    [caution] = as_json(logged_in, f"/emails/{email.pk}/send", body).json()["cautions"]

    assert caution.startswith("eve@evil.test did not get every message")


def test_it_counts_those_that_are_gone(confirming):
    Email.objects.get(subject="My price").delete()

    assert "1 message that has been deleted since" in confirming()


def test_nobody_elses_message_is_named(confirming, stranger, draft):
    foreign = make_email(stranger, subject="Private of another")
    Draft.objects.update(read_ids=[*draft.read_ids, foreign.pk])

    assert "Private of another" not in confirming()


def test_it_says_nothing_where_nothing_else_was_read(confirming, draft):
    Draft.objects.update(read_ids=[draft.email_id])

    assert "Read for the draft" not in confirming(cc="eve@evil.test")


def test_versions_edited_before_the_upgrade_inherit_what_was_read(email):
    by = {"provider": "openai", "model": "fake"}
    make_draft(email, 1, read_ids=[email.pk, 7], **by)
    make_draft(email, 2, edited=True, **by)
    make_draft(email, 3, edited=True)
    with connection.cursor() as cursor:
        cursor.execute(importlib.import_module("replies.migrations.0005_read_ids_of_edited").EDITED)

    assert [draft.read_ids for draft in Draft.objects.order_by("version")] == [
        [email.pk, 7],
        [email.pk, 7],
        [],
    ]
    assert not Sending.objects.exists()
