"""What a client has to be told of a visit: the difference to what they were told last.

Whoever acts knows what they did; what the clinic does while a message about the client's
own act still waits is a change all the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

URGENT = timedelta(hours=24)
"""A change by the clinic of a visit nearer than this goes out at once, by every channel."""


class Telling(StrEnum):
    """The messages about a change; the values name their kinds."""

    BOOKED = "visit_booked"
    MOVED = "visit_moved"
    CANCELLED = "visit_cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """A visit as its client sees it: when and with whom, or cancelled."""

    starts_at: datetime
    practitioner_id: int
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that the newest change overtakes before anybody was sent it.

    `told` is what the client had been told before it, if anything; `by_client` says that it
    was about an act of their own.
    """

    told: Standing | None
    by_client: bool


def last_told(
    *, before: Standing | None, unsent: Unsent | None, by_client: bool
) -> Standing | None:
    """Return what a client knows of a visit at the time of a change; None: nothing.

    `before` is how the visit stood before the change; None if it was not booked.
    """
    if unsent is None or (unsent.by_client and not by_client):
        return before
    return unsent.told


def to_tell(*, told: Standing | None, now: Standing) -> Telling | None:
    """Return the message that takes a client from what they know to what is; None if none does."""
    if told is None or told.is_cancelled:
        return None if now.is_cancelled else Telling.BOOKED
    if now.is_cancelled:
        return Telling.CANCELLED
    return None if told == now else Telling.MOVED


def is_urgent(*, told: Standing | None, now: Standing, at: datetime, by_client: bool) -> bool:
    """Tell whether a change goes out at once: by the clinic, of a visit within 24 hours.

    A visit moved out of the next 24 hours counts: somebody may be on the way.
    """
    if by_client or told is None:
        return False
    starts = [now.starts_at] if now.is_cancelled else [told.starts_at, now.starts_at]
    return any(at < start < at + URGENT for start in starts)
