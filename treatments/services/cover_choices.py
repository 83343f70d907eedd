"""From the free times around one visit to the choices that cover has for it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from bookings.domain.placing import Person, Placement, placements_at, starts_clear_of
from bookings.domain.timegrid import CELL, Grid, cells_in
from bookings.models import Appointment
from bookings.selectors.barred import Barred
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime
from bookings.services.claiming import least_asked_for
from clinic.selectors.catalogue import LocationFacts, RoomFacts
from treatments.domain.covering import Choice, StepKind
from treatments.domain.limits import DateLimits
from treatments.domain.wishes import Wishes
from treatments.models.cover_steps import CoverStep
from treatments.services.cover_rules import asks_client, offer_ends_at

TIME_TO_DECIDE = timedelta(hours=1)
"""A proposal leaves this much on top, since somebody looks at it before it is applied."""

MOST_CHOICES = 60
MOST_SAME_TIME = 16
NEAR, A_DAY = 16, 2
"""Of other times the nearest ones, and some of each date."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked about one visit: its own start, and other times."""

    same: SlotQuestion
    other: SlotQuestion
    limits: DateLimits | None
    wishes: Wishes
    known_ids: frozenset[int]

    @property
    def questions(self) -> tuple[SlotQuestion, SlotQuestion]:
        return self.same, self.other


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """Turns the free times around one visit into choices; `epoch` is cell 0 of all cases."""

    visit: Appointment
    search: Search
    epoch: datetime
    barred: Barred
    wanted: CoverStep | None
    now: datetime

    def choices(self, same: FreeTime, other: FreeTime) -> tuple[Choice, ...]:
        """Return the choices, the best liked first."""
        found = [*self._at_same_time(same), *self._at_other_times(other)]
        if (kept := self._wanted(same, other)) is not None and kept not in found:
            return (*found[: MOST_CHOICES - 1], kept)
        return tuple(found[:MOST_CHOICES])

    def _at_same_time(self, free: FreeTime) -> Iterator[Choice]:
        cell = free.grid.cell_of(self.visit.starts_at)
        starts = self._starts(free)
        people = [
            p for p in free.practitioners_at(self.visit.starts_at) if starts[p.id] >> cell & 1
        ]
        people.sort(key=lambda person: person.id not in self.search.known_ids)
        found = (
            choice
            for person in people
            for choice in self._with(free, cell, person.id, StepKind.SAME_TIME, rooms=2)
            if not self._changes_nothing(choice) and self._can_be_asked(choice)
        )
        return islice(found, MOST_SAME_TIME)

    def _at_other_times(self, free: FreeTime) -> Iterator[Choice]:
        pairs = [
            (abs(free.grid.instant(cell) - self.visit.starts_at), cell, person)
            for person, bits in self._starts(free).items()
            for cell in cells_in(bits)
            if self._may_be_offered(free, cell, person)
        ]
        for _way, cell, person in _varied(sorted(pairs), free.grid, free.question.location):
            yield from self._with(free, cell, person, StepKind.OTHER_TIME, rooms=2)

    def _wanted(self, same: FreeTime, other: FreeTime) -> Choice | None:
        step = self.wanted
        if step is None or step.starts_at is None or step.practitioner_id is None:
            return None
        is_same = step.kind is StepKind.SAME_TIME
        free = same if is_same else other
        cell = free.grid.cell_of(step.starts_at)
        if cell < 0 or not self._starts(free).get(step.practitioner_id, 0) >> cell & 1:
            return None
        if not is_same and not self._may_be_offered(free, cell, step.practitioner_id):
            return None
        found = self._with(free, cell, step.practitioner_id, step.kind, rooms=len(free.rooms))
        return next((choice for choice in found if is_as_proposed(choice, step)), None)

    def _starts(self, free: FreeTime) -> dict[int, int]:
        """Return by practitioner where a visit may start, with papers valid on that date."""
        return {
            item.practitioner_id: item.starts
            & ~free.renewals.get(item.practitioner_id, 0)
            & starts_clear_of(
                self.barred.of_practitioner(item.practitioner_id, free.grid),
                free.shape,
                free.grid.mask,
            )
            for item in free.found
        }

    def _may_be_offered(self, free: FreeTime, cell: int, practitioner_id: int) -> bool:
        starts_at = free.grid.instant(cell)
        wishes = self.search.wishes
        local = starts_at.astimezone(free.question.location.zone)
        if wishes.only_practitioner_id not in (None, practitioner_id):
            return False
        if wishes.only_weekdays and local.isoweekday() not in wishes.only_weekdays:
            return False
        minute = local.hour * 60 + local.minute
        if wishes.only_hours is not None and not wishes.only_hours.holds(minute):
            return False
        if self.search.limits is not None and not self.search.limits.allow(local.date()):
            return False
        return starts_at != self.visit.starts_at and self._is_long_enough(starts_at)

    def _can_be_asked(self, choice: Choice) -> bool:
        asks = asks_client(self.visit, choice, self.search.wishes)
        return not asks or self._is_long_enough(choice.starts_at)

    def _is_long_enough(self, starts_at: datetime) -> bool:
        return offer_ends_at(self.visit, starts_at, self.now + TIME_TO_DECIDE) is not None

    def _changes_nothing(self, choice: Choice) -> bool:
        stays = (self.visit.practitioner_id, self.visit.room_id)
        return (choice.practitioner_id, choice.room_id) == stays

    def _with(
        self, free: FreeTime, cell: int, practitioner_id: int, kind: StepKind, *, rooms: int
    ) -> Iterator[Choice]:
        facts = free.question.catalogue.practitioners[practitioner_id]
        lanes = {lane: free.taken.all_of(lane) for lane in facts.lane_ids}
        person = Person(facts.id, facts.hands_id, lanes)
        taken = self._rooms(free)
        found: dict[int, list[Placement]] = {}
        for placed in placements_at(free.shape, cell, person, taken):
            found.setdefault(placed.room_resource_id, []).append(placed)
        for placements in islice(found.values(), rooms):
            yield from (self._choice(free, placed, kind) for placed in placements[:2])

    def _rooms(self, free: FreeTime) -> dict[int, int]:
        """Return what is taken of each room, by resource: the visit's own room first."""
        left, ordered = list(free.rooms), []
        while left:
            own = [room for room in left if room.id == self.visit.room_id]
            ordered.append(own[0] if own else least_asked_for(left))
            left.remove(ordered[-1])
        return {
            room.resource_id: free.taken.all_of(room.resource_id)
            | self.barred.of_room(room, free.grid)
            for room in ordered
        }

    def _choice(self, free: FreeTime, placed: Placement, kind: StepKind) -> Choice:
        starts_at = free.grid.instant(placed.cell)
        assert free.question.client is not None
        return Choice(
            kind=kind,
            practitioner_id=placed.person.id,
            room_id=_room_of(free.rooms, placed.room_resource_id).id,
            lane_ids=placed.lane_ids,
            starts_at=starts_at,
            date=starts_at.astimezone(free.question.location.zone).date(),
            minutes=round(abs(starts_at - self.visit.starts_at).total_seconds() / 60),
            holds=placed.holds(
                free.shape,
                free.question.client.resource_id,
                shift=(free.grid.starts_at - self.epoch) // CELL,
            ),
        )


def is_as_proposed(choice: Choice, step: CoverStep) -> bool:
    """Say whether a choice is what a step says, to the room and the lane."""
    return (
        choice.kind is step.kind
        and choice.starts_at == step.starts_at
        and choice.practitioner_id == step.practitioner_id
        and choice.room_id == step.room_id
        and choice.lane_ids == step.lane_ids
    )


def _varied(
    pairs: Sequence[tuple[timedelta, int, int]], grid: Grid, place: LocationFacts
) -> list[tuple[timedelta, int, int]]:
    """Return the nearest pairs, and the nearest of each date, in order."""
    found = list(pairs[:NEAR])
    counts: dict[date, int] = {}
    for pair in pairs:
        on = grid.instant(pair[1]).astimezone(place.zone).date()
        counts[on] = counts.get(on, 0) + 1
        if counts[on] <= A_DAY and pair not in found:
            found.append(pair)
    return sorted(found)


def _room_of(rooms: Iterable[RoomFacts], resource_id: int) -> RoomFacts:
    return next(room for room in rooms if room.resource_id == resource_id)
