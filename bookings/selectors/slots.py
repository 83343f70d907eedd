"""Free slots: the one search that serves clients, staff, holds, booking and the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.domain.slots import (
    FreeStarts,
    PractitionerTime,
    SearchSpace,
    VisitShape,
    free_starts,
)
from bookings.domain.timegrid import Grid, bits_between, cells_in
from bookings.domain.wallclock import (
    QualifiedBits,
    qualified_bits,
    roster_bits,
    start_cells_on_step,
    twice_over,
)
from bookings.selectors.questions import ClientMarks, SlotQuestion, shape_for
from bookings.selectors.taken import Ask, Taken, taken_time, taken_times
from clinic.domain.roster import local_instant
from clinic.selectors.catalogue import (
    PractitionerFacts,
    RoomFacts,
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A start that is free, with whom; UTC. `ends_at` is the last client minute.

    `awaits_renewal`: a paper runs out before, so the visit is subject to its renewal.
    """

    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    practitioner_public_id: UUID
    practitioner_name: str
    touches: bool
    awaits_renewal: bool = False


@dataclass(frozen=True, slots=True)
class FreeTime:
    """The answer of a search, still as bits; `shape` and `taken` serve the claim.

    `renewals` has, by practitioner, the cells that are subject to a renewal.
    """

    question: SlotQuestion
    grid: Grid
    shape: VisitShape
    rooms: tuple[RoomFacts, ...]
    taken: Taken
    found: tuple[FreeStarts, ...]
    renewals: Mapping[int, int]

    def slots(self) -> list[Slot]:
        """Return a slot per start and practitioner: by local date, touching first, then time."""
        zone = self.question.location.zone
        rows = [
            (self._slot(free.practitioner_id, cell, bool(free.touching >> cell & 1)))
            for free in self.found
            for cell in cells_in(free.starts)
        ]
        rows.sort(
            key=lambda slot: (
                slot.starts_at.astimezone(zone).date(),
                not slot.touches,
                slot.starts_at,
                slot.practitioner_id,
            )
        )
        return rows

    def first_start(self) -> datetime | None:
        """Return the earliest free start."""
        starts = 0
        for free in self.found:
            starts |= free.starts
        return self.grid.instant((starts & -starts).bit_length() - 1) if starts else None

    def times_on_dates(self) -> dict[date, int]:
        """Count the different start times of each local date that has any."""
        counts = {}
        starts = 0
        for free in self.found:
            starts |= free.starts
        day = self.question.first_date
        while day < self.question.end_date:
            count = (starts & _day_bits(self.question.location.zone, self.grid, day)).bit_count()
            if count:
                counts[day] = count
            day += timedelta(days=1)
        return counts

    def practitioners_at(self, starts_at: datetime) -> list[PractitionerFacts]:
        """Return who is free at a start: valid papers first, touching, who has least that day."""
        cell = self.grid.cell_of(starts_at)
        if cell < 0 or self.grid.instant(cell) != starts_at:
            return []
        free = [item for item in self.found if item.starts >> cell & 1]
        people = self.question.catalogue.practitioners
        zone = self.question.location.zone
        day = _day_bits(zone, self.grid, starts_at.astimezone(zone).date())
        free.sort(
            key=lambda item: (
                self.renewals.get(item.practitioner_id, 0) >> cell & 1,
                not item.touching >> cell & 1,
                (self.taken.visits_of(people[item.practitioner_id].hands_id) & day).bit_count(),
                item.practitioner_id,
            )
        )
        return [people[item.practitioner_id] for item in free]

    def _slot(self, practitioner_id: int, cell: int, touches: bool) -> Slot:
        person = self.question.catalogue.practitioners[practitioner_id]
        return Slot(
            starts_at=self.grid.instant(cell),
            ends_at=self.grid.instant(cell + self.shape.client.length),
            practitioner_id=practitioner_id,
            practitioner_public_id=person.public_id,
            practitioner_name=person.name,
            touches=touches,
            awaits_renewal=bool(self.renewals.get(practitioner_id, 0) >> cell & 1),
        )


def free_time(question: SlotQuestion, now: datetime) -> FreeTime:
    """Search. One query, whatever the number of days, practitioners and rooms.

    Free time is roster less reservations. Starts lie on the location's slot step or
    touch another visit of the practitioner; inside notice and beyond the horizon
    nothing is offered, nor at a local time that does not exist or a second time, nor on
    a date for which the practitioner's papers do not allow the service.
    """
    search = _prepare(question)
    taken = taken_time(
        resource_ids=search.resource_ids,
        grid=search.grid,
        now=now,
        but_appointments=question.but_appointments,
    )
    return _answer(search, taken, now)


def free_times(questions: Iterable[SlotQuestion], now: datetime) -> list[FreeTime]:
    """Search for several things at once. One query, whatever their number."""
    searches = [_prepare(question) for question in questions]
    asks = [
        Ask(search.resource_ids, search.grid, search.question.but_appointments)
        for search in searches
    ]
    return [
        _answer(search, taken, now)
        for search, taken in zip(searches, taken_times(asks, now), strict=True)
    ]


def resources_asked(question: SlotQuestion) -> list[int]:
    """Return all resources that a search looks at, for whoever locks them first."""
    return _prepare(question).resource_ids


