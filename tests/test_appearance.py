"""The choice between light, dark and the system's way, and of the language: it outlives the browser's session."""

from __future__ import annotations

import pytest
from django.test import Client

from mailai.appearance.models import Appearance
from tests.contract.asking import HTMX, PAGE

YEAR = 365 * 24 * 3600


def shown(client, path="/profile/"):
    html = client.get(path).content.decode()
    return html.split('data-theme="', 1)[1].split('"', 1)[0]


def test_it_follows_the_system_unless_asked(logged_in):
    assert shown(logged_in) == "system"


@pytest.mark.parametrize("chosen", ["light", "dark", "system"])
def test_it_keeps_the_choice_in_this_browser(logged_in, chosen):
    answer = logged_in.post("/theme/", {"theme": chosen, "back": "/profile/"}, headers=PAGE)

    assert answer.url == "/profile/"
    assert answer.cookies["theme"]["max-age"] == YEAR
    assert answer.cookies["theme"]["httponly"]
    assert shown(logged_in) == chosen


def test_it_answers_a_script_with_nothing_to_show(logged_in):
    assert logged_in.post("/theme/", {"theme": "dark"}, headers=HTMX).status_code == 204
    assert shown(logged_in) == "dark"


def test_it_can_be_chosen_before_the_login(client, db):
    client.post("/theme/", {"theme": "dark", "back": "/login/"}, headers=PAGE)

    assert shown(client, "/login/") == "dark"


@pytest.mark.parametrize("chosen", ["", "pink", '"><script>'])
def test_it_knows_no_other_themes(logged_in, chosen):
    answer = logged_in.post("/theme/", {"theme": chosen}, headers=PAGE)

    assert "theme" not in answer.cookies
    logged_in.cookies["theme"] = chosen
    assert shown(logged_in) == "system"


def test_it_leads_nowhere_else(logged_in):
    answer = logged_in.post("/theme/", {"theme": "dark", "back": "//evil.example/"}, headers=PAGE)

    assert answer.url == "/"


def test_it_takes_no_other_method(logged_in):
    assert logged_in.get("/theme/").status_code == 405


def test_the_language_is_kept_as_long(client, db):
    answer = client.post("/language/", {"language": "de", "next": "/login/"})

    assert answer.cookies["django_language"]["max-age"] == YEAR
    assert 'lang="de"' in client.get("/login/").content.decode()


def log_in(user):
    """In a browser that this user has not used before."""
    user.set_password("a long pass phrase")
    user.save()
    browser = Client()
    browser.post("/login/", {"username": user.username, "password": "a long pass phrase"})
    return browser


def test_the_choice_follows_the_user_to_another_browser(logged_in, user):
    logged_in.post("/theme/", {"theme": "dark"}, headers=PAGE)
    logged_in.post("/language/", {"language": "de", "next": "/"})

    browser = log_in(user)

    html = browser.get("/profile/").content.decode()
    assert '<html lang="de" data-theme="dark">' in html
    assert browser.cookies["django_language"]["max-age"] == YEAR
    assert browser.cookies["theme"]["httponly"]


def test_a_login_leaves_the_browser_alone_where_nothing_was_chosen(logged_in, user):
    logged_in.post("/theme/", {"theme": "dark"}, headers=PAGE)

    assert "django_language" not in log_in(user).cookies


def test_it_does_not_follow_to_another_user(logged_in, user, stranger):
    logged_in.post("/theme/", {"theme": "dark"}, headers=PAGE)

    assert shown(log_in(stranger)) == "system"


def test_only_what_there_is_is_kept(logged_in, client, user):
    logged_in.post("/theme/", {"theme": "pink"}, headers=PAGE)
    logged_in.post("/language/", {"language": "xx", "next": "/"})
    client.post("/theme/", {"theme": "dark"}, headers=PAGE)

    assert not Appearance.objects.exists()
