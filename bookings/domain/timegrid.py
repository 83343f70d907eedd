"""Time as bits: one Python integer per resource, one bit per cell of five minutes.

    cell        0    1    2    3    4    5    6    7
    instant   09:00 :05  :10  :15  :20  :25  :30  :35
    free        1    1    0    0    1    1    1    0      -> bits 0, 1, 4, 5, 6 = 0b01110011
    runs of 2   1    0    0    0    1    1    0    0

Cell 0 is the lowest bit. Asking whether anything is free for a while takes a few
shifts and ANDs, whatever the number of days.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import le, lt
from typing import Self

from clinic.domain.intervals import Interval

CELL_MINUTES = 5
CELL_SECONDS = CELL_MINUTES * 60
CELL = dt.timedelta(minutes=CELL_MINUTES)
CELLS_A_DAY = 24 * 60 // CELL_MINUTES
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
BIT_OF_BYTE = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True, slots=True)
class Grid:
    """Hold a window of time cut into cells: cell n begins 5n minutes after `starts_at`.

    `starts_at` is in UTC and lies on a multiple of five minutes. Raises ValueError otherwise.
    """

    starts_at: dt.datetime
    cells: int

    def __post_init__(self) -> None:
        if self.starts_at.utcoffset() != dt.timedelta(0) or (self.starts_at - EPOCH) % CELL:
            raise ValueError(f"a grid starts on a multiple of five minutes UTC: {self.starts_at}")
        if self.cells < 1:
            raise ValueError("a grid has at least one cell")

    @classmethod
    def covering(cls, starts_at: dt.datetime, ends_at: dt.datetime) -> Self:
        """Return the smallest grid that holds all of `[starts_at, ends_at)`."""
        first = EPOCH + (starts_at - EPOCH) // CELL * CELL
        return cls(first, -((first - ends_at) // CELL))

    @property
    def mask(self) -> int:
        """All cells of the grid."""
        return (1 << self.cells) - 1

    @property
    def ends_at(self) -> dt.datetime:
        """The end of the last cell, in UTC."""
        return self.starts_at + self.cells * CELL

    def cell_of(self, instant: dt.datetime) -> int:
        """Return the cell that holds `instant`; outside the grid below 0 or from `cells` on."""
        return (instant - self.starts_at) // CELL

    def instant(self, cell: int) -> dt.datetime:
        """Return the start of a cell, in UTC."""
        return self.starts_at + cell * CELL

    def bits_of(self, intervals: Iterable[Interval], *, outward: bool) -> int:
        """Return the cells that the intervals touch (`outward`) or fill (not `outward`).

        Taken time is rounded outward, free time inward, so that a doubt never
        becomes an offer. What lies outside the grid is left out.
        """
        bits = 0
        for interval in intervals:
            first, end = self._edges_of(interval, outward=outward)
            bits |= bits_between(max(first, 0), min(end, self.cells))
        return bits

    def intervals(self, bits: int, shortest: int = 1) -> Iterator[Interval]:
        """Yield the stretches of set cells, ascending, that last `shortest` cells or more."""
        while bits:
            first = (bits & -bits).bit_length() - 1
            length = ((~(bits >> first)) & -(~(bits >> first))).bit_length() - 1
            if length >= shortest:
                yield Interval(self.instant(first), self.instant(first + length))
            bits &= ~(((1 << length) - 1) << first)

    def _edges_of(self, interval: Interval, *, outward: bool) -> tuple[int, int]:
        since_start = interval.starts_at - self.starts_at
        until_end = interval.ends_at - self.starts_at
        if outward:
            return since_start // CELL, -(-until_end // CELL)
        return -(-since_start // CELL), until_end // CELL


def bits_between(start_cell: int, end_cell: int) -> int:
    """Return the cells from `start_cell` up to before `end_cell`, none if that is not later."""
    return (1 << end_cell) - (1 << start_cell) if start_cell < end_cell else 0


def bits_from_edges(starts: Sequence[int], ends: Sequence[int]) -> int:
    """Return the cells of many ranges `[starts[n], ends[n])`, all within the grid.

    Ordered ranges that do not overlap, as the database's `range_agg` gives them, take
    a short way: the sum of (2^end - 2^start) is one subtraction once both sums are
    written byte by byte, without an integer of the grid's length for each range (three
    times as quick over 60 days, the same over 14). Any other input is joined range by
    range, and as right.
    """
    if all(map(lt, starts, ends)) and all(map(le, ends, starts[1:])):
        return _sum_of_powers(ends) - _sum_of_powers(starts)
    return _joined(starts, ends)


def runs(free: int, length: int) -> int:
    """Return the cells from which on `length` cells are all free, in O(log length) shifts."""
    if length < 1:
        raise ValueError("a run is at least one cell long")
    known = 1
    while known * 2 <= length:
        free &= free >> known
        known *= 2
    return free & (free >> (length - known))


def cells_in(bits: int) -> Iterator[int]:
    """Yield the numbers of the set cells, ascending."""
    digits = bin(bits)[:1:-1]
    cell = digits.find("1")
    while cell >= 0:
        yield cell
        cell = digits.find("1", cell + 1)


def _sum_of_powers(cells: Sequence[int]) -> int:
    """Sum 2^cell over cells that rise strictly."""
    if not cells:
        return 0
    octets = bytearray((cells[-1] >> 3) + 1)
    for cell in cells:
        octets[cell >> 3] |= BIT_OF_BYTE[cell & 7]
    return int.from_bytes(octets, "little")


def _joined(starts: Sequence[int], ends: Sequence[int]) -> int:
    bits = 0
    for start_cell, end_cell in zip(starts, ends, strict=True):
        bits |= bits_between(start_cell, end_cell)
    return bits
