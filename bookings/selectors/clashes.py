"""What stands in the way of a visit at a start. Pages make words of it, for whoever may see."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum, auto

from bookings.domain.segments import Takings, takings
from bookings.domain.timegrid import CELL, Grid
from bookings.domain.wallclock import roster_bits, twice_over
from bookings.models import Appointment, Reservation, TimeOff
from bookings.selectors.questions import SlotQuestion, shape_for
from clinic.domain.intervals import Interval
from clinic.domain.roster import ONE_DAY, day_bounds, local_instant
from clinic.selectors.catalogue import PractitionerFacts, RoomFacts


class Obstacle(StrEnum):
    """Why a visit can't be at a start."""

    NO_SUCH_TIME = auto()
    PAST = auto()
    NOT_OFFERED = auto()
    NO_NEEDLING = auto()
    PAPERS = auto()
    OFF_DUTY = auto()
    AWAY = auto()
    HANDS = auto()
    LANES = auto()
    CLIENT = auto()
    ROOM_UNFIT = auto()
    ROOM_CLOSED = auto()
    ROOM_TAKEN = auto()
    NO_ROOM = auto()
    NOTICE = auto()
    HORIZON = auto()


WAIVABLE = frozenset({Obstacle.NOTICE, Obstacle.HORIZON})
"""What somebody at the desk may go against, with a reason."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One thing in the way.

    `during`: from when to when it is (UTC); `visit` or `time_off`: what it is, where it is
    one; `hours`: when the practitioner works that day, if not then; `on`: the local date.
    """

    obstacle: Obstacle
    on: date
    practitioner: PractitionerFacts | None = None
    room: RoomFacts | None = None
    during: Interval | None = None
    visit: Appointment | None = None
    time_off: TimeOff | None = None
    hours: Sequence[Interval] = ()


def clashes_at(
    question: SlotQuestion, person: PractitionerFacts, starts_at: datetime, now: datetime
) -> list[Clash]:
    """Return all that keeps a visit from a start with one practitioner; empty if nothing does.

    One query. Asks the same as the search (`bookings.selectors.slots`), thing by thing;
    the search and the constraint decide. Steps are not asked: staff start at any five
    minutes. What a reason can waive comes last.
    """
    attempt = _Attempt(question, person, starts_at, now)
    found = [*_rules(attempt), *_people(attempt), *_rooms(attempt), *_notice(attempt)]
    by_thing: dict[tuple[Obstacle, int | None, int | None], Clash] = {}
    for clash in found:
        visit = clash.visit.pk if clash.visit else None
        off = clash.time_off.pk if clash.time_off else None
        by_thing.setdefault((clash.obstacle, visit, off), clash)
    return list(by_thing.values())


@dataclass(slots=True)
class _Attempt:
    question: SlotQuestion
    person: PractitionerFacts
    starts_at: datetime
    now: datetime
    takings: Takings = field(init=False)
    rooms: list[RoomFacts] = field(init=False)
    on: date = field(init=False)
    taken: list[Reservation] = field(init=False)

    def __post_init__(self) -> None:
        question, client = self.question, self.question.client
        shape = question.shape or shape_for(question.service, client)
        self.takings = takings(shape, self.starts_at)
        self.on = self.starts_at.astimezone(question.location.zone).date()
        serving = question.catalogue.rooms_for(
            question.service.id,
            question.location.id,
            step_free=client is not None and client.needs_step_free,
        )
        self.rooms = [room for room in serving if question.room_id in (None, room.id)]
        self.taken = self._read()

    @property
    def all_lanes(self) -> bool:
        shape = self.question.shape or shape_for(self.question.service, self.question.client)
        return shape.all_lanes

    def of(self, resource_id: int, spans: Iterable[Interval]) -> list[Reservation]:
        """Return what takes a resource in any of some spans."""
        return [
            row
            for row in self.taken
            if row.resource_id == resource_id
            and any(row.during.lower < s.ends_at and row.during.upper > s.starts_at for s in spans)
        ]

    def _read(self) -> list[Reservation]:
        ids = [self.person.hands_id, *self.person.lane_ids]
        ids += [room.resource_id for room in self.rooms]
        if self.question.client is not None:
            ids.append(self.question.client.resource_id)
        rows = (
            Reservation.objects.of_resources(ids)
            .overlapping(self.takings.whole)
            .select_related("appointment__client", "appointment__practitioner", "time_off")
            .order_by("during", "pk")
        )
        return [
            row
            for row in rows
            if row.appointment_id not in self.question.but_appointments
            and (row.held_until is None or row.held_until > self.now)
        ]


