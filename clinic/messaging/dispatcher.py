"""Send what is due: claim, ask again, hand to a provider, write down what became of it.

    claim (short transaction) ─> ask ─> write ─> senders ─> provider    outside any transaction
         ^                                        │ receipts
         └──────── record (one UPDATE) <──────────┘

While PostgreSQL records, the letters that go out next are written. A run may stand beside
others, on this machine or another. It hands a new letter over only after it has written down
all receipts that are there, so a worker that is killed leaves in doubt at most what its few
senders had in hand. How doubt is settled: docs/decisions/0010.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from clinic.logs import place_of
from clinic.messaging.asking import Ready
from clinic.messaging.claiming import Outcome, record
from clinic.messaging.dead import mark_dead
from clinic.messaging.delivery import Accepted, Letter, MakeDeliverer, Receipt, Refused
from clinic.messaging.heartbeat import beat
from clinic.messaging.lanes import Lane
from clinic.messaging.mail import MailDeliverer
from clinic.messaging.outcomes import failed, retried, sent
from clinic.messaging.senders import Senders
from clinic.messaging.sms import make_sms_deliverer
from clinic.models import Message
from clinic.selectors.outbox import DISPATCHER
from clinic.selectors.reach import Channel

logger = logging.getLogger(__name__)

RUN_SECONDS = 40.0
"""A run ends itself, below Celery's soft time limit of 60 s, and the next one goes on."""
LAST_WORDS_SECONDS = 15.0
"""How long it then waits for what providers have in hand."""
LOOK_SECONDS = 1.0
BEAT_EVERY = timedelta(seconds=5)


Clock = Callable[[], datetime]


def send_due(
    *,
    clock: Clock,
    seconds: float = RUN_SECONDS,
    is_over: Callable[[], bool] = lambda: False,
    makers: Mapping[Channel, MakeDeliverer] | None = None,
) -> Counter[str]:
    """Send until nothing is due any more or the time is up; return how many became what.

    Safe to run twice, at once or one after the other, and to be killed at any moment. It also
    ends within a second, less what providers have in hand, once `is_over` says so.
    """
    run = Run(clock, seconds, makers_of_settings() if makers is None else makers)
    return run.work(is_over)


def makers_of_settings() -> dict[Channel, MakeDeliverer]:
    """Return what sends on each channel that is set up."""
    sms = make_sms_deliverer()
    return {Channel.EMAIL: MailDeliverer, **({Channel.SMS: sms} if sms else {})}


