"""How long a run like this one usually takes."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import caches
from django.utils import timezone

from mailai.runs.usual import usual_time
from tests.factories import make_email, make_run, make_token


@pytest.fixture(autouse=True)
def forget():
    caches["process"].clear()


def took(user, token, seconds, status="succeeded", **fields):
    end = timezone.now()
    start = end - dt.timedelta(seconds=seconds)
    email = make_email(user)
    return make_run(
        user, status=status, token=token, email=email, created_at=start, finished_at=end, **fields
    )


def now(user, token, **fields):
    return make_run(user, "base", "running", token=token, email=make_email(user), **fields)


def test_it_is_the_median_of_the_same_model_whatever_the_token(user, token):
    earlier = make_token(user, name="Yesterday's")
    for seconds in (10, 12, 90):
        took(user, earlier, seconds)

    assert usual_time(now(user, token)) == dt.timedelta(seconds=12)


def test_it_says_nothing_of_too_few(user, token):
    for seconds in (10, 12):
        took(user, token, seconds)

    assert usual_time(now(user, token)) is None


def test_it_says_nothing_of_what_is_over_at_once(user, token):
    for _ in range(5):
        took(user, token, 0.4)

    assert usual_time(now(user, token)) is None


def test_it_counts_nothing_else(user, stranger, token):
    other = make_token(user, "another-model")
    for seconds in (10, 12):
        took(user, token, seconds)
    took(user, other, 500)
    took(user, token, 500, "failed")
    took(user, token, 500, kind="reply")
    took(stranger, make_token(stranger), 500)

    assert usual_time(now(user, token)) is None


def test_a_run_without_a_model_has_none(user, email):
    assert usual_time(make_run(user, "send", "running", email=email)) is None


def test_its_page_says_it(logged_in, user, token):
    for seconds in (10, 12, 14):
        took(user, token, seconds)
    run = now(user, token)

    html = logged_in.get(f"/email/{run.email_id}/").content.decode()

    assert "</span> s, usually 12 s</span>" in html
