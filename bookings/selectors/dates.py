"""Which dates have room, a page of them at a time."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bookings.selectors.nearest import distinct_starts
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import Slot, free_time

PAGE = 10
"""Dates on a page: enough that few people ask for later ones (`ux.md` 2)."""

LOOK_AHEAD_DAYS = (21, 63)
"""How far to look before the whole horizon is searched: a page is mostly full by then."""


@dataclass(frozen=True, slots=True)
class FreeDates:
    """Dates with the number of their start times; `later` is the first of the next page."""

    times_on: dict[date, int]
    later: date | None


def free_dates(question: SlotQuestion, first: date, now: datetime) -> FreeDates:
    """Return the first ten dates from `first` on that have room, and whether more follow.

    At most three searches, whatever the horizon. `question`'s own dates do not matter.
    """
    today = now.astimezone(question.location.zone).date()
    end_of_all = today + timedelta(days=question.location.horizon_days + 1)
    start = max(first, today)
    found: dict[date, int] = {}
    at = start
    for days in (*LOOK_AHEAD_DAYS, question.location.horizon_days + 1):
        end = min(start + timedelta(days=days), end_of_all)
        if at < end:
            window = replace(question, first_date=at, end_date=end)
            found |= free_time(window, now).times_on_dates()
            at = end
        if len(found) > PAGE:
            break
    dates = sorted(found)
    return FreeDates(
        times_on={day: found[day] for day in dates[:PAGE]},
        later=dates[PAGE] if len(dates) > PAGE else None,
    )


def slots_on(question: SlotQuestion, day: date, now: datetime) -> list[Slot]:
    """Return a slot per start of one date, those that touch another visit first."""
    window = replace(question, first_date=day, end_date=day + timedelta(days=1))
    return distinct_starts(free_time(window, now).slots())
