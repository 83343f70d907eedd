"""Where a session could go: free starts, and the best of them by date and practitioner."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from bookings.domain.slots import FreeStarts
from bookings.domain.timegrid import CELL_MINUTES, CELLS_A_DAY, Grid, cells_in
from clinic.domain.roster import ONE_DAY, day_bounds
from treatments.domain.wishes import MINUTES_A_DAY, SlotCosts

WHOLE_DAY = (1 << CELLS_A_DAY) - 1

Row = dict[int, tuple[int, int]]
"""By practitioner: the lowest price of a start on one date, and its earliest minute."""

BestStarts = Mapping[int, Row]
"""By ordinal of the date: the best starts, priced in cost."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold one start of a visit: where it stands on the local wall clock, and when that is.

    `minute` is the local minute of the day (0 to 1439), `starts_at` the same in UTC.
    """

    date: dt.date
    minute: int
    starts_at: dt.datetime
    practitioner_id: int

    def __post_init__(self) -> None:
        if not 0 <= self.minute < MINUTES_A_DAY:
            raise ValueError(f"a minute of the day is 0 to 1439, not {self.minute}")
        if self.starts_at.utcoffset() is None:
            raise ValueError(f"a start needs a time with a zone: {self.starts_at}")


class FreeTimes(Protocol):
    """The free starts for one kind of visit at one location, wishes not yet applied."""

    def best(self, costs: SlotCosts) -> BestStarts:
        """Return the cheapest start of each date and practitioner that the "only" wishes allow."""

    def at(self, date: dt.date, minute: int) -> Sequence[Candidate]:
        """List who is free at a local time, ascending by practitioner; wishes do not matter."""


class ListedTimes:
    """Free starts given one by one."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._by_date: defaultdict[dt.date, list[Candidate]] = defaultdict(list)
        self._minutes: defaultdict[dt.date, defaultdict[int, int]] = defaultdict(
            lambda: defaultdict(int)
        )
        for candidate in candidates:
            self._by_date[candidate.date].append(candidate)
            self._minutes[candidate.date][candidate.practitioner_id] |= 1 << candidate.minute

    def best(self, costs: SlotCosts) -> BestStarts:
        """Return the best starts (see `FreeTimes`): a few ANDs for each date and practitioner."""
        return {
            date.toordinal(): row
            for date, free in self._minutes.items()
            if (row := _best_of_day(date.isoweekday(), free.items(), costs, 1))
        }

    def at(self, date: dt.date, minute: int) -> list[Candidate]:
        """List who is free at a local time (see `FreeTimes`)."""
        found = [c for c in self._by_date.get(date, ()) if c.minute == minute]
        return sorted(found, key=lambda candidate: candidate.practitioner_id)


class GridTimes:
    """Free starts as the slot search finds them: bits of a grid, one integer a practitioner.

    The second pass of an hour that a clock change repeats is left out: a local time
    must name one instant.
    """

    def __init__(self, grid: Grid, zone: ZoneInfo, free: Sequence[FreeStarts]) -> None:
        self._zone = zone
        self._grid = grid
        self._free = sorted(free, key=lambda starts: starts.practitioner_id)
        self._days = {date: _Day(grid, zone, date) for date in _dates_of(grid, zone)}

    def best(self, costs: SlotCosts) -> BestStarts:
        """Return the best starts (see `FreeTimes`): a few ANDs for each date and practitioner."""
        return {
            date.toordinal(): row
            for date, day in self._days.items()
            if costs.admits_weekday(date.isoweekday())
            and (row := self._best_of_day(date, day, costs))
        }

    def at(self, date: dt.date, minute: int) -> list[Candidate]:
        """List who is free at a local time (see `FreeTimes`)."""
        day = self._days.get(date)
        if day is None or minute % CELL_MINUTES:
            return []
        bit = 1 << minute // CELL_MINUTES
        local = dt.datetime.combine(date, dt.time(*divmod(minute, 60)), tzinfo=self._zone)
        starts_at = local.astimezone(dt.UTC)
        return [
            Candidate(date, minute, starts_at, free.practitioner_id)
            for free in self._free
            if day.local(free.starts) & bit
        ]

    def _best_of_day(self, date: dt.date, day: "_Day", costs: SlotCosts) -> Row:
        free = ((free.practitioner_id, day.local(free.starts)) for free in self._free)
        return _best_of_day(date.isoweekday(), free, costs, CELL_MINUTES)


