"""What each visit to cover could become: everybody's search for free time, laid out as choices.

One query for the free times of all visits, one for time off, four for the courses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from bookings.domain.placing import Person, Placement, placements_at, starts_clear_of
from bookings.domain.timegrid import CELL, Grid, cells_in
from bookings.models import Appointment
from bookings.refusals import NotBookable
from bookings.selectors.barred import Bar, Barred, barred_within
from bookings.selectors.questions import SlotQuestion
from bookings.selectors.slots import FreeTime, free_times
from bookings.services.claiming import least_asked_for
from bookings.services.moving import keeping_start, move_question
from clinic.domain.intervals import Interval
from clinic.selectors.catalogue import Catalogue, LocationFacts, RoomFacts
from treatments.domain.covering import Case, Choice, Problem, StepKind
from treatments.domain.limits import DateLimits
from treatments.domain.wishes import Wishes
from treatments.models.cover_steps import CoverStep
from treatments.selectors.cover_courses import CoursePart, course_parts, links_between
from treatments.selectors.cover_scope import CoverScope

ONE_DAY = timedelta(days=1)
EARLIER, LATER = timedelta(days=7), timedelta(days=21)
"""How far from its date another time of a single visit is looked for."""

COURSE_REACH = timedelta(days=28)
"""How far from its date another time of a session is looked for, within its limits."""

KEPT_FOR = timedelta(hours=48)
KEPT_AT_LEAST = timedelta(hours=2)
"""How long an offered time is kept; where it can't be for the least, the client is called."""

TIME_TO_DECIDE = timedelta(hours=1)
"""A proposal leaves this much on top, since somebody looks at it before it is applied."""

MOST_CHOICES = 60
MOST_SAME_TIME = 16
NEAR, A_DAY = 16, 2
"""Of other times the nearest ones, and some of each date."""


@dataclass(frozen=True, slots=True)
class CoverOptions:
    """The problem to solve; what the cases' choices mean for their clients."""

    problem: Problem
    visits: Mapping[int, Appointment]
    parts: Mapping[int, CoursePart]

    def asks(self, visit_id: int, choice: Choice) -> bool:
        """Say whether the client is asked before a choice is made true."""
        return asks_client(self.visits[visit_id], choice, wishes_of(self.parts.get(visit_id)))


def cover_options(
    visits: Sequence[Appointment],
    scope: CoverScope,
    facts: Catalogue,
    now: datetime,
    *,
    wanted: Iterable[CoverStep] = (),
) -> CoverOptions:
    """Lay out what visits could become, at most `MOST_CHOICES` each.

    Same time: somebody else with valid papers, or another room, whatever the notice. Other
    times: with notice, inside the limits of the course while its other sessions stay, or
    some days around a single visit. What is `wanted` is among the choices if it is free.
    Visits need their people loaded.
    """
    parts = course_parts(visits)
    asked = [(visit, search) for visit in visits if (search := _search(visit, parts, facts, now))]
    found = free_times([q for _visit, search in asked for q in search.questions], now)
    if not asked:
        return CoverOptions(_problem(visits, {}, parts), {v.pk: v for v in visits}, parts)
    whole = Interval(
        min(free.grid.starts_at for free in found), max(free.grid.ends_at for free in found)
    )
    barred = barred_within(whole, _bars(scope))
    by_visit = {step.visit: step for step in wanted}
    choices = {}
    for (visit, search), same, other in zip(asked, found[::2], found[1::2], strict=True):
        step = by_visit.get(visit.public_id)
        case = _CaseTimes(visit, search, whole.starts_at, barred, step, now)
        choices[visit.pk] = case.choices(same, other)
    return CoverOptions(_problem(visits, choices, parts), {v.pk: v for v in visits}, parts)


def asks_client(visit: Appointment, choice: Choice, wishes: Wishes) -> bool:
    """Say whether a client is asked: another time, or not the one they asked for only."""
    if choice.kind is StepKind.OTHER_TIME:
        return True
    only = wishes.only_practitioner_id
    return only is not None and choice.practitioner_id not in (only, visit.practitioner_id)


def offer_ends_at(visit: Appointment, starts_at: datetime, now: datetime) -> datetime | None:
    """Return until when another time can be kept for a visit; None: not long enough to ask.

    Never past the notice of the kept time or of the visit itself. Needs `location` loaded.
    """
    notice = timedelta(hours=visit.location.late_change_hours)
    ends_at = min(now + KEPT_FOR, starts_at - notice, visit.starts_at - notice)
    return ends_at if ends_at >= now + KEPT_AT_LEAST else None


def wishes_of(part: CoursePart | None) -> Wishes:
    """Return what a visit's client asked for; nothing for single visits."""
    return part.course.asked_for if part is not None else Wishes()


@dataclass(frozen=True, slots=True)
class _Search:
    """What is asked about one visit: its own start, and other times."""

    same: SlotQuestion
    other: SlotQuestion
    limits: DateLimits | None
    wishes: Wishes
    known_ids: frozenset[int]

    @property
    def questions(self) -> tuple[SlotQuestion, SlotQuestion]:
        return self.same, self.other


def _search(
    visit: Appointment, parts: Mapping[int, CoursePart], facts: Catalogue, now: datetime
) -> _Search | None:
    try:
        question = move_question(appointment=visit, catalogue=facts, practitioner_id=None)
    except NotBookable:
        return None
    part = parts.get(visit.pk)
    day = question.first_date
    today = now.astimezone(question.location.zone).date()
    limits = part.limits(today) if part is not None else None
    first, last = _window(day, limits)
    other = replace(question, first_date=max(first, today), end_date=max(last, today) + ONE_DAY)
    return _Search(
        same=replace(keeping_start(question), waives_notice=True),
        other=other,
        limits=limits,
        wishes=wishes_of(part),
        known_ids=_known(visit, part),
    )


def _window(day: date, limits: DateLimits | None) -> tuple[date, date]:
    if limits is None:
        return day - EARLIER, day + LATER
    first, last = day - COURSE_REACH, day + COURSE_REACH
    if limits.before is not None:
        first = max(first, limits.before.date + timedelta(days=limits.before.floor_days))
    if limits.after is not None:
        last = min(last, limits.after.date - timedelta(days=limits.after.floor_days))
    return first, max(first, last)


def _known(visit: Appointment, part: CoursePart | None) -> frozenset[int]:
    return frozenset({visit.practitioner_id, *(part.known_ids if part is not None else ())})


def _bars(scope: CoverScope) -> list[Bar]:
    if not scope.takes_all:
        return []
    return [Bar(scope.span, scope.practitioner_id, scope.room_id, scope.location_id)]


@dataclass(frozen=True, slots=True)
class _CaseTimes:
    """Turns the free times around one visit into choices; `epoch` is cell 0 of all cases."""

    visit: Appointment
    search: _Search
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


def _problem(
    visits: Sequence[Appointment],
    choices: Mapping[int, tuple[Choice, ...]],
    parts: Mapping[int, CoursePart],
) -> Problem:
    cases = [
        Case(
            id=visit.pk,
            starts_at=visit.starts_at,
            whose=f"course {part.course.pk}" if (part := parts.get(visit.pk)) else f"{visit.pk}",
            known_ids=_known(visit, parts.get(visit.pk)),
            choices=choices.get(visit.pk, ()),
        )
        for visit in visits
    ]
    return Problem(tuple(cases), tuple(links_between(parts)))
