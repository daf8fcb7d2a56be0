"""The login: limits per client, per account and per known browser, which tell nothing and lock nobody out."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from mailai import attempts
from mailai.postgres.models import CacheEntry
from tests.contract.asking import PAGE
from tests.factories import make_user
from tests.test_security import body_of

SECRET = "a long enough secret"
looked_at: list[str] = []


class Counting(MD5PasswordHasher):
    """A quick one that notes which passwords were looked at."""

    def encode(self, password: str, salt: str) -> str:
        looked_at.append(password)
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def limited(settings, user):
    settings.WHITENOISE_USE_FINDERS = False
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    settings.MAILAI_LOGIN_RATE = "2/d"  # windows that do not end meanwhile
    settings.MAILAI_LOGIN_ACCOUNT_RATE = "4/d"
    user.set_password(SECRET)
    user.save()
    looked_at.clear()


def guess(client: Client, password: str, name: str = "alex", path: str = "/login/", **meta: str) -> Any:
    return client.post(path, {"username": name, "password": password}, headers=PAGE, **meta)


def from_address(number: int) -> dict[str, str]:
    return {"REMOTE_ADDR": f"203.0.113.{number}"}


def alerts(answer: Any) -> list[str]:
    return [line for line in body_of(answer).splitlines() if "alert error" in line]


def lock_account(name: str = "alex") -> None:
    """By strangers from many addresses."""
    for number in range(4):
        assert guess(Client(), "wrong", name, **from_address(100 + number)).status_code == 200


def test_it_logs_in(client):
    assert guess(client, SECRET)["Location"] == "/"


def test_it_does_not_tell_beyond_the_limit_whether_a_guess_was_right(client):
    for _ in range(2):
        assert guess(client, "wrong").status_code == 200
    looked_at.clear()

    wrong, right = guess(client, "wrong"), guess(client, SECRET)

    assert (wrong.status_code, right.status_code) == (429, 429)
    assert looked_at == []
    assert "Too many wrong passwords. Try again in" in body_of(right)
    assert 0 < int(right["Retry-After"]) <= 24 * 3600
    assert alerts(wrong) == alerts(right)


def test_it_says_so_in_german(client):
    for _ in range(2):
        guess(client, "wrong")
    client.cookies["django_language"] = "de"

    assert "Zu viele falsche Passwörter." in body_of(guess(client, "wrong"))


def test_good_logins_do_not_count(client):
    for _ in range(9):
        assert guess(Client(), SECRET).status_code == 302

    assert guess(client, "wrong").status_code == 200
    assert guess(client, SECRET).status_code == 302
    assert guess(Client(), "wrong").status_code == 200
    assert guess(Client(), "wrong").status_code == 429


def test_what_names_no_password_does_not_count(client):
    for _ in range(9):
        assert guess(client, "").status_code == 200
        assert guess(client, "x", "").status_code == 200

    assert not CacheEntry.objects.filter(key__contains="attempts").exists()


def test_it_counts_each_client_by_itself(client):
    for _ in range(3):
        guess(client, "wrong", "somebody", **from_address(1))

    assert guess(client, "wrong", **from_address(1)).status_code == 429
    assert guess(client, "wrong", **from_address(2)).status_code == 200


def test_it_counts_all_addresses_of_a_host_as_one(client):
    for number in range(2):
        guess(client, "wrong", "somebody", REMOTE_ADDR=f"2001:db8:1:2::{number}")

    assert guess(client, "wrong", REMOTE_ADDR="2001:db8:1:2:3::4").status_code == 429
    assert guess(client, "wrong", REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


def test_a_client_cannot_change_what_it_counts_as(client, settings):
    settings.MAILAI_TRUSTED_PROXIES = 1
    answers = [
        guess(client, "wrong", str(number), HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.7")
        for number in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("forwarded", ["", "unknown", "1.2.3.4:567", "a, b, [::1]:443", "\x00", "9" * 5000])
@pytest.mark.parametrize("hops", [0, 1, 2])
def test_no_header_makes_it_fail(client, settings, hops, forwarded):
    settings.MAILAI_TRUSTED_PROXIES = hops

    answer = guess(client, SECRET, REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=forwarded)

    assert answer.status_code == 302


def test_it_counts_all_guesses_at_an_account_wherever_they_come_from(client):
    lock_account()
    looked_at.clear()

    answer = guess(client, SECRET, **from_address(9))

    assert answer.status_code == 429
    assert looked_at == []
    assert guess(client, "x", "mallory", **from_address(9)).status_code == 200


@pytest.mark.parametrize("name", ["ALEX", " alex", "ａｌｅｘ", "Alex"])
def test_another_spelling_of_a_name_is_the_same_account(client, name):
    lock_account()

    assert guess(client, "wrong", name, **from_address(9)).status_code == 429


def test_nothing_tells_whether_there_is_such_an_account(client):
    known = [guess(client, "wrong", "alex", **from_address(number)) for number in range(6)]
    unknown = [guess(client, "wrong", "nobody", **from_address(number)) for number in range(10, 16)]

    assert [answer.status_code for answer in known] == [200] * 4 + [429] * 2
    assert [answer.status_code for answer in unknown] == [answer.status_code for answer in known]
    assert [alerts(answer) for answer in unknown] == [alerts(answer) for answer in known]
    assert looked_at == ["wrong"] * 8  # a password is hashed for a name that nobody has, too


def test_a_stranger_does_not_lock_the_owner_out_of_a_known_browser(client):
    assert guess(client, SECRET).status_code == 302
    client.post("/logout/")
    lock_account()
    for _ in range(3):  # from the owner's own address, too
        guess(Client(), "wrong", "somebody")

    assert guess(client, "wrong").status_code == 200
    assert guess(client, SECRET).status_code == 302
    assert guess(Client(), SECRET, **from_address(8)).status_code == 429


def test_a_known_browser_has_a_limit_of_its_own(client):
    guess(client, SECRET)
    client.post("/logout/")

    assert [guess(client, "wrong", **from_address(number)).status_code for number in range(3)] == [
        200,
        200,
        429,
    ]
    assert guess(Client(), SECRET, **from_address(9)).status_code == 302


def test_a_known_browser_stays_the_same_whatever_it_logs_in(client):
    """Else whoever knows the password of one account guesses at it, and at another, without end."""
    values = set()
    for _ in range(2):
        guess(client, SECRET)
        values.add(client.cookies[attempts.COOKIE].value.rsplit(":", 2)[0])
        client.post("/logout/")

    assert len(values) == 1


def test_a_browser_that_one_account_knows_is_not_known_to_another(client):
    make_user("mallory").set_password("x")
    mallory = User.objects.get(username="mallory")
    mallory.set_password(SECRET)
    mallory.save()
    assert guess(client, SECRET, "mallory").status_code == 302
    client.post("/logout/")
    lock_account()

    assert guess(client, SECRET, **from_address(9)).status_code == 429


@pytest.mark.parametrize(
    "change", [lambda value: value[:-2] + "xx", lambda value: "x" + value, lambda value: ""]
)
def test_a_forged_cookie_is_none(client, change):
    guess(client, SECRET)
    client.post("/logout/")
    lock_account()
    client.cookies[attempts.COOKIE] = change(client.cookies[attempts.COOKIE].value)

    assert guess(client, SECRET, **from_address(9)).status_code == 429


def test_the_cookie_is_out_of_reach_and_tells_no_name(client, settings):
    settings.SESSION_COOKIE_SECURE = True
    guess(client, SECRET)

    cookie = client.cookies[attempts.COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert "alex" not in cookie.value


def test_what_it_stores_is_bounded(client, settings, monkeypatch):
    settings.MAILAI_LOGIN_RATE = settings.MAILAI_LOGIN_ACCOUNT_RATE = "1000/d"
    monkeypatch.setattr(attempts, "BUCKETS", 4)
    for number in range(40):
        guess(client, "wrong", f"name {number}", **from_address(number))

    keys = set(CacheEntry.objects.values_list("key", flat=True))
    assert len(keys) <= 8
    assert not any("name" in key or "203.0" in key for key in keys)


def test_a_limit_begins_anew_when_its_time_is_over(client):
    for _ in range(3):
        answer = guess(client, "wrong")
    assert answer.status_code == 429
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {attempts.TABLE} SET expires_at = now() - interval '1 second'")

    assert guess(client, SECRET).status_code == 302


def test_it_logs_a_failed_login_on_one_line(client, caplog):
    with caplog.at_level(logging.WARNING, "mailai.login"):
        guess(client, "hunter2", **from_address(7))
        guess(client, "hunter2", "my secret by mistake\nlogin failed: 'alex'", **from_address(7))
        guess(client, SECRET, **from_address(8))

    lines = [record.getMessage() for record in caplog.records if record.name == "mailai.login"]
    assert len(lines) == 2
    assert lines[0] == "login failed: 'alex' from 203.0.113.7"
    assert lines[1].startswith("login failed: an unknown name from 203.0.113.7; no more attempts until 20")
    assert "hunter2" not in caplog.text
    assert "mistake" not in caplog.text


def test_it_does_not_fill_the_log_beyond_the_limit(client, caplog):
    for _ in range(9):
        guess(client, "wrong")

    assert len([record for record in caplog.records if record.name == "mailai.login"]) == 2


@pytest.mark.parametrize("method", ["head", "options", "put", "delete", "patch"])
def test_no_other_method_looks_at_a_password(client, method):
    for _ in range(3):
        answer = getattr(client, method)("/login/?username=alex&password=x")

    assert answer.status_code in (200, 405)
    assert looked_at == []


def test_it_has_no_second_login_without_a_limit(client, enter, user):
    answer = guess(client, SECRET, path="/admin/login/?next=/admin/")

    assert answer["Location"] == "/login/?next=/admin/"
    assert "_auth_user_id" not in client.session
    assert enter(user).get("/admin/", follow=True).status_code == 404
    assert looked_at == []


def test_the_old_password_cannot_be_guessed_either(enter):
    boss = make_user("boss", is_staff=True, is_superuser=True)
    boss.set_password(SECRET)
    boss.save()
    client = enter(boss)
    looked_at.clear()

    def change(old: str) -> Any:
        fresh = "another long secret"
        body = {"old_password": old, "new_password1": fresh, "new_password2": fresh}
        return client.post("/admin/password_change/", body, headers=PAGE)

    assert [change("wrong").status_code for _ in range(3)] == [200, 200, 429]
    looked_at.clear()
    answer = change(SECRET)
    assert (answer.status_code, looked_at) == (429, [])
    assert int(answer["Retry-After"]) > 0
    CacheEntry.objects.all().delete()
    assert change(SECRET)["Location"] == "/admin/password_change/done/"


def test_the_page_to_change_a_password_is_for_operators(logged_in):
    assert logged_in.get("/admin/password_change/").status_code == 302
    assert guess(logged_in, "x", path="/admin/password_change/").status_code == 302


def test_it_does_not_lead_to_another_site(client):
    assert guess(client, SECRET, path="/login/?next=https://evil.example/")["Location"] == "/"


def test_a_session_from_before_the_login_is_not_taken_over(client):
    session = client.session
    session["planted"] = "x"
    session.save()
    before = session.session_key
    guess(client, SECRET)

    assert client.session.session_key != before


def test_nobody_is_logged_in_by_another_site():
    client = Client(enforce_csrf_checks=True)

    assert guess(client, SECRET).status_code in (302, 403)
    assert "_auth_user_id" not in client.session
    assert looked_at == []


@pytest.mark.django_db(transaction=True)
def test_no_number_of_guesses_at_a_time_gets_past_the_limit(user):
    def one(number: int) -> int:
        try:
            return int(guess(Client(), "wrong").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(one, range(24)))

    assert sorted(statuses) == [200] * 2 + [429] * 22
    assert looked_at == ["wrong"] * 2