@dataclass(frozen=True, slots=True)
class WithoutDate:
    """Free starts less those of one date, on which somebody can't come."""

    free: FreeTimes
    date: dt.date

    def best(self, costs: SlotCosts) -> BestStarts:
        """Return the best starts (see `FreeTimes`) of the other dates."""
        left_out = self.date.toordinal()
        return {day: row for day, row in self.free.best(costs).items() if day != left_out}

    def at(self, date: dt.date, minute: int) -> Sequence[Candidate]:
        """List who is free at a local time (see `FreeTimes`)."""
        return [] if date == self.date else self.free.at(date, minute)


@dataclass(frozen=True, slots=True)
class WithoutPerson:
    """Free starts less those of one practitioner on one date."""

    free: FreeTimes
    practitioner_id: int
    date: dt.date

    def best(self, costs: SlotCosts) -> BestStarts:
        """Return the best starts (see `FreeTimes`), on that date those of the others."""
        day = self.date.toordinal()
        rows = dict(self.free.best(costs))
        row = {who: at for who, at in rows.pop(day, {}).items() if who != self.practitioner_id}
        return {**rows, day: row} if row else rows

    def at(self, date: dt.date, minute: int) -> Sequence[Candidate]:
        """List who is free at a local time (see `FreeTimes`)."""
        found = self.free.at(date, minute)
        if date != self.date:
            return found
        return [slot for slot in found if slot.practitioner_id != self.practitioner_id]


class _Day:
    """Where the local minutes of one date lie on a grid."""

    def __init__(self, grid: Grid, zone: ZoneInfo, date: dt.date) -> None:
        bounds = day_bounds(zone, date)
        self._first = grid.cell_of(bounds.starts_at)
        self._end = grid.cell_of(bounds.ends_at)
        self._shifts: dict[int, int] = {}
        if self._end - self._first != CELLS_A_DAY:
            self._shifts = self._local_cells(grid, zone)

    def local(self, starts: int) -> int:
        """Return the day's starts as bits of the wall clock, bit 0 at local midnight."""
        first = self._first
        bits = starts >> first if first >= 0 else starts << -first
        if not self._shifts:
            return bits & WHOLE_DAY
        bits &= (1 << self._end - first) - 1
        return sum(1 << self._shifts[cell] for cell in cells_in(bits) if cell in self._shifts)

    def _local_cells(self, grid: Grid, zone: ZoneInfo) -> dict[int, int]:
        """Map the cells of a day with a clock change to those of the wall clock."""
        shown: dict[int, int] = {}
        for cell in range(self._end - self._first):
            local = grid.instant(self._first + cell).astimezone(zone)
            if not local.fold:
                shown[cell] = (local.hour * 60 + local.minute) // CELL_MINUTES
        return shown


def _best_of_day(weekday: int, free: Iterable[tuple[int, int]], costs: SlotCosts, step: int) -> Row:
    """Choose by practitioner the best of one day's starts, bits of the minutes n * step."""
    row: Row = {}
    if not costs.admits_weekday(weekday):
        return row
    ranked = costs.ranked_minutes(weekday, step)
    for who, starts in free:
        if starts and costs.admits_practitioner(who):
            for cost, minutes in ranked:
                if found := starts & minutes:
                    first = (found & -found).bit_length() - 1
                    row[who] = (cost + costs.of_practitioner(who), first * step)
                    break
    return row


def _dates_of(grid: Grid, zone: ZoneInfo) -> list[dt.date]:
    first = grid.starts_at.astimezone(zone).date()
    last = grid.ends_at.astimezone(zone).date()
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]
