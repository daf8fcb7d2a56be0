"""The settings of a real process: a fresh machine, a production host, and hosts where something is missing."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from tests.starting import NEEDED, production, settings_of, started


@pytest.fixture
def read() -> Callable[..., dict[str, Any]]:
    return settings_of


def test_it_finds_nothing_to_warn_of_on_a_fresh_machine(tmp_path):
    done = started(
        "manage.py", "check", "--fail-level", "WARNING", MAILAI_VAR=str(tmp_path), MAILAI_PRODUCTION="0"
    )

    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"secret_key", "token_key"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_it_finds_nothing_to_warn_of_in_production(tmp_path):
    done = started(
        "manage.py",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        **production(MAILAI_VAR=str(tmp_path / "none")),
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    assert not (tmp_path / "none").exists()  # a production host makes no secrets of its own


@pytest.mark.parametrize(
    ("environment", "hops"),
    [
        ({}, None),
        ({"MAILAI_TRUSTED_PROXIES": ""}, None),
        ({"MAILAI_TRUSTED_PROXIES": "0"}, 0),
        ({"MAILAI_TRUSTED_PROXIES": "2"}, 2),
        ({"MAILAI_BEHIND_PROXY": "0", "MAILAI_IP_META_KEY": ""}, None),  # as an older .env.example had it
        ({"MAILAI_BEHIND_PROXY": "1", "MAILAI_TRUSTED_PROXIES": "1"}, 1),  # for two versions at a time
    ],
)
def test_it_reads_how_many_proxies_are_trusted(read, tmp_path, environment, hops):
    assert read(MAILAI_VAR=str(tmp_path), **environment)["MAILAI_TRUSTED_PROXIES"] == hops


def test_it_asks_nothing_of_other_sites_under_the_domain_by_itself(read):
    settings = read(**production())
    assert not settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert not settings["SECURE_HSTS_PRELOAD"]

    settings = read(**production(SECURE_HSTS_INCLUDE_SUBDOMAINS="1", SECURE_HSTS_PRELOAD="1"))
    assert settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert settings["SECURE_HSTS_PRELOAD"]


@pytest.mark.parametrize("name", NEEDED)
def test_it_names_what_is_missing_in_production(read, name):
    with pytest.raises(ImproperlyConfigured, match=f"but {name} is not set"):
        read(**production(**{name: ""}))


def test_it_names_everything_that_is_missing_at_once(read):
    with pytest.raises(
        ImproperlyConfigured, match="but DATABASE_URL, SECRET_KEY, MAILAI_TOKEN_KEYS are not set"
    ):
        read(**production(**dict.fromkeys(NEEDED, "")))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"DEBUG": "1"}, "MAILAI_PRODUCTION and DEBUG are both on"),
        ({"DATABASE_URL": "sqlite:///x.db"}, "DATABASE_URL must be a postgres:// address"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is not a database address"),
        ({"MAILAI_BASE_SOFT_LIMIT": "120"}, "The soft limit of base (120 s)"),
        ({"MAILAI_REPLY_SOFT_LIMIT": "0"}, "The soft limit of reply (0 s)"),
        ({"MAILAI_OPTIMIZE_RATE": "five"}, "The rate of optimize is 'five'"),
        ({"MAILAI_LOGIN_RATE": "0/m"}, "The rate of login is '0/m'"),
        ({"MAILAI_LOGIN_ACCOUNT_RATE": "x"}, "The rate of login_account is 'x'"),
        ({"MAILAI_TRUSTED_PROXIES": "-1"}, "MAILAI_TRUSTED_PROXIES"),
        ({"MAILAI_TRUSTED_PROXIES": "yes"}, "MAILAI_TRUSTED_PROXIES"),
        (
            {"MAILAI_TRUSTED_PROXIES": "", "MAILAI_BEHIND_PROXY": "1"},
            "MAILAI_BEHIND_PROXY is replaced: set MAILAI_TRUSTED_PROXIES",
        ),
        (
            {"MAILAI_TRUSTED_PROXIES": "", "MAILAI_IP_META_KEY": "HTTP_X_REAL_IP"},
            "MAILAI_IP_META_KEY is replaced: set MAILAI_TRUSTED_PROXIES",
        ),
        ({"MAILAI_WORKERS": "many"}, "MAILAI_WORKERS"),
        ({"MAILAI_QUEUES": "best=bulk"}, "MAILAI_QUEUES gives 'best'"),
        ({"MAILAI_QUEUES": "base=a:b"}, "MAILAI_QUEUES gives 'base' the queue 'a:b'"),
        ({"MAILAI_CONCURRENCY": "openai=0"}, "MAILAI_CONCURRENCY gives openai 0"),
        ({"MAILAI_UPLOAD_WAITING_BYTES": "5"}, "MAILAI_UPLOAD_WAITING_BYTES (5) must not be below"),
        ({"MAILAI_PROVIDERS": "{"}, "MAILAI_PROVIDERS"),
        ({"MAILAI_KEEP_RUNS_DAYS": "-1"}, "MAILAI_KEEP_RUNS_DAYS"),
        ({"MAILAI_PRICES": "{"}, "MAILAI_PRICES"),
        ({"MAILAI_PRICES": '{"openai": 2}'}, "MAILAI_PRICES: the price of 'openai'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_it_says_which_value_is_bad(read, changes, told):
    with pytest.raises((ImproperlyConfigured, EnvError)) as caught:
        read(**production(**changes))
    assert told in str(caught.value)


def test_it_says_that_the_key_ring_is_bad_at_the_start():
    done = started("manage.py", "check", **production(MAILAI_TOKEN_KEYS="short"))

    assert done.returncode != 0
    assert "MAILAI_TOKEN_KEYS must hold Fernet keys" in done.stderr


ENCODE = "must be percent-encoded"
TORN = '{"own": {"base_url": "http://x", "api_key": "hunter2"'


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgres://mailai:hunter2@:port/x", "DATABASE_URL is not a database address"),
        ("postgres://mailai:hun/ter2@db/x", ENCODE),
        ("postgres://mailai:hun#ter2@db/x", ENCODE),
        ("postgres://mailai:hun?ter2@db/x", ENCODE),
        ("postgres://mailai:hun[ter2@db/x", ENCODE),
        ("postgres://mailai:hun]ter2@db/x", ENCODE),
        ("postgres://mailai:/hun@ter2@db:5432/x", ENCODE),
        ("postgres://mailai:12/hunter2@db/x", ENCODE),
        ("postgres://mailai:hunter2@db", "DATABASE_URL names no database"),
        ("hunter2://mailai:hunter2@db/x", "DATABASE_URL is not a database address"),
        ("mailai:hunter2@db/x", "DATABASE_URL is not a database address"),
        ("mysql://mailai:hunter2@db/x", "DATABASE_URL must be a postgres:// address"),
    ],
)
def test_it_tells_no_password_when_it_fails(read, address, told):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(**production(DATABASE_URL=address))

    shown = "".join(traceback.format_exception(caught.value))
    assert told in shown
    assert "hun" not in shown
    assert "ter2" not in shown


@pytest.mark.parametrize("name", ["MAILAI_PROVIDERS", "MAILAI_PRICES"])
def test_it_tells_no_key_that_stands_in_a_bad_value(read, name):
    with pytest.raises(EnvError) as caught:
        read(**production(**{name: TORN}))

    shown = "".join(traceback.format_exception(caught.value))
    assert name in shown
    assert "hunter2" not in shown


def test_it_makes_its_secrets_once(read, tmp_path):
    first, second = (read(MAILAI_VAR=str(tmp_path)) for _ in range(2))

    for name in ("SECRET_KEY", "MAILAI_TOKEN_KEYS"):
        assert first[name] == second[name] != ""


def test_it_serves_production_with_safe_cookies(read):
    settings = read(**production())

    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_it_has_the_published_limits_by_default(read, tmp_path):
    settings = read(MAILAI_VAR=str(tmp_path))

    assert settings["MAILAI_RATES"] == {
        "base": "60/h",
        "optimize": "5/h",
        "reply": "30/h",
        "send": "60/h",
        "save_draft": "60/h",
        "token_test": "30/h",
        "fetch": "60/h",
        "account_test": "30/h",
        "import": "30/h",
        "delete_user": "60/h",
    }
    assert [settings["MAILAI_SOFT_LIMITS"][kind] for kind in ("base", "optimize", "reply")] == [90, 150, 45]
    assert [settings["MAILAI_HARD_LIMITS"][kind] for kind in ("base", "optimize", "reply")] == [120, 180, 60]
    assert [settings["MAILAI_BACKOFFS"][kind] for kind in ("base", "optimize", "reply")] == [60, 120, 60]
    assert settings["MAILAI_MAX_ATTEMPTS"] == 4
