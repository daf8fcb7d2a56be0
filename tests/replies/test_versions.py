"""Drafts are versions: whatever a user typed can be found again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from replies.models import Draft
from replies.versions import append, edit
from tests.factories import make_draft, make_email


def texts():
    return list(Draft.objects.order_by("version").values_list("version", "text"))


def test_it_numbers_the_versions_of_each_message_alone(email, user):
    other = make_email(user)
    for each in (email, email, other):
        append(Draft(user=user, email=each, text="x"))

    assert list(Draft.objects.filter(email=email).values_list("version", flat=True)) == [2, 1]
    assert Draft.objects.get(email=other).version == 1


@pytest.mark.django_db(transaction=True)
def test_it_never_gives_one_number_twice(email, user):
    together = Barrier(6)

    def save(number):
        try:
            together.wait()
            return append(Draft(user=user, email=email, text=f"{number}")).version
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        versions = list(pool.map(save, range(6)))

    assert sorted(versions) == [1, 2, 3, 4, 5, 6]
    assert Draft.objects.count() == 6


def test_it_leaves_what_a_model_wrote_and_appends_the_edit(email):
    written = make_draft(email, text="by a model", style="brief", provider="openai", model="fake")

    saved = edit(written, "by me", revision=0)

    assert texts() == [(1, "by a model"), (2, "by me")]
    assert (saved.edited, saved.run, saved.style, saved.model) == (True, None, "brief", "fake")


def test_it_saves_onto_the_users_own_version(email):
    mine = make_draft(email, text="one", edited=True)
    before = mine.updated_at

    first = edit(mine, "two", revision=0)
    second = edit(first, "three", revision=1)

    assert second.pk == mine.pk
    assert second.revision == 2
    assert second.updated_at > before
    assert texts() == [(1, "three")]


def test_it_keeps_what_two_tabs_wrote(email):
    mine = make_draft(email, text="one", edited=True)
    edit(mine, "from the first tab", revision=0)

    saved = edit(mine, "from the second tab", revision=0)

    assert texts() == [(1, "from the first tab"), (2, "from the second tab")]
    assert saved.version == 2


@pytest.mark.parametrize("revision", [-1, 5, 2**31, 10**17])
def test_it_appends_when_the_revision_is_not_the_stored_one(email, revision):
    mine = make_draft(email, text="one", edited=True)

    edit(mine, "two", revision)

    assert texts() == [(1, "one"), (2, "two")]


@pytest.mark.parametrize("edited", [True, False])
def test_it_makes_no_version_of_an_unchanged_text(email, edited):
    draft = make_draft(email, text="same", edited=edited)

    assert edit(draft, "same", revision=9) == draft
    assert texts() == [(1, "same")]


@pytest.mark.django_db(transaction=True)
def test_it_loses_nothing_when_tabs_save_at_the_same_time(email):
    mine = make_draft(email, text="one", edited=True)
    together = Barrier(4)

    def save(number):
        try:
            together.wait()
            edit(Draft.objects.get(pk=mine.pk), f"tab {number}", revision=0)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(4)))

    assert {text for _version, text in texts()} == {"tab 0", "tab 1", "tab 2", "tab 3"}
