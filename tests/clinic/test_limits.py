"""How often one may ask."""

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import RequestFactory

from clinic.limits import TooManyRequests, address_of, limit
from clinic.models import User
from tests.factories.clinic import NOW


@pytest.fixture(autouse=True)
def one_moment(servers):
    cache.clear()
    with time_machine.travel(NOW.replace(second=59), tick=False) as clock:
        yield clock


def request(address="192.0.2.1", user=None, **meta):
    made = RequestFactory().get("/", REMOTE_ADDR=address, **meta)
    made.user = user or AnonymousUser()
    return made


def uses(count, asked, name="codes", per_minute=3):
    """Return how many of `count` uses are let through."""
    passed = 0
    for _ in range(count):
        try:
            limit(asked, name, per_minute)
        except TooManyRequests:
            continue
        passed += 1
    return passed


def test_beyond_the_limit_is_refused_until_the_minute_ends(one_moment):
    assert uses(5, request()) == 3
    with pytest.raises(TooManyRequests) as refusal:
        limit(request(), "codes", 3)
    assert refusal.value.retry_after == 1

    one_moment.shift(1)

    assert uses(5, request()) == 3


def test_addresses_accounts_and_names_count_apart():
    assert uses(3, request()) == 3
    assert uses(1, request("192.0.2.2")) == 1
    assert uses(1, request(user=User(pk=7))) == 1
    assert uses(1, request(user=User(pk=8))) == 1
    assert uses(1, request(), name="holds") == 1
    assert uses(1, request()) == 0


def test_account_counts_wherever_it_calls_from():
    assert uses(3, request(user=User(pk=7))) == 3
    assert uses(1, request("192.0.2.2", user=User(pk=7))) == 0


def test_generous_limit_counts_in_shares_and_still_ends():
    assert uses(700, request(), per_minute=600) == 600


def test_no_limit_counts_nothing():
    assert uses(50, request(), per_minute=None) == 50
    assert uses(50, request(), per_minute=0) == 50


def test_broken_cache_refuses_nobody(settings, monkeypatch):
    from redis.exceptions import ConnectionError as Away

    def away(*args, **kwargs):
        raise Away

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", away)

    assert uses(50, request()) == 50


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "found"),
    [
        (0, "", "192.0.2.1", "192.0.2.1"),
        (0, "203.0.113.5", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.5", "192.0.2.1", "203.0.113.5"),
        (1, "6.6.6.6, 203.0.113.5", "192.0.2.1", "203.0.113.5"),
        (2, "203.0.113.5, 10.0.0.1", "192.0.2.1", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.1", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1", "unknown"),
        (0, "", "", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_address_is_believed_as_far_as_our_proxies(settings, proxies, forwarded, remote, found):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    meta = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}

    assert address_of(request(remote, **meta)) == found
