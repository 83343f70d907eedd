"""Free slots of a window together with the first one after it, for the API."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from bookings.domain.timegrid import bits_between
from bookings.selectors.nearest import next_free_start
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, free_time
from clinic.domain.roster import local_instant

PEEK_DAYS = 3
"""How many days after the window the same search looks for the next free start."""


@dataclass(frozen=True, slots=True)
class Openings:
    """The free starts of a window as bits of `free.grid`, and the first start after it (UTC)."""

    free: FreeTime
    window: int
    next_start: datetime | None


def openings(question: SlotQuestion, now: datetime) -> Openings:
    """Search a window, and from its end on for the first free start within the horizon.

    One query while there is a start within three days of the window's end, else at
    most three more. The window's days are those of the question.
    """
    peek_date = question.end_date + timedelta(days=PEEK_DAYS)
    free = free_time(replace(question, end_date=peek_date), now)
    closes = local_instant(question.location.zone, question.end_date, time(0))
    edge = free.grid.cell_of(closes)
    after = 0
    for item in free.found:
        after |= item.starts >> edge
    next_start: datetime | None
    if after:
        next_start = free.grid.instant(edge + (after & -after).bit_length() - 1)
    else:
        next_start = next_free_start(replace(question, first_date=peek_date), now)
    return Openings(free, bits_between(0, edge), next_start)
