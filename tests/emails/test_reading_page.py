"""What a message's page says of how it was read: why it could not be, and the invitation it carries."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from emails.importing import store
from emails.parsing import Trouble, parse
from tests.factories import make_email


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.NO_MESSAGE, "does not look like a message"),
        (Trouble.TOO_LARGE, "more than your operator lets be read"),
        (Trouble.CUT, "The whole message lies on the mail server"),
        (Trouble.TIMEOUT, "took too long"),
        (Trouble.MEMORY, "too much memory"),
        (Trouble.CRASH, "broke the program"),
        (Trouble.UNSTORABLE, "could not be stored"),
        ("", "could not be parsed"),
    ],
)
def test_it_says_why_a_message_could_not_be_read(
    user: User, logged_in: Client, trouble: str, words: str
) -> None:
    email = make_email(user, unreadable=True, trouble=trouble)
    page = logged_in.get(f"/email/{email.pk}/").content.decode()
    assert words in page
    cut = trouble == Trouble.CUT  # nothing of its text is there
    assert ("kept as it came" in page) is not cut
    assert ("read again" in page) is (trouble != Trouble.NO_MESSAGE and not cut)


def test_it_says_nothing_of_a_message_that_was_read(user: User, logged_in: Client) -> None:
    page = logged_in.get(f"/email/{make_email(user).pk}/").content.decode()
    assert "data-trouble" not in page
    assert 'class="invitation' not in page


def test_it_shows_an_invitation(user: User, logged_in: Client) -> None:
    raw = (
        b"From: ada@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"
        b"METHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Budget <b>2027</b>\r\nLOCATION:Room 1\r\n"
        b"DTSTART:20261126T130000Z\r\nDTEND:20261126T140000Z\r\n"
        b"ORGANIZER;CN=Ada:mailto:ada@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    _, email = store(user, raw)
    page = logged_in.get(f"/email/{email.pk}/").content.decode()
    block = page.partition('class="invitation')[2].partition("</section>")[0]
    assert "Invitation: Budget &lt;b&gt;2027&lt;/b&gt;" in block
    assert "Thu 26 Nov 2026, 14:00–15:00" in block  # in the site's time zone
    assert "Room 1" in block
    assert "Ada &lt;ada@example.com&gt;" in block


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"method": "cancel", "start": "2026-12-24", "end": "2026-12-26"}, ["Called off", "Thu 24 Dec 2026 – Sat 26"]),
        ({"method": "request", "start": "2026-12-24T09:00:00", "zone": "Mars"}, ["09:00 (Mars)"]),
        ({"method": "publish", "summary": "x", "repeats": True, "start": "2026-12-24"}, ["Event: x", "repeats"]),
    ],
)  # fmt: skip
def test_it_shows_other_events(
    user: User, logged_in: Client, stored: dict[str, object], words: list[str]
) -> None:
    email = make_email(user, invitation=stored)
    page = logged_in.get(f"/email/{email.pk}/").content.decode()
    for word in words:
        assert word in page


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Können Sie mir bitte die Unterlagen schicken?", "de"),
        (
            "Could you please send it?\n\nAm 3.11.26 um 9:00 schrieb Jo:\n> Haben Sie das nicht für mich?",
            "en",
        ),
        ("12345", ""),
    ],
)
def test_it_knows_the_language_of_what_is_new(text: str, language: str) -> None:
    assert (
        parse(f"From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode()).language == language
    )
