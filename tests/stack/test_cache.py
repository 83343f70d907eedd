"""The cache: works, and fails open when Redis does not."""

import time

import pytest
from django.core.cache import cache as default_cache
from redis.backoff import NoBackoff
from redis.retry import Retry

from clinic.cache import FailOpenRedisCache

NOWHERE = "unix:///nonexistent/meridian.sock?db=1"
OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)}


@pytest.fixture
def broken() -> FailOpenRedisCache:
    return FailOpenRedisCache(NOWHERE, {"OPTIONS": OPTIONS})


def test_cache_keeps_and_counts(servers):
    default_cache.set("word", "kept", 60)
    default_cache.set("count", 1, 60)

    assert (default_cache.get("word"), default_cache.incr("count")) == ("kept", 2)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda cache: cache.get("k"), None),
        (lambda cache: cache.get("k", "default"), "default"),
        (lambda cache: cache.get_many(["a", "b"]), {}),
        (lambda cache: cache.set("k", 1), None),
        (lambda cache: cache.set_many({"a": 1}), []),
        (lambda cache: cache.add("k", 1), True),
        (lambda cache: cache.incr("k", 2), 2),
        (lambda cache: cache.touch("k"), False),
        (lambda cache: cache.delete("k"), False),
        (lambda cache: cache.delete_many(["k"]), None),
        (lambda cache: cache.get_or_set("k", 7), 7),
        (lambda cache: "k" in cache, False),
        (lambda cache: cache.clear(), None),
    ],
)
def test_broken_cache_answers_as_if_empty(broken, ask, answer):
    assert ask(broken) == answer


def test_silent_cache_costs_one_timeout_and_not_ten(silent_redis):
    cache = FailOpenRedisCache(f"unix://{silent_redis}?db=1", {"OPTIONS": OPTIONS})

    began = time.monotonic()
    answers = [cache.get(str(number)) for number in range(10)]
    took = time.monotonic() - began

    assert answers == [None] * 10
    assert 0.9 < took < 8
