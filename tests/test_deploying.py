"""What an operator is warned of before a site is public, and the example that they begin with."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from mailai import checks
from tests.starting import ROOT, production, settings_of, started


@pytest.fixture
def warned(settings: Any) -> Callable[..., list[str]]:
    """The ids of what `check --deploy` says of a good production host with these changes."""

    def run(**changes: Any) -> list[str]:
        good = {"MAILAI_PRODUCTION": True, "MAILAI_TRUSTED_PROXIES": 1, "ALLOWED_HOSTS": ["mail.acme.com"]}
        for name, value in (good | changes).items():
            setattr(settings, name, value)
        return [str(message.id) for message in checks.production()]

    return run


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"MAILAI_TRUSTED_PROXIES": None}, ["mailai.W001"]),
        ({"MAILAI_TRUSTED_PROXIES": 0}, []),  # to say 0 is another thing than to say nothing
        ({"MAILAI_PRODUCTION": False}, ["mailai.W002"]),
        ({"ALLOWED_HOSTS": []}, ["mailai.W003"]),
        ({"ALLOWED_HOSTS": ["localhost", "127.0.0.1"]}, ["mailai.W003"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["mailai.W004"]),
        ({"ALLOWED_HOSTS": ["mail.example.com"]}, ["mailai.W005"]),
        ({"CSRF_TRUSTED_ORIGINS": ["https://mail.example.com"]}, ["mailai.W005"]),
        ({"CSRF_TRUSTED_ORIGINS": ["http://mail.acme.com"]}, ["mailai.W006"]),
        ({"MAILAI_SYNC": True}, ["mailai.W007"]),
    ],
)
def test_it_warns_of_what_is_seldom_meant_in_production(warned, changes, told):
    assert warned(**changes) == told


def test_it_warns_of_all_at_once(tmp_path):
    bad = {
        "MAILAI_TRUSTED_PROXIES": "",
        "ALLOWED_HOSTS": "*",
        "SECRET_KEY": "hunter2",
        "MAILAI_SYNC": "1",
        "SECURE_HSTS_SECONDS": "0",
        "SECURE_SSL_REDIRECT": "0",
    }
    done = started("manage.py", "check", "--deploy", **production(MAILAI_VAR=str(tmp_path), **bad))

    told = ("mailai.W001", "mailai.W004", "mailai.W007", "security.W004", "security.W008", "security.W009")
    assert all(f"?: ({number})" in done.stderr for number in told), done.stderr
    assert "hunter2" not in done.stderr


def examples() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_changes_nothing(tmp_path):
    """Copied as it is, it starts what starts without it."""
    var = str(tmp_path)

    assert plain(settings_of(MAILAI_VAR=var, **examples())) == plain(
        settings_of(MAILAI_VAR=var, **dict.fromkeys(examples(), ""))
    )


def plain(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name.isupper() and name != "LOGGING"}


def test_an_empty_value_is_the_default(tmp_path):
    """Of every variable that the settings read."""
    source = (ROOT / "mailai" / "settings.py").read_text() + (ROOT / "mailai" / "environment.py").read_text()
    names = set(re.findall(r'(?:env|self)\.\w+\(\s*"([A-Z_]+)"', source)) - {"MAILAI_VAR"}
    assert len(names) > 40

    assert plain(settings_of(MAILAI_VAR=str(tmp_path), **dict.fromkeys(names, ""))) == plain(
        settings_of(MAILAI_VAR=str(tmp_path))
    )


def test_a_copy_of_the_example_starts(tmp_path):
    """In a folder of its own, as a person makes it."""
    for name in ("mailai", "emails", "replies", "templates", "static"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name, copy in {"manage.py": "manage.py", ".env.example": ".env"}.items():
        shutil.copy(ROOT / name, tmp_path / copy)

    done = started("manage.py", "check", "--fail-level", "WARNING", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"secret_key", "token_key"}
