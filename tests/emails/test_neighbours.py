"""From a message to the next one of the list that it was opened from."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.utils import timezone

from emails.inbox.listing import PAGE
from emails.models import Email
from tests.factories import make_analysis, make_email

NOON = timezone.now() - dt.timedelta(days=1)


@pytest.fixture
def letters(user):
    """Newest first, as the list has them."""
    return [make_email(user, received_at=NOON - dt.timedelta(minutes=n)) for n in range(5)]


def step(client, email, way="next", listed=""):
    """The id of the message that it leads to, and the list's query there."""
    suffix = f"?list={quote(listed)}" if listed else ""
    answer = client.get(f"/email/{email.pk}/{way}{suffix}")
    assert answer.status_code == 302
    place = urlsplit(answer["Location"])
    return int(place.path.split("/")[2]), parse_qs(place.query).get("list", [""])[0]


def test_it_goes_on_by_date(logged_in, letters):
    assert step(logged_in, letters[1]) == (letters[2].pk, "")
    assert step(logged_in, letters[1], "previous") == (letters[0].pk, "")


def test_messages_of_one_moment_are_not_passed_over(logged_in, user):
    same = [make_email(user, received_at=NOON) for _ in range(3)]

    assert step(logged_in, same[2])[0] == same[1].pk
    assert step(logged_in, same[1])[0] == same[0].pk
    assert step(logged_in, same[0], "previous")[0] == same[1].pk


def test_it_keeps_to_the_filters_and_the_order(logged_in, user, letters):
    for letter, urgency in zip(letters, (1, 3, 2, 3, 1), strict=True):
        make_analysis(letter, urgency=urgency)
    Email.objects.filter(pk=letters[2].pk).update(seen_at=timezone.now())

    assert step(logged_in, letters[1], listed="sort=priority") == (letters[3].pk, "sort=priority")
    assert step(logged_in, letters[3], listed="sort=priority")[0] == letters[2].pk
    assert step(logged_in, letters[1], listed="unread=1") == (letters[3].pk, "unread=1")
    assert step(logged_in, letters[3], "previous", "unread=1")[0] == letters[1].pk


def test_it_goes_on_from_a_message_that_left_the_list(logged_in, letters):
    Email.objects.filter(pk=letters[1].pk).update(seen_at=timezone.now(), done_at=timezone.now())

    assert step(logged_in, letters[1], listed="unread=1")[0] == letters[2].pk
    assert step(logged_in, letters[1], "previous", "unread=1")[0] == letters[0].pk


@pytest.mark.parametrize(("way", "at"), [("next", 4), ("previous", 0)])
def test_it_stays_at_the_end_and_says_so(logged_in, letters, way, at):
    answer = logged_in.get(f"/email/{letters[at].pk}/{way}?list=unread%3D1", follow=True)

    assert answer.redirect_chain == [(f"/email/{letters[at].pk}/?list=unread%3D1", 302)]
    assert "message of the list." in answer.content.decode()


def test_it_leads_to_the_page_that_shows_it(logged_in, user):
    letters = [make_email(user, received_at=NOON - dt.timedelta(minutes=n)) for n in range(2 * PAGE + 5)]
    inside, last, first = letters[PAGE - 2], letters[PAGE - 1], letters[PAGE]

    assert step(logged_in, inside) == (last.pk, "")
    _pk, beyond = step(logged_in, last)
    assert beyond.startswith("before=")
    assert shown(logged_in, beyond)[0] == first.pk
    assert step(logged_in, first, listed=beyond) == (letters[PAGE + 1].pk, beyond)

    assert step(logged_in, first, "previous", beyond) == (last.pk, "")
    far = letters[PAGE + 1]
    _pk, back = step(logged_in, far, "previous", "before=0_0")
    assert shown(logged_in, back)[-1] == first.pk


def shown(client, query):
    """The ids of the rows of a page."""
    html = client.get(f"/?{query}").content.decode()
    return [int(part.split('"')[0]) for part in html.split('id="row-')[1:]]


def test_every_row_takes_its_list_along_and_the_message_leads_back(logged_in, letters):
    way = "?list=unread%3D1%26sort%3Dpriority"
    assert (
        f'href="/email/{letters[0].pk}/{way}"' in logged_in.get("/?unread=1&sort=priority").content.decode()
    )

    html = logged_in.get(f"/email/{letters[0].pk}/{way}").content.decode()

    assert f'href="/?unread=1&amp;sort=priority#mail-{letters[0].pk}"' in html
    assert f'href="/email/{letters[0].pk}/next{way}"' in html
    assert f'href="/email/{letters[0].pk}/previous{way}"' in html


def test_marking_it_done_leads_back_to_its_list(logged_in, letters):
    answer = logged_in.post(
        f"/email/{letters[0].pk}/done", {"query": "?unread=1"}, headers={"Accept": "text/html"}
    )

    assert answer["Location"].startswith("/?unread=1&undo=")


def test_a_correction_keeps_the_list(logged_in, letters):
    answer = logged_in.post(f"/email/{letters[0].pk}/correct?list=unread%3D1", {"urgency": 3})

    assert answer["Location"] == f"/email/{letters[0].pk}/?list=unread%3D1"


@pytest.mark.parametrize(
    "listed", ["//evil.example", "before=x", "q=%00", "sort=nonsense&before=" + "9" * 500]
)
def test_a_list_that_makes_no_sense_leads_nowhere_else(logged_in, letters, listed):
    assert step(logged_in, letters[1], listed=listed)[0] in {letter.pk for letter in letters}
    page = logged_in.get(f"/email/{letters[0].pk}/?list={quote(listed)}").content.decode()
    assert 'href="//evil' not in page


def test_a_stranger_finds_nothing(intruder, stranger, letters):
    own = make_email(stranger, received_at=NOON - dt.timedelta(minutes=2))

    assert intruder.get(f"/email/{letters[0].pk}/next").status_code == 404
    assert step(intruder, own)[0] == own.pk


def test_it_takes_no_post(logged_in, letters):
    assert logged_in.post(f"/email/{letters[0].pk}/next").status_code == 405
