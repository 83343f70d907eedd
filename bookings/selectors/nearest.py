"""The next free start, and the free slots nearest to a lost one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import Slot, free_time

LOOK_AHEAD_DAYS = (3, 35)
"""How far `next_free_start` looks before it asks for the whole horizon."""


def next_free_start(question: SlotQuestion, now: datetime) -> datetime | None:
    """Return the first free start from `question.first_date` on within the horizon.

    At most three searches: a few days, a month, the whole horizon.
    """
    today = now.astimezone(question.location.zone).date()
    horizon = today + timedelta(days=question.location.horizon_days + 1)
    first = max(question.first_date, today)
    for days in (*LOOK_AHEAD_DAYS, question.location.horizon_days + 1):
        end = min(first + timedelta(days=days), horizon)
        if first >= end:
            return None
        start = free_time(replace(question, first_date=first, end_date=end), now).first_start()
        if start is not None:
            return start
        first = end
    return None


NEAREST_WITHIN_DAYS = (2, 14)
"""How far on either side `nearest_slots` looks; the second only if the first has too few."""


def nearest_slots(
    question: SlotQuestion, starts_at: datetime, now: datetime, count: int = 3
) -> list[Slot]:
    """Return the free slots nearest to a start, one per start, in order of time.

    Looked for within 14 days before and after, with the asked practitioner if one was
    asked for. At most two searches.
    """
    day = starts_at.astimezone(question.location.zone).date()
    slots: list[Slot] = []
    for days in NEAREST_WITHIN_DAYS:
        span = replace(
            question,
            first_date=day - timedelta(days=days),
            end_date=day + timedelta(days=days + 1),
        )
        slots = distinct_starts(free_time(span, now).slots())
        if len(slots) >= count:
            break
    near = sorted(slots, key=lambda slot: abs(slot.starts_at - starts_at))[:count]
    return sorted(near, key=lambda slot: slot.starts_at)


def distinct_starts(slots: Sequence[Slot]) -> list[Slot]:
    """Keep one slot per start, for "any practitioner".

    The first listed of those that stand on valid papers; they lead the list. One that is
    subject to a renewal is kept where there is no other.
    """
    by_start: dict[datetime, Slot] = {}
    for slot in sorted(slots, key=attrgetter("awaits_renewal")):
        by_start.setdefault(slot.starts_at, slot)
    return list(by_start.values())