def _rules(attempt: _Attempt) -> Iterator[Clash]:
    question, person, on = attempt.question, attempt.person, attempt.on
    place, service, client = question.location, question.service, question.client
    clash = Clash(Obstacle.NO_SUCH_TIME, on, practitioner=person)
    grid = Grid.covering(attempt.starts_at - ONE_DAY, attempt.starts_at + CELL)
    if twice_over(grid, place.zone) >> grid.cell_of(attempt.starts_at) & 1:
        yield clash
    if attempt.starts_at <= attempt.now:
        yield replace(clash, obstacle=Obstacle.PAST)
    if service.id not in person.service_ids or place.id not in person.rosters:
        yield replace(clash, obstacle=Obstacle.NOT_OFFERED)
        return
    if client is not None and service.uses_needles:
        until = client.no_needling_before
        if client.no_needling_until_cleared or (until is not None and on < until):
            yield replace(clash, obstacle=Obstacle.NO_NEEDLING)
    today = attempt.now.astimezone(place.zone).date()
    if not question.catalogue.is_qualified(person.id, service.id, place.id, on, today):
        yield replace(clash, obstacle=Obstacle.PAPERS)
    hours = _hours(attempt)
    inside = attempt.takings.client
    if not any(h.starts_at <= inside.starts_at and inside.ends_at <= h.ends_at for h in hours):
        yield replace(clash, obstacle=Obstacle.OFF_DUTY, hours=hours)


def _people(attempt: _Attempt) -> Iterator[Clash]:
    person, on, client = attempt.person, attempt.on, attempt.question.client
    for row in attempt.of(person.hands_id, attempt.takings.hands):
        obstacle = Obstacle.AWAY if row.time_off else Obstacle.HANDS
        yield _clash(obstacle, on, row, practitioner=person)
    whole = [attempt.takings.client]
    by_lane = [attempt.of(lane, whole) for lane in person.lane_ids]
    is_full = any(by_lane) if attempt.all_lanes else all(by_lane)
    if is_full:
        yield from _full(person, on, [row for rows in by_lane for row in rows])
    if client is not None:
        for row in attempt.of(client.resource_id, whole):
            yield _clash(Obstacle.CLIENT, on, row)


def _full(person: PractitionerFacts, on: date, rows: Sequence[Reservation]) -> Iterator[Clash]:
    away = [row for row in rows if row.time_off]
    if away:
        yield _clash(Obstacle.AWAY, on, away[0], practitioner=person)
    else:
        first = min(row.during.lower for row in rows)
        last = max(row.during.upper for row in rows)
        yield Clash(Obstacle.LANES, on, practitioner=person, during=Interval(first, last))


def _rooms(attempt: _Attempt) -> Iterator[Clash]:
    spans, question, on = attempt.takings.room, attempt.question, attempt.on
    if not spans:
        return
    in_way = {room.id: attempt.of(room.resource_id, spans) for room in attempt.rooms}
    if question.room_id is None:
        if all(in_way.values()):
            first = min(span.starts_at for span in spans)
            last = max(span.ends_at for span in spans)
            yield Clash(Obstacle.NO_ROOM, on, during=Interval(first, last))
        return
    room = question.catalogue.rooms.get(question.room_id)
    if not attempt.rooms:
        yield Clash(Obstacle.ROOM_UNFIT, on, room=room)
    for row in in_way.get(question.room_id, ()):
        obstacle = Obstacle.ROOM_CLOSED if row.time_off else Obstacle.ROOM_TAKEN
        yield _clash(obstacle, on, row, room=room)


def _notice(attempt: _Attempt) -> Iterator[Clash]:
    place, now, starts_at = attempt.question.location, attempt.now, attempt.starts_at
    if attempt.question.waives_notice or starts_at <= now:
        return
    clash = Clash(Obstacle.NOTICE, attempt.on, practitioner=attempt.person)
    if starts_at < now + timedelta(minutes=place.minimum_notice_minutes):
        yield clash
    last = now.astimezone(place.zone).date() + timedelta(days=place.horizon_days)
    if starts_at >= local_instant(place.zone, last + ONE_DAY, time(0)):
        yield replace(clash, obstacle=Obstacle.HORIZON)


def _hours(attempt: _Attempt) -> list[Interval]:
    place = attempt.question.location
    bounds = day_bounds(place.zone, attempt.on)
    last = max(bounds.ends_at, attempt.takings.client.ends_at)
    grid = Grid.covering(bounds.starts_at, last)
    bits = roster_bits(grid, place.zone, attempt.person.rosters[place.id]) & grid.mask
    return list(grid.intervals(bits))


def _clash(
    obstacle: Obstacle,
    on: date,
    row: Reservation,
    *,
    practitioner: PractitionerFacts | None = None,
    room: RoomFacts | None = None,
) -> Clash:
    return Clash(
        obstacle,
        on,
        practitioner=practitioner,
        room=room,
        during=Interval(row.during.lower, row.during.upper),
        visit=row.appointment,
        time_off=row.time_off,
    )
