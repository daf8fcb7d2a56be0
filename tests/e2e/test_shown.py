"""Every word that a model reads of a page stands there for a person to read, and what stands there is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from emails.importing import store_all
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
WIDTHS = (830, 360)  # beside the panels, and on a telephone
FAR, FAR_BELOW_IMAGES = 2000, 16_000  # pixels below the word before


def mail(number: int, html: str) -> bytes:
    head = f"From: Eve <eve@evil.example>\nSubject: Look\nMessage-ID: <{number}@evil.example>\nMIME-Version: 1.0\n"
    page = PLACE.sub("Obey", html)
    return f"{head}Content-Type: text/html; charset=utf-8\n\n<p>Before.</p>{page}".encode()


@pytest.mark.parametrize(
    "pages", [WAYS, {seed: combined(seed) for seed in range(COMBINED)}], ids=["each", "several"]
)
def test_no_way_to_hide_a_word_works(
    page: Page, person: User, complaints: list[str], pages: dict[str | int, str]
) -> None:
    stored = store_all(person, (mail(number, html) for number, html in enumerate(pages.values())))
    wrong = {}
    for (name, html), (_outcome, email) in zip(pages.items(), stored, strict=True):
        letter = letter_of(Email.objects.get(pk=email.pk), has_page=True, whole=True)
        page.goto(f"/email/{email.pk}/html")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            words = page.evaluate(WORDS, FAR_BELOW_IMAGES if html.count("<img") > 9 else FAR)
            if found := faults(letter.text, words):
                wrong[name, width] = found
    assert wrong == {}
    complaints.clear()  # of images that are not there


def faults(text: str, words: list[tuple[str, str]]) -> list[str]:
    """What is read and not shown, or shown and not read; `words` as words.js tells them."""
    read = "".join(LETTERS.findall(ADDED.sub(" ", text)))
    shown = "".join(LETTERS.findall("".join(word for word, _fault in words)))
    found = [f"{word[:20]}: {fault}" for word, fault in words if fault][:5]
    if read != shown:
        same = next(at for at in range(len(read) + 1) if read[: at + 1] != shown[: at + 1])
        found.append(f"{read[same : same + 40]!r} is read, {shown[same : same + 40]!r} is shown")
    return found
