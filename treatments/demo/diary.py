"""A diary in memory: places visits by the engine's own rules, then writes them in bulk.

The search is `bookings.domain.slots.free_starts`, as for real bookings, over one grid of
the whole half year; what a visit takes comes from the same functions too. So the
reservations satisfy the constraint, and a year of visits takes a second.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bookings.domain.segments import Takings, takings
from bookings.domain.slots import (
    FreeStarts,
    PractitionerTime,
    SearchSpace,
    VisitShape,
    free_starts,
    lanes_free_at,
    rooms_free_at,
)
from bookings.domain.timegrid import CELL_MINUTES, Grid, bits_between, cells_in
from bookings.domain.wallclock import roster_bits, start_cells_on_step
from bookings.selectors.questions import ClientMarks, shape_for
from bookings.selectors.taken import Taken, taken_time
from bookings.services.reserving import Wanted, wanted_by
from clinic.domain.roster import local_instant
from clinic.selectors.catalogue import (
    Catalogue,
    LocationFacts,
    PractitionerFacts,
    RoomFacts,
    ServiceFacts,
)

TOUCH_IS_WORTH_CELLS = 9
"""How far from the wished hour people go for a start that touches another visit."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A visit to place on one local date, near a local hour; without practitioner, with any."""

    service: ServiceFacts
    location: LocationFacts
    client: ClientMarks
    day: date
    hour: int
    practitioner: PractitionerFacts | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A visit that found its place."""

    wish: Wish
    practitioner: PractitionerFacts
    room: RoomFacts
    lane_ids: tuple[int, ...]
    starts_at: datetime
    takings: Takings

    @property
    def ends_at(self) -> datetime:
        return self.takings.client.ends_at

    def wanted(self) -> list[Wanted]:
        """Return what the visit reserves."""
        return wanted_by(
            self.takings,
            hands_id=self.practitioner.hands_id,
            lane_ids=self.lane_ids,
            room_id=self.room.resource_id,
            client_id=self.wish.client.resource_id,
        )


class Diary:
    """Free time of everybody over a grid; visits that are placed take theirs."""

    def __init__(
        self, catalogue: Catalogue, grid: Grid, now: datetime, client_ids: Iterable[int]
    ) -> None:
        """Read the time that is taken, also that of clients by the ids of their resources."""
        self._catalogue = catalogue
        self._grid = grid
        self._now = now
        self._taken: Taken = taken_time(
            resource_ids=[*_resources(catalogue), *client_ids], grid=grid, now=now
        )

    def place(self, wish: Wish) -> Placed | None:
        """Find the start nearest to the wish and take it, with anybody if need be."""
        placed = self._find(wish)
        if placed is None and wish.practitioner is not None:
            placed = self._find(replace(wish, practitioner=None))
        if placed is not None:
            self._take(placed)
        return placed

    def _find(self, wish: Wish) -> Placed | None:
        shape = shape_for(wish.service, wish.client)
        rooms = self._catalogue.rooms_for(
            wish.service.id, wish.location.id, step_free=wish.client.needs_step_free
        )
        people = [
            person
            for person in self._catalogue.offering(wish.service.id, wish.location.id)
            if self._is_qualified(person, wish)
        ]
        if wish.practitioner is not None:
            people = [person for person in people if person.id == wish.practitioner.id]
        found = free_starts(
            shape, self._space(wish, rooms), [self._time(person, wish) for person in people]
        )
        best = _nearest(found, self._hour(wish))
        return None if best is None else self._claim(wish, shape, rooms, *best)

    def _is_qualified(self, person: PractitionerFacts, wish: Wish) -> bool:
        today = self._now.astimezone(wish.location.zone).date()
        return self._catalogue.is_qualified(
            person.id, wish.service.id, wish.location.id, wish.day, today
        )

    def _space(self, wish: Wish, rooms: list[RoomFacts]) -> SearchSpace:
        zone = wish.location.zone
        opens = local_instant(zone, wish.day, time(0))
        closes = local_instant(zone, wish.day + timedelta(days=1), time(0))
        return SearchSpace(
            grid=self._grid,
            allowed=bits_between(self._grid.cell_of(opens), self._grid.cell_of(closes)),
            steps=start_cells_on_step(self._grid, zone, wish.location.slot_step_minutes),
            rooms=tuple(self._taken.all_of(room.resource_id) for room in rooms),
            client_taken=self._taken.all_of(wish.client.resource_id),
        )

    def _time(self, person: PractitionerFacts, wish: Wish) -> PractitionerTime:
        roster = person.rosters[wish.location.id]
        return PractitionerTime(
            practitioner_id=person.id,
            roster=roster_bits(self._grid, wish.location.zone, roster),
            hands_taken=self._taken.all_of(person.hands_id),
            visits=self._taken.visits_of(person.hands_id),
            lanes_taken=tuple(self._taken.all_of(lane) for lane in person.lane_ids),
        )

    def _hour(self, wish: Wish) -> int:
        return self._grid.cell_of(local_instant(wish.location.zone, wish.day, time(wish.hour)))

    def _claim(
        self, wish: Wish, shape: VisitShape, rooms: list[RoomFacts], person_id: int, cell: int
    ) -> Placed:
        person = self._catalogue.practitioners[person_id]
        lanes = {lane: self._taken.all_of(lane) for lane in person.lane_ids}
        free_rooms = rooms_free_at(
            shape, {room.id: self._taken.all_of(room.resource_id) for room in rooms}, cell
        )
        starts_at = self._grid.instant(cell)
        return Placed(
            wish=wish,
            practitioner=person,
            room=_plainest([room for room in rooms if room.id in free_rooms]),
            lane_ids=tuple(lanes_free_at(shape, lanes, cell)),
            starts_at=starts_at,
            takings=takings(shape, starts_at),
        )

    def _take(self, placed: Placed) -> None:
        for item in placed.wanted():
            first = self._grid.cell_of(item.during.starts_at)
            last = self._grid.cell_of(item.during.ends_at)
            bits = bits_between(first, last)
            taken = self._taken
            taken.everything[item.resource_id] = taken.all_of(item.resource_id) | bits
            taken.by_visits[item.resource_id] = taken.visits_of(item.resource_id) | bits


def grid_around(now: datetime, days: int) -> Grid:
    """Return a grid of `days` before and after an instant, from a whole hour on."""
    whole = now.replace(minute=0, second=0, microsecond=0)
    return Grid(whole - timedelta(days=days), 2 * days * 24 * 60 // CELL_MINUTES)


def _resources(catalogue: Catalogue) -> list[int]:
    ids = [room.resource_id for room in catalogue.rooms.values()]
    for person in catalogue.practitioners.values():
        ids += (person.hands_id, *person.lane_ids)
    return ids


def _nearest(found: list[FreeStarts], wanted: int) -> tuple[int, int] | None:
    best: tuple[int, int, int] | None = None
    for free in found:
        for cell in cells_in(free.starts):
            touches = free.touching >> cell & 1
            score = abs(cell - wanted) - TOUCH_IS_WORTH_CELLS * touches
            if best is None or score < best[0]:
                best = (score, free.practitioner_id, cell)
    return None if best is None else (best[1], best[2])


def _plainest(rooms: list[RoomFacts]) -> RoomFacts:
    return min(rooms, key=lambda room: (room.is_step_free, len(room.service_ids), room.id))
