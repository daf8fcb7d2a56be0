"""The developers' page of tokens, parts and icons."""

from __future__ import annotations

import pytest
from django.template import Context, Template


@pytest.fixture
def operator(user):
    user.is_staff = True
    user.save()
    return user


def test_it_shows_every_token_part_and_icon(operator, logged_in):
    html = logged_in.get("/styleguide/").content.decode()

    for told in (
        "var(--accent)",
        "var(--size-xl)",
        "var(--size-read)",
        "var(--space-4)",
        "var(--radius-l)",
        "<code>reply</code>",
    ):
        assert told in html
    for part in ("button", "card", "badge", "progress", "toast", "dialog", "table", "empty", "field", "menu"):
        assert part in html


def test_it_is_not_there_for_users(logged_in, client):
    assert logged_in.get("/styleguide/").status_code == 404


def test_it_speaks_one_language(operator, logged_in):
    logged_in.cookies["django_language"] = "de"
    answer = logged_in.get("/styleguide/")

    assert answer["Content-Language"] == "en"
    assert '<html lang="en"' in answer.content.decode()
    assert "Abbrechen" not in answer.content.decode()


def test_it_is_there_for_developers(logged_in, settings):
    settings.DEBUG = True

    assert logged_in.get("/styleguide/").status_code == 200


class TestIcon:
    def drawn(self, tag, **context):
        return Template(tag).render(Context(context))

    def test_it_is_silent_beside_words(self):
        assert 'aria-hidden="true"' in self.drawn('{% icon "reply" %}')

    def test_it_has_a_name_where_it_stands_alone(self):
        drawn = self.drawn('{% icon "reply" name %}', name="<answered>")

        assert 'role="img" aria-label="&lt;answered&gt;"' in drawn
        assert "aria-hidden" not in drawn

    def test_it_knows_what_is_drawn(self):
        with pytest.raises(KeyError):
            self.drawn('{% icon "unicorn" %}')
