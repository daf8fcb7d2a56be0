import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import InvalidCacheKey
from django.db import connection, transaction
from django.db.models.functions import Now
from django_ratelimit.core import get_usage

from mailai.cache import PostgresCache, prune
from mailai.postgres.models import CacheEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def cache():
    return PostgresCache("", {})


def expire(key):
    CacheEntry.objects.filter(key=f":1:{key}").update(expires_at=Now() - timedelta(seconds=1))


def expiry(key):
    return CacheEntry.objects.get(key=f":1:{key}").expires_at


def press(rf, rate="20/d"):
    return get_usage(rf.post("/"), group="press", key=lambda group, request: "7", rate=rate, increment=True)


def in_threads(count, work):
    """Runs work() in `count` threads that start together, each with a connection of its own."""
    together = threading.Barrier(count)

    def run(_):
        try:
            together.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_it_is_the_cache_that_the_settings_name():
    assert isinstance(caches["default"], PostgresCache)


@pytest.mark.django_db(transaction=True)
def test_it_lets_exactly_the_limit_through(rf):
    usages = in_threads(16, lambda: [press(rf) for _ in range(10)])

    counts = [usage["count"] for ten in usages for usage in ten]
    limited = [usage["should_limit"] for ten in usages for usage in ten]
    assert sorted(counts) == list(range(1, 161))
    assert limited.count(False) == 20


@pytest.mark.django_db(transaction=True)
def test_it_adds_once_when_many_add_at_the_same_time(cache):
    cache.add("key", "old", timeout=0)

    assert in_threads(8, lambda: cache.add("key", "new")).count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_it_takes_a_press_back_with_the_transaction_that_made_it(rf):
    for count in (1, 2, 3):
        with transaction.atomic():
            assert press(rf)["count"] == count
            transaction.set_rollback(True)
        assert press(rf)["count"] == count


def test_it_keeps_the_expiry_when_it_increments(cache):
    cache.set("key", 1, timeout=5000)
    before = expiry("key")

    assert cache.incr("key") == 2
    assert cache.decr("key", 5) == -3

    assert cache.get("key") == -3
    assert expiry("key") == before


def test_it_increments_beyond_64_bits(cache):
    cache.set("key", 2**63)

    assert cache.incr("key") == 2**63 + 1


@pytest.mark.parametrize("value", ["text", "12", 1.5, True, None, [1]])
def test_it_increments_whole_numbers_only(cache, value):
    cache.set("key", value)

    with pytest.raises(ValueError, match="key"):
        cache.incr("key")

    assert cache.get("key") == value


def test_it_does_not_increment_what_is_missing_or_expired(cache):
    with pytest.raises(ValueError, match="key"):
        cache.incr("key")

    cache.set("key", 1)
    expire("key")

    with pytest.raises(ValueError, match="key"):
        cache.incr("key")


def test_it_adds_only_when_the_key_is_absent_or_expired(cache):
    assert cache.add("key", 1) is True
    assert cache.add("key", 2) is False
    assert cache.get("key") == 1

    expire("key")

    assert cache.add("key", 3) is True
    assert cache.get("key") == 3
    assert expiry("key") is not None


def test_it_never_adds_over_an_entry_without_expiry(cache):
    cache.set("key", 1, timeout=None)

    assert expiry("key") is None
    assert cache.add("key", 2) is False
    assert cache.incr("key") == 2


@pytest.mark.parametrize("value", [None, False, 0, -7, 1.5, "größe\0", ["a", {"b": None}], {"a": [1, 2]}])
def test_it_gives_back_what_it_was_given(cache, value):
    cache.set("key", value)

    assert cache.get("key", default="missing") == value
    assert type(cache.get("key")) is type(value)


@pytest.mark.parametrize("value", [b"bytes", (1, 2), {1: "a"}, float("nan"), {"a": object()}, {3}])
def test_it_refuses_what_json_does_not_give_back(cache, value):
    with pytest.raises(TypeError, match="JSON"):
        cache.set("key", value)


def test_it_overwrites_touches_and_deletes(cache):
    cache.set("key", 1, timeout=10)
    before = expiry("key")
    cache.set("key", 2, timeout=20)
    assert cache.get("key") == 2
    assert expiry("key") > before

    before = expiry("key")
    assert cache.touch("key", 5000) is True
    assert expiry("key") > before
    assert cache.touch("key", None) is True
    assert expiry("key") is None

    assert cache.delete("key") is True
    assert cache.delete("key") is False
    assert cache.touch("key") is False
    assert cache.get("key", default="gone") == "gone"


@pytest.mark.parametrize("timeout", [0, -1])
def test_it_expires_at_once_without_time(cache, timeout):
    cache.set("key", 1, timeout=timeout)

    assert "key" not in cache


def test_it_gets_many_in_one_query(cache, django_assert_num_queries):
    cache.set_many({"a": 1, "b": 2, "c": 3})
    cache.set("a", 9, version=2)
    expire("c")

    with django_assert_num_queries(1):
        assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": 2}
    assert cache.get("a", version=2) == 9


def test_it_prunes_what_has_expired_and_nothing_else(cache):
    cache.set("old", 1)
    cache.set("live", 1)
    cache.set("forever", 1, timeout=None)
    expire("old")

    assert prune() == 1
    assert prune() == 0
    assert set(CacheEntry.objects.values_list("key", flat=True)) == {":1:live", ":1:forever"}


def test_it_clears(cache):
    cache.set("key", 1, timeout=None)

    cache.clear()

    assert not CacheEntry.objects.exists()


@pytest.mark.parametrize("key", ["x" * 300, "with space", "nul\0"])
def test_it_refuses_a_key_before_the_database_does(cache, key):
    with transaction.atomic(), pytest.raises(InvalidCacheKey):
        cache.add(key, 1)
    assert cache.get("other") is None
