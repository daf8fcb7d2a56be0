"""Sessions: what Django promises of them, with the statement of ours that reads them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from mailai.sessions import SessionStore

pytestmark = pytest.mark.django_db


def test_it_reads_what_was_kept():
    kept = SessionStore()
    kept["draft"] = "Liebe Ada"
    kept.create()

    assert SessionStore(kept.session_key)["draft"] == "Liebe Ada"


def test_it_forgets_a_session_that_is_over():
    kept = SessionStore()
    kept["draft"] = "Liebe Ada"
    kept.create()
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))

    late = SessionStore(kept.session_key)

    assert "draft" not in late
    assert late.session_key is None


def test_it_never_takes_over_a_key_that_it_did_not_give():
    stranger = SessionStore("a-key-that-somebody-chose")
    stranger["draft"] = "x"
    stranger.save()

    assert stranger.session_key != "a-key-that-somebody-chose"


def test_it_reads_nothing_from_a_session_that_was_signed_by_others(settings):
    kept = SessionStore()
    kept["draft"] = "Liebe Ada"
    kept.create()
    settings.SECRET_KEY = "another secret key, of which this installation knows nothing"

    assert "draft" not in SessionStore(kept.session_key)
