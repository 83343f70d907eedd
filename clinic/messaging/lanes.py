"""One channel of a run: what is claimed and waits for a sender, and whether to go on."""

from collections import deque
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache

from clinic.messaging.asking import Ready, ask
from clinic.messaging.claiming import BATCH, Claimed, Outcome, claim
from clinic.messaging.delivery import Receipt, TryAgain
from clinic.messaging.outcomes import put_back
from clinic.selectors.reach import Channel

PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
"""For a whole channel, whatever one answer asks for."""
FRESH = timedelta(seconds=10)
"""What was asked longer ago is given back, to be asked again before it is sent."""
LOOK_AGAIN = timedelta(seconds=1)


class Lane:
    """Claims for one channel, and stops when its provider does not take anything.

    As many failures in a row as there are senders, or one "too many" (429), pause the channel:
    here, and by a mark in the cache for all workers. With the cache lost the others only knock
    once. What is given back keeps its time, so that it shows how long it has been due.
    """

    def __init__(self, channel: Channel, *, knows_keys: bool, senders: int) -> None:
        self.channel = channel
        self.waiting: deque[Ready] = deque()
        self._knows_keys = knows_keys
        # Without keys a text message that a lost worker had claimed is sent once more only,
        # so a worker claims no more of them than it sends at once.
        is_careful = channel == Channel.SMS and not knows_keys
        self._batch = senders if is_careful else BATCH
        self._senders = senders
        self._failures = 0
        self._fresh_until: datetime | None = None
        self._look_at: datetime | None = None
        self._paused_until: datetime | None = None

    def refill(self, now: datetime) -> list[Outcome]:
        """Claim and ask for the next batch, if there may be one; return what is not sent."""
        if self.waiting or (self._look_at and now < self._look_at) or self._is_paused(now):
            return []
        claimed = claim(self.channel, now, self._batch)
        self._look_at = None if len(claimed.messages) == self._batch else now + LOOK_AGAIN
        if not claimed.messages:
            return []
        return self._ask(claimed, now)

    def stale(self, now: datetime) -> list[Outcome]:
        """Give back what waited too long for a sender."""
        if self._fresh_until is None or now < self._fresh_until:
            return []
        self._look_at = None
        return self.give_back()

    def give_back(self) -> list[Outcome]:
        """Give back all that waits."""
        outcomes = [put_back(ready.message) for ready in self.waiting]
        self.waiting.clear()
        return outcomes

    def heed(self, receipt: Receipt, now: datetime) -> list[Outcome]:
        """Take note of a receipt; return what is given back when the channel pauses."""
        if not isinstance(receipt, TryAgain):
            self._failures = 0
            return []
        self._failures += 1
        if receipt.after is None and self._failures < self._senders:
            return []
        self._failures = 0
        self._paused_until = now + min(receipt.after or PAUSE, LONGEST_PAUSE)
        seconds = (self._paused_until - now).total_seconds()
        cache.set(self._key, self._paused_until, timeout=seconds + 1)
        return self.give_back()

    def _ask(self, claimed: Claimed, now: datetime) -> list[Outcome]:
        ready, outcomes = ask(claimed, now, knows_keys=self._knows_keys)
        self.waiting.extend(ready)
        # Well inside the lease: what begins now ends before anybody else may claim it.
        self._fresh_until = now + min(FRESH, settings.MESSAGE_LEASE / 4)
        return outcomes

    def _is_paused(self, now: datetime) -> bool:
        marks = (self._paused_until, cache.get(self._key))
        return any(until is not None and now < until for until in marks)

    @property
    def _key(self) -> str:
        return f"messages-paused-{self.channel}"
