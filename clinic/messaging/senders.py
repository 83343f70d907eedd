"""A few threads per channel that hand letters to a provider, each over its own connection.

    the run ──hand──> letters ──> thread ──> provider
            <─receipts─ done <──────┘

The threads touch no database. How many letters are under way is what a killed worker may
leave in doubt, so it is small.
"""

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from clinic.logs import place_of
from clinic.messaging.delivery import Deliverer, Letter, MakeDeliverer, Receipt, TryAgain
from clinic.selectors.reach import Channel

logger = logging.getLogger(__name__)

GOODBYE_SECONDS = 2.0
GATHER_SECONDS = 0.004
"""What comes so soon after a first receipt is written down with it: one statement for all."""

Done = SimpleQueue[tuple[Letter, Receipt]]


@dataclass(slots=True)
class Desk:
    """The threads of one channel, started when there is a letter for them."""

    make: MakeDeliverer
    size: int
    letters: "SimpleQueue[Letter | None]" = field(default_factory=SimpleQueue)
    threads: list[threading.Thread] = field(default_factory=list)
    under_way: int = 0


class Senders:
    """All threads of one run."""

    def __init__(self, makers: Mapping[Channel, MakeDeliverer], size: int) -> None:
        self._desks = {channel: Desk(make, size) for channel, make in makers.items()}
        self._done: Done = SimpleQueue()

    @property
    def under_way(self) -> int:
        """How many letters are with a provider now."""
        return sum(desk.under_way for desk in self._desks.values())

    def has_room(self, channel: Channel) -> bool:
        """Tell whether a letter handed over now would go out at once."""
        return self._desks[channel].under_way < self._desks[channel].size

    def hand(self, letter: Letter) -> None:
        """Give a letter to a thread that has nothing to do."""
        desk = self._desks[Channel(letter.message.channel)]
        if desk.under_way == len(desk.threads):
            thread = threading.Thread(target=_work, args=(desk, self._done), daemon=True)
            desk.threads.append(thread)
            thread.start()
        desk.under_way += 1
        desk.letters.put(letter)

    def receipts(self, patience: float) -> list[tuple[Letter, Receipt]]:
        """Return the receipts there are; wait some seconds for the first if there is none."""
        found: list[tuple[Letter, Receipt]] = []
        ends = time.monotonic() + patience
        under_way = self.under_way
        with suppress(Empty):
            while len(found) < under_way:
                found.append(self._done.get(timeout=max(0.0, ends - time.monotonic())))
                if len(found) == 1:
                    ends = time.monotonic() + GATHER_SECONDS
        for letter, _receipt in found:
            self._desks[Channel(letter.message.channel)].under_way -= 1
        return found

    def close(self) -> None:
        """Let the threads end their connections; one that hangs is left behind."""
        threads = [thread for desk in self._desks.values() for thread in desk.threads]
        for desk in self._desks.values():
            for _thread in desk.threads:
                desk.letters.put(None)
        for thread in threads:
            thread.join(GOODBYE_SECONDS if self.under_way == 0 else 0)


def _work(desk: Desk, done: Done) -> None:
    deliverer: Deliverer | None = None
    while (letter := desk.letters.get()) is not None:
        try:
            deliverer = deliverer or desk.make()
            receipt = deliverer.deliver(letter)
        except Exception as error:
            # Whatever it is, the letter needs an answer and the next one a sender.
            logger.error("a message could not be handed over: %s", place_of(error))
            receipt = TryAgain(type(error).__name__, is_open=True)
        done.put((letter, receipt))
    if deliverer is not None:
        deliverer.close()
