"""Working hours: wall-clock hours of a week and of single dates, and the instants they mean.

The one place that decides about local times that a clock change skips or repeats.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from zoneinfo import ZoneInfo

from clinic.domain.intervals import Interval, merge

MIDNIGHT = dt.time(0, 0)
ONE_DAY = dt.timedelta(days=1)
ONE_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hold one stretch of wall-clock hours that repeats every week.

    `weekday` is ISO (Monday 1); `ends` 00:00 is midnight at the end of the day;
    `valid_to` is the last valid date, None for open. Raises ValueError for hours
    that are empty or run past midnight, and for a validity that ends before it begins.
    """

    weekday: int
    starts: dt.time
    ends: dt.time
    valid_from: dt.date
    valid_to: dt.date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.weekday <= 7:
            raise ValueError(f"a weekday is 1 to 7, not {self.weekday}")
        _refuse_backward_hours(self.starts, self.ends)
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"hours valid from {self.valid_from} cannot end on {self.valid_to}")

    def is_valid_on(self, date: dt.date) -> bool:
        """Say whether `date` lies in the validity of these hours, whatever its weekday."""
        return self.valid_from <= date and (self.valid_to is None or date <= self.valid_to)


@dataclass(frozen=True, slots=True)
class DatedHours:
    """Hold one stretch of hours of one date, instead of the weekly hours of that date.

    No hours (both None) means: not working that day. Several rows of a date add up.
    """

    date: dt.date
    starts: dt.time | None
    ends: dt.time | None

    def __post_init__(self) -> None:
        if self.starts is None and self.ends is None:
            return
        if self.starts is None or self.ends is None:
            raise ValueError(f"hours on {self.date} need both a start and an end, or neither")
        _refuse_backward_hours(self.starts, self.ends)


@dataclass(frozen=True, slots=True)
class Roster:
    """Hold when one practitioner works at one location."""

    weekly: tuple[WeeklyHours, ...] = ()
    dated: tuple[DatedHours, ...] = ()


def stretches(
    roster: Roster, zone: ZoneInfo, first_date: dt.date, end_date: dt.date
) -> list[Interval]:
    """List the working stretches of the local dates from `first_date` up to before `end_date`.

    In UTC, ordered, merged where they touch (over midnight too). The dated rows of a
    date replace all its weekly hours. Hours that a clock change swallows are left out.
    """
    weekly: dict[int, list[WeeklyHours]] = defaultdict(list)
    for row in roster.weekly:
        weekly[row.weekday].append(row)
    dated: dict[dt.date, list[DatedHours]] = defaultdict(list)
    for exception in roster.dated:
        dated[exception.date].append(exception)

    found: list[Interval] = []
    for ordinal in range(first_date.toordinal(), end_date.toordinal()):
        date = dt.date.fromordinal(ordinal)
        if date in dated:
            hours = [(row.starts, row.ends) for row in dated[date]]
        else:
            hours = [
                (row.starts, row.ends) for row in weekly[date.isoweekday()] if row.is_valid_on(date)
            ]
        found += _stretches_of_date(hours, zone, date)
    return merge(found)


@lru_cache(maxsize=32_768)
def local_instant(zone: ZoneInfo, date: dt.date, time: dt.time) -> dt.datetime:
    """Return the instant, in UTC, at which the clocks of `zone` show `date` and `time`.

    A time that a clock change skips is moved to the first instant after the gap;
    of a time that it repeats the first is meant. So later wall-clock times never
    become earlier instants. `time` carries no zone.

        wall clock   01:30   02:00   02:30   03:00   03:30       (spring, 02:00 -> 03:00)
        instant        a       b       b       b       c
    """
    wall = dt.datetime.combine(date, time.replace(fold=0), tzinfo=zone)
    instant = wall.astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _end_of_gap(zone, wall, instant)


def day_bounds(zone: ZoneInfo, date: dt.date) -> Interval:
    """Return the local day as an interval in UTC: 24 hours, and other lengths at clock changes.

    Raises ValueError for a date that the zone skipped altogether (Apia, 30 December 2011).
    """
    return Interval(
        local_instant(zone, date, MIDNIGHT), local_instant(zone, date + ONE_DAY, MIDNIGHT)
    )


def overlapping_weekly(rows: Sequence[WeeklyHours]) -> tuple[WeeklyHours, WeeklyHours] | None:
    """Return the first two rows that would have somebody work twice at once, or None."""
    for one, other in combinations(rows, 2):
        if one.weekday == other.weekday and _share_hours(one, other) and _share_dates(one, other):
            return one, other
    return None


def _stretches_of_date(
    hours: Iterable[tuple[dt.time | None, dt.time | None]], zone: ZoneInfo, date: dt.date
) -> list[Interval]:
    found = []
    for starts, ends in hours:
        if starts is None or ends is None:
            continue
        starts_at = local_instant(zone, date, starts)
        ends_at = local_instant(zone, date + ONE_DAY if ends == MIDNIGHT else date, ends)
        if starts_at < ends_at:
            found.append(Interval(starts_at, ends_at))
    return found


def _end_of_gap(zone: ZoneInfo, wall: dt.datetime, after: dt.datetime) -> dt.datetime:
    """Find by bisection the second at which the clocks jumped over `wall`.

    `wall` read with the offset before the gap lies after the jump, and read with the
    offset after the gap before it (PEP 495).
    """
    before = wall.replace(fold=1).astimezone(dt.UTC)
    new_offset = after.astimezone(zone).utcoffset()
    while after - before > ONE_SECOND:
        middle = before + (after - before) // ONE_SECOND // 2 * ONE_SECOND
        if middle.astimezone(zone).utcoffset() == new_offset:
            after = middle
        else:
            before = middle
    return after


def _refuse_backward_hours(starts: dt.time, ends: dt.time) -> None:
    if ends != MIDNIGHT and ends <= starts:
        raise ValueError(f"hours end after they start, on the same day: {starts} to {ends}")


def _share_hours(one: WeeklyHours, other: WeeklyHours) -> bool:
    one_goes_on = one.ends == MIDNIGHT or other.starts < one.ends
    other_goes_on = other.ends == MIDNIGHT or one.starts < other.ends
    return one_goes_on and other_goes_on


def _share_dates(one: WeeklyHours, other: WeeklyHours) -> bool:
    one_goes_on = one.valid_to is None or other.valid_from <= one.valid_to
    other_goes_on = other.valid_to is None or one.valid_from <= other.valid_to
    return one_goes_on and other_goes_on
