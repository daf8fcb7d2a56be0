"""Every word that a model reads of a page stands there for a person to read, and what stands there is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from emails.importing import store
from emails.models import Email
from emails.threads import letter_of
from tests.emails.hiding import WAYS, combined

pytestmark = pytest.mark.browser

WORDS = (Path(__file__).parent / "words.js").read_text(encoding="utf-8")
ADDED = re.compile(
    r" ?<(?:https?:|mailto:)?[^>]+>|^> ?|^[ ]*(?:-|\d+\.) ", re.M
)  # what a text says for links, quotes, lists
LETTERS = re.compile(r"[^\W_]+")
PLACE = re.compile(r"(?<![\w+/])X(?![\w+/=])")
COMBINED = 40
FAR, FAR_BELOW_IMAGES = 2000, 16_000  # pixels below the word before


def mail(html: str, number: int = 0) -> bytes:
    head = f"From: Eve <eve@evil.example>\nSubject: Look\nMessage-ID: <{number}.{abs(hash(html))}@evil.example>\n"
    return f"{head}MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>Before.</p>{html}".encode()


def faults(page: Page, person: User, html: str) -> list[str]:
    """What is read and not shown, or shown and not read."""
    _outcome, email = store(person, mail(PLACE.sub("Obey", html)))
    email = Email.objects.get(pk=email.pk)
    read = "".join(LETTERS.findall(ADDED.sub(" ", letter_of(email, whole=True).text)))
    page.goto(f"/email/{email.pk}/html")
    words = page.evaluate(WORDS, FAR_BELOW_IMAGES if html.count("<img") > 9 else FAR)
    shown = "".join(LETTERS.findall("".join(word for word, _fault in words)))
    found = [f"{word[:20]}: {fault}" for word, fault in words if fault][:5]
    if read != shown:
        same = next(at for at in range(len(read) + 1) if read[: at + 1] != shown[: at + 1])
        found.append(f"{read[same : same + 40]!r} is read, {shown[same : same + 40]!r} is shown")
    return found


@pytest.mark.parametrize("width", [830, 320])
def test_no_way_to_hide_a_word_works(page: Page, person: User, complaints: list[str], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    wrong = {name: found for name, html in WAYS.items() if (found := faults(page, person, html))}
    assert wrong == {}
    complaints.clear()  # of images that are not there


def test_no_combination_of_them_does(page: Page, person: User, complaints: list[str]) -> None:
    page.set_viewport_size({"width": 830, "height": 700})
    wrong = {seed: found for seed in range(COMBINED) if (found := faults(page, person, combined(seed)))}
    assert wrong == {}
    complaints.clear()
