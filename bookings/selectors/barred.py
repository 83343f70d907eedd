"""Time off as it stands, also where visits booked before lie in it.

Time off reserves what was free when it was taken. Whoever moves a visit looks at the diary
without that visit, and would find its old time free in the middle of somebody's holiday.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bookings.domain.timegrid import Grid
from bookings.models import TimeOff
from clinic.domain.intervals import Interval
from clinic.selectors.catalogue import RoomFacts


@dataclass(frozen=True, slots=True)
class Bar:
    """Nobody is treated in this time: by this practitioner, in this room, at this location."""

    span: Interval
    practitioner_id: int | None = None
    room_id: int | None = None
    location_id: int | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """All bars of some stretch of time."""

    bars: tuple[Bar, ...]

    def of_practitioner(self, practitioner_id: int, grid: Grid) -> int:
        """Return the cells in which a practitioner is away."""
        return _bits(grid, (bar for bar in self.bars if bar.practitioner_id == practitioner_id))

    def of_room(self, room: RoomFacts, grid: Grid) -> int:
        """Return the cells in which a room is blocked, or its location closed."""
        return _bits(
            grid,
            (bar for bar in self.bars if room.id == bar.room_id or _closes(bar, room)),
        )


def barred_within(span: Interval, more: Iterable[Bar] = ()) -> Barred:
    """Return all time off that shares time with a span, and `more`. One query."""
    rows = TimeOff.objects.filter(starts_at__lt=span.ends_at, ends_at__gt=span.starts_at)
    bars = [
        Bar(Interval(row.starts_at, row.ends_at), row.practitioner_id, row.room_id, row.location_id)
        for row in rows.order_by("pk")
    ]
    return Barred((*bars, *more))


def _closes(bar: Bar, room: RoomFacts) -> bool:
    return bar.location_id is not None and bar.location_id == room.location_id


def _bits(grid: Grid, bars: Iterable[Bar]) -> int:
    return grid.bits_of((bar.span for bar in bars), outward=True)