class Run:
    """One run of the dispatcher."""

    def __init__(
        self, clock: Clock, seconds: float, makers: Mapping[Channel, MakeDeliverer]
    ) -> None:
        self._size = size = settings.MESSAGE_SENDERS
        self._clock = clock
        self._ends = time.monotonic() + seconds
        self._senders = Senders(makers, size)
        self._lanes = {
            channel: Lane(channel, knows_keys=knows_keys(make), senders=size)
            for channel, make in makers.items()
        }
        self._without_provider = [channel for channel in Channel if channel not in makers]
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._receipts: deque[tuple[Letter, Receipt]] = deque()
        self._outcomes: list[Outcome] = []
        self._beaten_at: datetime | None = None
        self._became: Counter[str] = Counter()

    def work(self, is_over: Callable[[], bool]) -> Counter[str]:
        """Go round until all is done or the time is up, then wait for what is under way."""
        try:
            self._skip_without_provider()
            while time.monotonic() < self._ends and not is_over():
                self._beat()
                self._fill()
                if not self._senders.under_way and not self._outcomes:
                    break
                self._take(LOOK_SECONDS if self._senders.under_way else 0)
        finally:
            self._end()
        return self._became

    def _beat(self) -> None:
        now = self._clock()
        if self._beaten_at is None or now - self._beaten_at >= BEAT_EVERY:
            self._beaten_at = now
            beat(DISPATCHER, now)

    def _fill(self) -> None:
        for lane in self._lanes.values():
            now = self._clock()
            self._outcomes += lane.stale(now)
            self._outcomes += lane.refill(now)
            while lane.waiting and self._senders.has_room(lane.channel):
                self._hand(lane.waiting.popleft())

    def _hand(self, ready: Ready) -> None:
        if not ready.is_written:
            write_all([ready])
        if ready.content is None:
            reason = _("It could not be written")
            self._outcomes.append(retried(ready.message, self._clock(), reason))
        else:
            self._senders.hand(Letter(ready.message, ready.address, ready.content))

    def _write_ahead(self) -> "Future[None]":
        """Let the letters that go out next be written meanwhile; that touches no database."""
        lanes = self._lanes.values()
        ahead = [ready for lane in lanes for ready in islice(lane.waiting, self._size)]
        return self._writer.submit(write_all, [item for item in ahead if not item.is_written])

    def _take(self, patience: float) -> None:
        """Take the receipts that are there and write them down, before anything new goes out."""
        if patience:
            self._receipts.extend(self._senders.receipts(patience))
        while self._receipts:
            letter, receipt = self._receipts[0]
            now = self._clock()
            self._outcomes.append(became(letter, receipt, now))
            self._receipts.popleft()
            lane = self._lanes[Channel(letter.message.channel)]
            self._outcomes += lane.heed(receipt, now)
        self._record()

    def _record(self) -> None:
        if not self._outcomes:
            return
        ahead = self._write_ahead()
        try:
            written = record(self._outcomes)
        finally:
            ahead.result()
        outcomes, self._outcomes = self._outcomes, []
        if written < len(outcomes):
            logger.warning("%d messages went to another worker", len(outcomes) - written)
        self._became.update(outcome.state for outcome in outcomes)

    def _end(self) -> None:
        for lane in self._lanes.values():
            self._outcomes += lane.give_back()
        patience = time.monotonic() + LAST_WORDS_SECONDS
        while self._is_unfinished and time.monotonic() < patience:
            self._take_at_last()
        self._senders.close()
        self._writer.shutdown()

    @property
    def _is_unfinished(self) -> bool:
        return bool(self._outcomes or self._receipts or self._senders.under_way)

    def _take_at_last(self) -> None:
        # What a provider has and nobody wrote down goes out again: a database that is away
        # for some seconds is waited for.
        try:
            self._take(LOOK_SECONDS if self._senders.under_way else 0)
        except DatabaseError as error:
            logger.warning("what became of messages waits for the database: %s", place_of(error))
            connection.close_if_unusable_or_obsolete()
            time.sleep(LOOK_SECONDS)

    def _skip_without_provider(self) -> None:
        now = self._clock()
        for channel in self._without_provider:
            Message.objects.filter(
                channel=channel, state=Message.State.DUE, due_at__lte=now
            ).update(state=Message.State.SKIPPED, reason=_("No provider is set up"))


def write_all(waiting: Sequence[Ready]) -> None:
    """Write messages as they are true now, each into its place."""
    for ready in waiting:
        ready.is_written = True
        try:
            ready.content = ready.kind.render(ready.message, ready.about)
        except Exception as error:
            words = "a message of the kind %s could not be written: %s"
            logger.error(words, ready.message.kind, place_of(error))


def knows_keys(make: MakeDeliverer) -> bool:
    """Tell whether sending twice is harmless with a provider."""
    deliverer = make()
    try:
        return deliverer.knows_keys
    finally:
        deliverer.close()


def became(letter: Letter, receipt: Receipt, now: datetime) -> Outcome:
    """Say what a message became by what its provider said."""
    message = letter.message
    if isinstance(receipt, Accepted):
        return sent(letter, receipt.provider_id, now)
    if isinstance(receipt, Refused):
        if receipt.is_dead:
            channel = Channel(message.channel)
            mark_dead(channel=channel, address=letter.address, reason=receipt.error, now=now)
        return failed(message, receipt.error)
    if receipt.is_open and message.channel == Channel.SMS and message.recovered:
        return failed(message, _("No answer twice; it may have gone out"))
    return retried(
        message,
        now,
        receipt.error,
        after=receipt.after,
        may_be_out=receipt.is_open,
    )
