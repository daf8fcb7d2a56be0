"""What django-ratelimit asks of its cache, and what that costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db.models.functions import Now
from django_ratelimit.core import get_usage

from mailai.postgres.models import CacheEntry
from mailai.rates import RateCache

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache():
    return RateCache("", {})


def usage(rf, increment):
    return get_usage(rf.post("/"), group="press", key=lambda *_: "7", rate="20/d", increment=increment)


def test_it_is_what_presses_are_counted_in(rf):
    assert [usage(rf, increment=True)["count"] for _ in range(3)] == [1, 2, 3]
    assert caches["rates"]._found[1] == 3


def test_it_counts_and_looks_in_one_statement(rf, django_assert_num_queries):
    for increment, count in ((True, 1), (True, 2), (False, 2)):
        with django_assert_num_queries(1):
            assert usage(rf, increment)["count"] == count


def test_it_stores_nothing_for_a_look(rf):
    assert usage(rf, increment=False)["count"] == 0

    assert not CacheEntry.objects.exists()


def test_it_begins_anew_when_the_time_is_over(cache):
    cache.add("presses", 1, 60)
    cache.add("presses", 1, 60)
    CacheEntry.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert cache.add("presses", 0, 60)
    assert cache.add("presses", 1, 60)
    assert not cache.add("presses", 1, 60)
    assert cache.incr("presses") == 2
    assert CacheEntry.objects.live().count() == 1


def test_it_keeps_the_time_when_it_counts_on(cache):
    cache.add("presses", 1, 60)
    ends = CacheEntry.objects.get().expires_at

    cache.add("presses", 1, 3600)

    assert CacheEntry.objects.get().expires_at == ends


def test_it_tells_no_other_count(cache):
    cache.add("presses", 1, 60)
    cache.add("logins", 1, 60)

    with pytest.raises(ValueError, match="same key"):
        cache.incr("presses")
