"""How often one account or one address may ask, counted in the cache.

A window is one minute of the clock, or several. A broken cache counts nothing and refuses nobody.
"""

import ipaddress
import math
import time
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinic.permissions import Person
from clinic.refusals import Refusal

WINDOW_SECONDS = 60
SHARE = 20
"""A process tells the cache of a generous limit only every 20th part of it, so that
counting costs nothing; limits below 40 are counted one by one."""


class TooManyRequests(Refusal):
    """One account or address asked too often; `retry_after` is in seconds."""

    code = "too_many"
    status = 429
    message = _("That was a lot at once. Please wait a minute and try again.")

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(slots=True)
class _Tally:
    """What this process knows of the current window."""

    window: int = -1
    known: dict[str, int] = field(default_factory=dict)
    unsent: dict[str, int] = field(default_factory=dict)

    def turn_to(self, window: int) -> None:
        if window != self.window:
            self.window = window
            self.known.clear()
            self.unsent.clear()


_tally = _Tally()


def limit(
    request: HttpRequest,
    name: str,
    most: int | None,
    *,
    user: Person | None = None,
    minutes: int = 1,
) -> None:
    """Count one use of `name` and raise `TooManyRequests` beyond `most` in those minutes.

    Counts per account for whoever is signed in (`user`, else the session), per client
    address for anybody else. None or 0 means no limit.
    """
    if not most:
        return
    seconds = minutes * WINDOW_SECONDS
    at = time.time()
    window = int(at // seconds)
    key = f"limit:{name}:{_whose(request, user)}:{window}"
    # The tally of a process knows windows of one minute only.
    step = max(1, most // SHARE) if minutes == 1 else 1
    if _count(key, window, step, seconds) > most:
        raise TooManyRequests(retry_after=math.ceil((window + 1) * seconds - at) or 1)


def address_of(request: HttpRequest) -> str:
    """Return the client's address: an IPv4 address, or the /64 network of an IPv6 one.

    Forwarded addresses are believed only as far as our own proxies reach.
    """
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    found = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if proxies and len(forwarded) >= proxies:
        found = forwarded[-proxies].strip()
    return _network_of(found)


@lru_cache(maxsize=4096)
def _network_of(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def _whose(request: HttpRequest, user: Person | None) -> str:
    person = user if user is not None else request.user
    return f"user-{person.pk}" if person.is_authenticated else f"address-{address_of(request)}"


def _count(key: str, window: int, step: int, seconds: int) -> int:
    if step == 1:
        return _add(key, 1, seconds)
    _tally.turn_to(window)
    unsent = _tally.unsent.get(key, 0) + 1
    if unsent >= step:
        _tally.known[key] = _add(key, unsent, seconds)
        unsent = 0
    _tally.unsent[key] = unsent
    return _tally.known.get(key, 0) + unsent


def _add(key: str, count: int, seconds: int) -> int:
    try:
        return cache.incr(key, count)
    except ValueError:
        # The first of this window; two at once: the second adds to the first.
        if cache.add(key, count, timeout=2 * seconds):
            return count
        return cache.incr(key, count)
