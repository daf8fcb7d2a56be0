"""The editor: autosave and versions; and the writing profile."""

from __future__ import annotations

import pytest

from replies.models import Draft, WritingProfile
from tests.contract.asking import HTMX, as_form, as_htmx, as_json, refused
from tests.factories import make_draft, make_run


@pytest.fixture
def path(email):
    return f"/emails/{email.pk}/draft"


class TestAutosave:
    def test_it_starts_a_version_with_the_first_words(self, logged_in, user, email, path):
        response = as_json(logged_in, path, {"text": "Dear Ada,"})

        draft = Draft.objects.get()
        assert response.status_code == 200
        assert response.json() == {"draft_id": draft.pk, "version": 1, "revision": 0}
        assert (draft.user, draft.email, draft.text, draft.edited) == (user, email, "Dear Ada,", True)

    def test_it_goes_on_in_that_version(self, logged_in, path):
        first = as_json(logged_in, path, {"text": "Dear"}).json()

        second = as_json(
            logged_in, path, {"text": "Dear Ada", "draft_id": first["draft_id"], "revision": 0}
        ).json()

        assert second == {"draft_id": first["draft_id"], "version": 1, "revision": 1}
        assert Draft.objects.get().text == "Dear Ada"

    def test_it_tells_the_editor_where_the_text_went(self, logged_in, email, path):
        written = make_draft(email, text="by a model")

        html = as_htmx(
            logged_in, path, {"text": "by me", "draft_id": written.pk, "revision": 0}
        ).content.decode()

        mine = Draft.objects.get(version=2)
        assert 'id="editor-state"' in html
        assert f'name="draft_id" value="{mine.pk}"' in html
        assert 'name="revision" value="0"' in html
        assert "Saved as version 2" in html

    def test_it_never_sends_the_text_back_into_the_editor(self, logged_in, path):
        html = as_htmx(logged_in, path, {"text": "what I am typing"}).content.decode()

        assert "what I am typing" not in html

    def test_it_leads_a_plain_form_back(self, logged_in, email, path):
        assert as_form(logged_in, path, {"text": "x"})["Location"] == f"/email/{email.pk}/"

    def test_a_plain_form_returns_to_the_message_as_part_of_its_list(self, logged_in, email, path):
        saved = as_form(logged_in, path, {"text": "x", "list": "?unread=1"})

        assert saved["Location"] == f"/email/{email.pk}/?list=unread%3D1"

    def test_it_keeps_the_text_as_typed(self, logged_in, path):
        typed = "  Zeile eins\r\n\r\n\tZeile zwei äöü 😀  \r\n"

        logged_in.post(path, {"text": typed})

        assert Draft.objects.get().text == typed.replace("\r\n", "\n")

    def test_it_survives_text_that_the_database_cannot_hold(self, logged_in, path):
        assert as_json(logged_in, path, '{"text": "a\\u0000b\\ud800"}').status_code == 200
        assert logged_in.post(path, {"text": "a\0b"}).status_code == 200
        assert set(Draft.objects.values_list("text", flat=True)) == {"ab\ufffd", "ab"}

    @pytest.mark.parametrize(
        "body", [{}, {"text": None}, {"text": 7}, {"text": ["x"]}, {"text": "x" * 200_001}]
    )
    def test_it_refuses_what_is_no_text(self, logged_in, path, body):
        refused(as_json(logged_in, path, body), 400, "malformed")
        assert not Draft.objects.exists()

    @pytest.mark.parametrize("field", ["draft_id", "revision"])
    @pytest.mark.parametrize("value", [True, -1, "x", 1.5, [], 10**18], ids=repr)
    def test_it_refuses_what_is_no_number(self, logged_in, email, path, field, value):
        draft = make_draft(email)

        refused(as_json(logged_in, path, {"draft_id": draft.pk, "text": "x", field: value}), 400, "malformed")

    def test_it_says_404_of_a_draft_that_is_not_there(self, logged_in, path):
        refused(as_json(logged_in, path, {"draft_id": 999_999, "text": "x"}), 404, "not_found")

    def test_it_refuses_strangers_and_other_methods(self, logged_in, intruder, path):
        refused(as_json(intruder, path, {"text": "x"}), 404, "not_found")
        refused(logged_in.put(path), 405, "method_not_allowed")
        assert not Draft.objects.exists()


class TestEditor:
    def test_it_shows_the_version_that_is_asked_for(self, logged_in, email, path):
        make_draft(email, 1, text="the first")
        make_draft(email, 2, text="the second")

        html = logged_in.get(path, {"version": "1"}, headers=HTMX).content.decode()

        assert "the first</textarea>" in html
        assert 'data-version="1"' in html
        assert "<html" not in html

    @pytest.mark.parametrize("version", ["", "9", "x", "9" * 5000, "\0"])
    def test_it_prefers_what_the_user_wrote_to_what_is_newer(self, logged_in, email, path, version):
        make_draft(email, 1, text="mine", edited=True)
        make_draft(email, 2, text="newer")

        assert "mine</textarea>" in logged_in.get(path, {"version": version}).content.decode()

    def test_it_escapes_what_a_model_wrote(self, logged_in, email, path):
        make_draft(email, text="</textarea><script>alert(1)</script>")

        assert "<script>" not in logged_in.get(path).content.decode()

    def test_it_is_no_part_of_what_is_polled(self, logged_in, user, email):
        run = make_run(user, "reply", "running", email=email)

        assert (
            '<textarea id="draft-text"'
            not in logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()
        )

    def test_it_offers_a_draft_when_its_run_has_ended(self, logged_in, user, email):
        run = make_run(user, "reply", "succeeded", email=email)
        make_draft(email, 3, run=run)

        html = logged_in.get(f"/tasks/{run.pk}/status", headers=HTMX).content.decode()

        assert 'data-draft-ready="3"' in html
        assert f'data-editor-url="/emails/{email.pk}/draft?version=3"' in html


class TestProfile:
    def test_it_is_saved_and_shown(self, logged_in, user):
        fields = {
            "name": "Alex",
            "greeting": "Moin",
            "closing": "Bis bald",
            "signature": "K",
            "about": "a",
            "preferences": "p",
        }

        answer = logged_in.post("/profile/", fields)

        assert answer["Location"] == "/profile/"
        stored = WritingProfile.objects.get()
        assert stored.user == user
        assert {name: getattr(stored, name) for name in fields} == fields
        assert "Moin" in logged_in.get("/profile/").content.decode()

    def test_it_is_changed_and_not_doubled(self, logged_in, user):
        for name in ("Alex", "Sascha"):
            logged_in.post("/profile/", {"name": name})

        assert WritingProfile.objects.get().name == "Sascha"

    def test_it_belongs_to_one_user(self, logged_in, intruder):
        logged_in.post("/profile/", {"name": "Alex of Kranich"})

        assert "Alex of Kranich" not in intruder.get("/profile/").content.decode()

    def test_it_refuses_what_is_too_long(self, logged_in):
        answer = logged_in.post("/profile/", {"name": "x" * 201})

        assert "field-error" in answer.content.decode()
        assert not WritingProfile.objects.exists()

    def test_it_wants_a_login(self, client):
        assert client.get("/profile/")["Location"].startswith("/login/")