@dataclass(frozen=True, slots=True)
class _Search:
    question: SlotQuestion
    people: list[PractitionerFacts]
    rooms: tuple[RoomFacts, ...]
    shape: VisitShape
    grid: Grid
    resource_ids: list[int]


def _prepare(question: SlotQuestion) -> _Search:
    people = _candidates(question)
    step_free = question.client is not None and question.client.needs_step_free
    rooms = tuple(
        room
        for room in question.catalogue.rooms_for(
            question.service.id, question.location.id, step_free=step_free
        )
        if question.room_id in (None, room.id)
    )
    shape = question.shape or shape_for(question.service, question.client)
    grid = _grid(question, shape)
    return _Search(question, people, rooms, shape, grid, _resources(people, rooms, question.client))


def _answer(search: _Search, taken: Taken, now: datetime) -> FreeTime:
    question, grid = search.question, search.grid
    space = SearchSpace(
        grid=grid,
        allowed=_allowed(question, grid, now),
        steps=start_cells_on_step(
            grid, question.location.zone, question.location.slot_step_minutes
        ),
        rooms=tuple(taken.all_of(room.resource_id) for room in search.rooms),
        client_taken=taken.all_of(question.client.resource_id) if question.client else 0,
    )
    qualified = {person.id: _qualified(question, grid, person, now) for person in search.people}
    times = [
        PractitionerTime(
            practitioner_id=person.id,
            roster=roster_bits(grid, question.location.zone, person.rosters[question.location.id]),
            hands_taken=taken.all_of(person.hands_id),
            visits=taken.visits_of(person.hands_id),
            lanes_taken=tuple(taken.all_of(lane) for lane in person.lane_ids),
            not_on=qualified[person.id].barred,
        )
        for person in search.people
    ]
    found = tuple(item for item in free_starts(search.shape, space, times) if item.starts)
    renewals = {person: bits.renewal for person, bits in qualified.items() if bits.renewal}
    return FreeTime(question, grid, search.shape, search.rooms, taken, found, renewals)


def _candidates(question: SlotQuestion) -> list[PractitionerFacts]:
    people = question.catalogue.offering(question.service.id, question.location.id)
    if question.among is not None:
        people = [person for person in people if person.id in question.among]
    if question.practitioner_id is None:
        return people
    return [person for person in people if person.id == question.practitioner_id]


def _qualified(
    question: SlotQuestion, grid: Grid, person: PractitionerFacts, now: datetime
) -> QualifiedBits:
    place = question.location
    spans = question.catalogue.spans(person.id, question.service.id, place.id)
    return qualified_bits(grid, place.zone, spans, now.astimezone(place.zone).date())


def _resources(
    people: Iterable[PractitionerFacts], rooms: Iterable[RoomFacts], client: ClientMarks | None
) -> list[int]:
    ids = [room.resource_id for room in rooms]
    for person in people:
        ids += (person.hands_id, *person.lane_ids)
    if client is not None:
        ids.append(client.resource_id)
    return ids


def _grid(question: SlotQuestion, shape: VisitShape) -> Grid:
    # A visit's length on either side: what ends as the window opens can be touched,
    # what starts as it closes has to fit.
    blocks = (*shape.rooms, *shape.hands, shape.client)
    margin = timedelta(minutes=5 * max(block.offset + block.length for block in blocks))
    zone = question.location.zone
    return Grid.covering(
        local_instant(zone, question.first_date, time(0)) - margin,
        local_instant(zone, question.end_date, time(0)) + margin,
    )


def _allowed(question: SlotQuestion, grid: Grid, now: datetime) -> int:
    zone = question.location.zone
    opens = local_instant(zone, question.first_date, time(0))
    closes = local_instant(zone, question.end_date, time(0))
    earliest = now
    if not question.waives_notice:
        earliest = now + timedelta(minutes=question.location.minimum_notice_minutes)
        last_date = now.astimezone(zone).date() + timedelta(days=question.location.horizon_days)
        closes = min(closes, local_instant(zone, last_date + timedelta(days=1), time(0)))
    opens = max(opens, earliest, _needling_from(question, opens, closes))
    if opens >= closes:
        return 0
    span = bits_between(_cell_at_or_after(grid, opens), _cell_at_or_after(grid, closes))
    return span & grid.mask & ~twice_over(grid, zone)


def _needling_from(question: SlotQuestion, opens: datetime, closes: datetime) -> datetime:
    client = question.client
    if client is None or not question.service.uses_needles:
        return opens
    if client.no_needling_until_cleared:
        return closes
    if client.no_needling_before is not None:
        return local_instant(question.location.zone, client.no_needling_before, time(0))
    return opens


def _cell_at_or_after(grid: Grid, at: datetime) -> int:
    cell = min(max(grid.cell_of(at), 0), grid.cells)
    return cell + 1 if 0 <= cell < grid.cells and grid.instant(cell) < at else cell


@lru_cache(maxsize=8192)
def _day_bits(zone: ZoneInfo, grid: Grid, day: date) -> int:
    first = _cell_at_or_after(grid, local_instant(zone, day, time(0)))
    end = _cell_at_or_after(grid, local_instant(zone, day + timedelta(days=1), time(0)))
    return bits_between(first, end)
