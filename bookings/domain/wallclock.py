"""The local wall clock laid over a grid: working hours, cells on a step, cells shown twice.

Works by stretches of one UTC offset and whole-day patterns, never cell by cell, and
keeps the answers: they depend on nothing but the arguments and the zone's rules.
A grid that begins at a fixed time of a local day is met again; one that begins "now" is not.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import lcm
from zoneinfo import ZoneInfo

from bookings.domain.timegrid import CELL, CELL_MINUTES, CELLS_A_DAY, EPOCH, Grid, bits_between
from clinic.domain.credentials import Spans
from clinic.domain.intervals import Interval
from clinic.domain.roster import ONE_DAY, Roster, local_instant, stretches


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a part `[first, end)` of a grid in which local time is UTC plus `offset` cells."""

    first: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class QualifiedBits:
    """Hold the cells on which somebody is `barred`, and those subject to a `renewal`."""

    barred: int
    renewal: int


@lru_cache(maxsize=2048)
def roster_bits(grid: Grid, zone: ZoneInfo, roster: Roster) -> int:
    """Return the cells that lie wholly inside the working stretches of a roster."""
    first_date = grid.starts_at.astimezone(zone).date()
    end_date = grid.ends_at.astimezone(zone).date() + ONE_DAY
    return grid.bits_of(stretches(roster, zone, first_date, end_date), outward=False)


@lru_cache(maxsize=4096)
def qualified_bits(grid: Grid, zone: ZoneInfo, spans: Spans, today: dt.date) -> QualifiedBits:
    """Return on which cells of a grid a visit can be booked today, for what papers say."""
    bookable = [span for span in spans if span.book_by is None or today <= span.book_by]
    allowed = renewal = 0
    for span in bookable:
        bits = _date_bits(grid, zone, span.first_date, span.last_date)
        allowed |= bits
        renewal |= 0 if span.book_by is None else bits
    return QualifiedBits(grid.mask & ~allowed, renewal)


def _date_bits(grid: Grid, zone: ZoneInfo, first_date: dt.date, last_date: dt.date) -> int:
    before = grid.starts_at.astimezone(zone).date()
    after = grid.ends_at.astimezone(zone).date() + ONE_DAY
    if last_date < before or first_date > after:
        return 0
    opens = local_instant(zone, max(first_date, before), dt.time(0))
    closes = local_instant(zone, min(last_date, after) + ONE_DAY, dt.time(0))
    return grid.bits_of([Interval(opens, closes)], outward=False) if opens < closes else 0


@lru_cache(maxsize=512)
def start_cells_on_step(grid: Grid, zone: ZoneInfo, step_minutes: int) -> int:
    """Return the cells at which the local minute of the day is a multiple of the step.

    Steps are counted from local midnight, every day anew.
    """
    if step_minutes < 1:
        raise ValueError("a step is at least one minute long")
    one_day = _every(lcm(step_minutes, CELL_MINUTES) // CELL_MINUTES, CELLS_A_DAY)
    bits = 0
    for piece in _pieces(grid, zone):
        first = max(piece.first, 0)
        if first < piece.end:
            since_midnight = ((grid.starts_at - EPOCH) // CELL + first + piece.offset) % CELLS_A_DAY
            length = piece.end - first
            days = one_day * _every(CELLS_A_DAY, since_midnight + length)
            bits |= (days >> since_midnight & bits_between(0, length)) << first
    return bits


@lru_cache(maxsize=512)
def twice_over(grid: Grid, zone: ZoneInfo) -> int:
    """Return the cells whose local time was already shown: the second pass of a repeated hour."""
    bits = 0
    for before, after in pairwise(_pieces(grid, zone)):
        repeated = before.offset - after.offset
        bits |= bits_between(max(after.first, 0), min(after.first + repeated, grid.cells))
    return bits


@lru_cache(maxsize=512)
def _pieces(grid: Grid, zone: ZoneInfo) -> tuple[Piece, ...]:
    """Cut the grid where the zone's offset changes.

    Begins a day early (at a cell below 0), so that a repeated hour which the grid
    enters half-way is seen. No zone changes its offset twice within 24 hours.
    """
    pieces = []
    first = here = -CELLS_A_DAY
    offset = _offset_at(grid, zone, here)
    while here < grid.cells:
        there = min(here + CELLS_A_DAY, grid.cells)
        new_offset = _offset_at(grid, zone, there)
        if new_offset != offset:
            change = _change_between(grid, zone, here, there)
            pieces.append(Piece(first, change, offset))
            first, offset = change, new_offset
        here = there
    return (*pieces, Piece(first, grid.cells, offset))


def _change_between(grid: Grid, zone: ZoneInfo, before: int, after: int) -> int:
    new_offset = _offset_at(grid, zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(grid, zone, middle) == new_offset:
            after = middle
        else:
            before = middle
    return after


def _offset_at(grid: Grid, zone: ZoneInfo, cell: int) -> int:
    offset = grid.instant(cell).astimezone(zone).utcoffset() or dt.timedelta(0)
    return offset // CELL


def _every(stride: int, end: int) -> int:
    """Return the cells 0, stride, 2 * stride ... below `end`."""
    count = -(-end // stride)
    return ((1 << count * stride) - 1) // ((1 << stride) - 1)
