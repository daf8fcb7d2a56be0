"""Drafts are versions: whatever a user typed can be found again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models.functions import Now

from replies import versions
from replies.models import Draft
from replies.versions import Full, append, edit
from replies.views import editing
from tests.factories import make_draft, make_email, make_sending


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
        numbers = list(pool.map(save, range(6)))

    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
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


class TestRoom:
    """A message has so many versions of its reply and no more, and none goes that a person wrote."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch):
        monkeypatch.setattr(versions, "MOST", 3)
        monkeypatch.setattr(versions, "MOST_CHARACTERS", 100)

    def mine(self, user, email, text="mine"):
        return append(Draft(user=user, email=email, edited=True, text=text))

    def test_the_oldest_that_a_model_wrote_goes_first(self, user, email):
        other = make_draft(make_email(user), text="of another message")
        for number in range(1, 4):
            make_draft(email, number, text=f"model {number}", edited=number == 1)

        saved = self.mine(user, email)

        assert [text for _version, text in texts() if text != other.text] == ["model 1", "model 3", "mine"]
        assert saved.version == 4

    def test_what_was_sent_or_confirmed_or_prepared_stays(self, user, email):
        make_draft(email, 1, sent_at=Now())
        make_draft(email, 2, frozen_at=Now())
        make_sending(make_draft(email, 3))

        with pytest.raises(Full):
            self.mine(user, email)

        assert Draft.objects.count() == 3

    def test_a_text_that_is_too_long_makes_room_for_itself(self, user, email):
        make_draft(email, 1, text="x" * 60)
        make_draft(email, 2, text="y" * 30)

        self.mine(user, email, "z" * 70)

        assert [text[0] for _version, text in texts()] == ["y", "z"]

    def test_what_a_person_wrote_is_never_dropped_for_more(self, user, email):
        for number in range(1, 4):
            make_draft(email, number, edited=True, text=f"mine {number}")

        with pytest.raises(Full):
            self.mine(user, email)

        assert [text for _version, text in texts()] == ["mine 1", "mine 2", "mine 3"]
        newest = Draft.objects.get(version=3)
        assert edit(newest, "mine 3, longer", newest.revision).text == "mine 3, longer"

    def test_what_a_model_has_written_is_saved_all_the_same(self, user, email):
        for number in range(1, 4):
            make_draft(email, number, edited=True)

        assert append(Draft(user=user, email=email, text="by a model")).version == 4

    def test_a_program_is_told_what_to_do(self, user, email, logged_in, rules):
        for number in range(1, 4):
            make_draft(email, number, edited=True)

        saved = logged_in.post(f"/emails/{email.pk}/draft", {"text": "more"})
        pressed = logged_in.post(f"/emails/{email.pk}/generate-reply", {"service_token_id": rules.pk})

        for answer in (saved, pressed):
            assert (answer.status_code, answer.json()["code"]) == (409, "too_many_versions")
            assert "go on there" in answer.json()["error"]
        assert Draft.objects.count() == 3


def test_saving_has_a_rate_of_its_own_for_each_user(user, email, stranger, logged_in, intruder, monkeypatch):
    monkeypatch.setattr(editing, "SAVES", "2/m")
    path = f"/emails/{email.pk}/draft"
    theirs = make_email(stranger)

    answers = [logged_in.post(path, {"text": f"{number}"}) for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert intruder.post(f"/emails/{theirs.pk}/draft", {"text": "x"}).status_code == 200
    assert Draft.objects.filter(email=email).count() == 2
