"""The user of a request, who is read by a statement of our own: the same as Django's, and nobody who may not be."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from mailai.auth import Backend

pytestmark = pytest.mark.django_db


def test_it_reads_the_whole_user(user):
    found = Backend().get_user(user.pk)

    assert found == user
    assert not found.get_deferred_fields()
    assert found.password == user.password


def test_who_is_no_longer_active_is_logged_out_at_once(logged_in, user):
    assert logged_in.get("/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert logged_in.get("/").status_code == 302
    assert Backend().get_user(user.pk) is None


def test_who_is_gone_is_nobody():
    assert Backend().get_user(4711) is None
