"""Every text that a person sees is there in German, and the compiled catalogue is the one that stands beside it."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext, override

CATALOGUE = Path(settings.LOCALE_PATHS[0]) / "de" / "LC_MESSAGES" / "django.po"


def entries(text: str) -> list[tuple[str, list[str], bool]]:
    """Each entry as its text, its translations, and whether it is only a guess."""
    found = []
    for block in re.split(r"\n\n+", text):
        strings: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            keyword, _, quoted = line.partition(" ")
            if line.startswith('"'):
                strings[name] += line[1:-1]
            elif keyword.startswith("msg"):
                name = keyword
                strings[name] = quoted[1:-1]
        said = [value for key, value in strings.items() if key.startswith("msgstr")]
        if strings.get("msgid"):
            found.append((strings["msgid"], said, "#, fuzzy" in block))
    return found


def test_it_leaves_nothing_untranslated() -> None:
    found = entries(CATALOGUE.read_text())

    assert len(found) > 200
    assert [text for text, said, guess in found if guess or not all(said)] == []


def test_it_knows_every_text_of_the_code(tmp_path: Path) -> None:
    """What makemessages would add is a text that nobody translated."""
    if shutil.which("xgettext") is None:
        pytest.skip("gettext is not installed")
    for name in ("mailai", "emails", "replies", "templates", "manage.py"):
        source = settings.BASE_DIR / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("sample", "__pycache__"))
        else:
            shutil.copy(source, tmp_path)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "de", "--no-location", "--no-obsolete"],
        cwd=tmp_path,
        env=os.environ | {"MAILAI_VAR": str(tmp_path / "var")},
        check=True,
        capture_output=True,
    )
    known = {text for text, _said, _guess in entries(CATALOGUE.read_text())}
    fresh = tmp_path / "mailai" / "locale" / "de" / "LC_MESSAGES" / "django.po"

    assert {text for text, _said, _guess in entries(fresh.read_text())} - known == set()


def test_it_compiled_what_it_says() -> None:
    with override("de"):
        for text, said, _guess in entries(CATALOGUE.read_text()):
            if len(said) == 1 and "\\" not in text:
                assert gettext(text) == said[0], "run compilemessages"


@pytest.mark.parametrize(
    ("language", "written"), [("en", "5 Dec 2026, 14:07"), ("de", "5. Dez. 2026, 14:07")]
)
def test_it_writes_a_time_as_the_language_does(language: str, written: str) -> None:
    with override(language):
        assert date_format(dt.datetime(2026, 12, 5, 14, 7), "SHORT_DATETIME_FORMAT") == written
