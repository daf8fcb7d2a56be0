"""Messages of a sender who means harm, through all that the application does with a message."""

from __future__ import annotations

import email as standard
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client

from emails.exporting import export
from emails.importing import Outcome, messages, store, store_all
from emails.models import Email
from emails.parsing.addresses import Address
from emails.reading import noted_of
from emails.threads import letters_of
from mailai.ai.fence import fence
from replies.composing.mailbox import Unwritable, shown, typed
from replies.outgoing import composed, original_of, recipients_of
from tests.emails.nasty import NASTY

OURS = {"Date", "From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version"} | {
    "Content-Type",
    "Content-Transfer-Encoding",
}
ACTS = re.compile(
    rb"<(?:script|iframe|form|input|button|svg|math|base|link|object|embed|dialog)\b|<[^>]*\s(?:on\w+|hx-[\w-]+|id|class|action)="
    rb"|(?:href|src)=\"(?!https?:|mailto:|data:)|position\s*:|@import",
    re.I,
)
LARGEST = 6_000_000  # bytes of a page


@pytest.mark.parametrize("name", NASTY)
def test_it_is_read_shown_answered_and_kept(
    user: User, stranger: User, logged_in: Client, tmp_path: Path, name: str
) -> None:
    raw = NASTY[name]
    outcome, email = store(user, raw)
    email.refresh_from_db()
    assert outcome is Outcome.IMPORTED
    assert "harmless" in email.text + email.subject
    shown_safely(logged_in, email)
    answered_safely(email)
    assert "harmless" in fence(letters_of(email), 24_000)
    path = tmp_path / "all.mbox"
    assert list(export(user, path)) == [1]
    assert list(messages(path)) == [raw]
    assert [found for found, _email in store_all(user, messages(path))] == [Outcome.DUPLICATE]
    assert store(stranger, raw)[0] is Outcome.IMPORTED


def shown_safely(client: Client, email: Email) -> None:
    for place in ("", "html", "html?images=1", "text", "headers", "source"):
        answer = client.get(f"/email/{email.pk}/{place}")
        assert answer.status_code == 200, place
        assert len(answer.content) < LARGEST, place
        if place.startswith("html"):
            _head, body = answer.content.split(b"<body>")
            assert not ACTS.search(body), ACTS.search(body)
            assert b"sandbox" in answer["Content-Security-Policy"].encode()
    for file in email.attachments.defer("content")[:3]:
        answer = client.get(f"/email/{email.pk}/attachments/{file.position}?anyway=1")
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        assert "html" not in answer["Content-Type"]
        assert "svg" not in answer["Content-Type"]
        assert not re.search(r"[/\\\r\n\u202e]", file.name)


def taken(boxes: list[Address]) -> list[Address]:
    """As the form takes what it was filled in with."""
    try:
        return typed(shown(boxes))
    except Unwritable:
        return []


def answered_safely(email: Email) -> None:
    for everybody in (False, True):
        to, cc = map(taken, recipients_of(email, everybody))
        sender = ["Alex", "alex@example.org"]
        to = to or [["", "ada@example.com"]]
        raw = composed(original_of(email), "1@example.org", sender, to, cc, "Yes.\n")
        said = standard.message_from_bytes(raw)
        assert set(said.keys()) <= OURS
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert said.get_payload() == "Yes.\r\n"


def test_a_page_that_shows_an_image_a_thousand_times_stays_small(user: User, logged_in: Client) -> None:
    email = store(user, NASTY["a cid shown a thousand times"])[1]
    page = logged_in.get(f"/email/{email.pk}/html").content
    assert 1 < page.count(b"data:image/png;base64,") < 50
    assert page.count(b'src="data:,"') > 4900


def test_nobody_is_answered_but_who_wrote_it(user: User) -> None:
    whom = {name: recipients_of(store(user, NASTY[name])[1], False)[0] for name in NASTY}
    assert whom["several senders"] == [["", "boss@example.com"], ["Eve", "eve@evil.example"]]
    assert whom["replies to a header"] == [["x Bcc: v@example.com", "a@example.com"]]
    assert [one for _name, one in whom["replies to a group"]] == [f"{one}@example.com" for one in "abc"]
    assert whom["an address beyond ASCII"] == [["Jürgen", "jürgen@xn--exmple-cua.example"]]
    assert whom["a sender of nobody"] == []


def test_a_name_that_claims_to_be_an_address_is_not_what_the_inbox_shows(
    user: User, logged_in: Client
) -> None:
    email = store(user, NASTY["a sender in a name"])[1]
    assert email.signed == "eve@evil.example"
    listed = logged_in.get("/").content.decode()
    assert "eve@evil.example" in listed
    assert "boss@example.com" not in listed


def test_a_verdict_that_comes_with_the_message_is_not_believed(settings: LazySettings) -> None:
    raw = NASTY["a verdict of its own"]
    claimed = noted_of(raw)
    assert claimed
    assert not claimed.trusted
    settings.MAILAI_AUTHSERV_IDS = ["mail.example.org"]
    assert noted_of(raw) is None
