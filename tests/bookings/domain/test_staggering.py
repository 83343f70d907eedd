"""How many follow-ups fit into four hours when each client takes the first time listed."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from bookings.domain.slots import (
    Block,
    PractitionerTime,
    SearchSpace,
    VisitShape,
    free_starts,
    lanes_free_at,
    rooms_free_at,
)
from bookings.domain.timegrid import Grid, bits_between, cells_in
from bookings.domain.wallclock import start_cells_on_step

NEW_YORK = ZoneInfo("America/New_York")
NINE = dt.datetime(2026, 11, 24, 14, tzinfo=dt.UTC)
GRID = Grid(NINE - dt.timedelta(hours=2), 96)
FOUR_HOURS = bits_between(24, 72)

# 20 minutes of hands, 25 of retention, 15 of hands; then 10 of turnover.
FOLLOW_UP = VisitShape(
    hands=(Block(0, 4), Block(9, 3)), rooms=(Block(0, 14),), client=Block(0, 12), all_lanes=False
)
FIRST_VISIT = VisitShape(FOLLOW_UP.hands, FOLLOW_UP.rooms, FOLLOW_UP.client, all_lanes=True)


@dataclass
class Clinic:
    lanes: dict[int, int]
    rooms: dict[int, int]
    knows_touching: bool = True
    hands: int = 0
    booked: list[str] = field(default_factory=list)

    def book_all(self, shape: VisitShape) -> list[str]:
        while self._book_first_listed(shape):
            pass
        return self.booked

    def _book_first_listed(self, shape: VisitShape) -> bool:
        space = SearchSpace(
            GRID, GRID.mask, start_cells_on_step(GRID, NEW_YORK, 15), (*self.rooms.values(),), 0
        )
        visits = self.hands if self.knows_touching else 0
        practitioner = PractitionerTime(
            1, FOUR_HOURS, self.hands, visits, tuple(self.lanes.values())
        )
        (found,) = free_starts(shape, space, [practitioner])
        start = next(cells_in(found.touching or found.starts), None)
        if start is None:
            return False
        self._take(shape, start)
        self.booked.append(f"{GRID.instant(start).astimezone(NEW_YORK):%H:%M}")
        return True

    def _take(self, shape: VisitShape, start: int) -> None:
        for lane in lanes_free_at(shape, self.lanes, start):
            self.lanes[lane] |= bits_between(start, start + shape.client.length)
        room = rooms_free_at(shape, self.rooms, start)[0]
        self.rooms[room] |= bits_between(start, start + shape.rooms[0].length)
        for block in shape.hands:
            self.hands |= bits_between(start + block.offset, start + block.end)


def clinic(lanes: int, rooms: int, *, knows_touching: bool = True) -> Clinic:
    return Clinic(dict.fromkeys(range(lanes), 0), dict.fromkeys(range(rooms), 0), knows_touching)


@pytest.mark.parametrize(
    ("lanes", "rooms", "expected"),
    [
        (2, 2, ["09:00", "09:20", "10:20", "10:40", "11:40", "12:00"]),
        (1, 2, ["09:00", "10:00", "11:00", "12:00"]),
        (2, 1, ["09:00", "10:15", "11:30"]),
        (3, 3, ["09:00", "09:20", "10:20", "10:40", "11:40", "12:00"]),
    ],
)
def test_four_hours_fill_as_lanes_and_rooms_allow(
    lanes: int, rooms: int, expected: list[str]
) -> None:
    assert clinic(lanes, rooms).book_all(FOLLOW_UP) == expected


def test_without_touching_starts_only_four_fit() -> None:
    booked = clinic(2, 2, knows_touching=False).book_all(FOLLOW_UP)

    assert len(booked) == 4


def test_first_visits_never_overlap() -> None:
    booked = clinic(2, 2).book_all(FIRST_VISIT)

    assert booked == ["09:00", "10:00", "11:00", "12:00"]
