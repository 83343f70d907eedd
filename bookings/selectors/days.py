"""A day of a location as the desk sees it, and the lists that wait for somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_

from django.db.models import Q, QuerySet

from bookings.domain.lifecycle import UNDO_WINDOW, State, is_step, may_undo
from bookings.domain.timegrid import CELL, Grid
from bookings.domain.wallclock import roster_bits
from bookings.models import Appointment, ChangeRequest, StatusChange, TimeOff
from bookings.models.appointments import AppointmentQuerySet
from bookings.selectors.taken import Taken, taken_time
from clinic.domain.intervals import Interval
from clinic.domain.roster import day_bounds
from clinic.models import User
from clinic.selectors.catalogue import Catalogue, LocationFacts, PractitionerFacts, RoomFacts

SHORTEST_GAP_CELLS = 3
"""Fifteen minutes: a shorter gap is not worth a line."""


@dataclass(frozen=True, slots=True)
class PersonsDay:
    """A practitioner's day: on duty, away, and free (hands and a lane), in UTC."""

    practitioner: PractitionerFacts
    on_duty: tuple[Interval, ...]
    away: tuple[Interval, ...]
    free: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class RoomsDay:
    """A room's day: when it is closed or blocked, in UTC."""

    room: RoomFacts
    closed: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A local date of a location: its visits by start, who works, what is closed."""

    location: LocationFacts
    date: date
    bounds: Interval
    visits: tuple[Appointment, ...]
    undoable: frozenset[int]
    people: tuple[PersonsDay, ...]
    rooms: tuple[RoomsDay, ...]
    time_off: tuple[TimeOff, ...]


def visits_seen_by(user: User) -> AppointmentQuerySet:
    """Return the visits that a member of staff may see: the desk all, others their own."""
    rows = Appointment.objects.with_people()
    return rows if user.is_desk else rows.filter(practitioner__user=user)


def day_of(
    *, snapshot: Catalogue, location: LocationFacts, on: date, user: User, now: datetime
) -> Day:
    """Return a local date of a location for a member of staff, in four queries.

    Holds that ran out are left out. Practitioners see their own visits and column.
    Free time is on the roster, with free hands and at least one free lane, from `now` on.
    """
    bounds = day_bounds(location.zone, on)
    visits = tuple(visits_between(visits_seen_by(user), location, bounds, now))
    people = people_seen_by(user, snapshot, location)
    rooms = rooms_of(snapshot, location)
    grid = Grid.covering(bounds.starts_at, bounds.ends_at)
    taken = taken_time(resource_ids=resources_of(people, rooms), grid=grid, now=now)
    return Day(
        location=location,
        date=on,
        bounds=bounds,
        visits=visits,
        undoable=undoable_among(visits, now),
        people=tuple(persons_day(person, location, grid, taken, now) for person in people),
        rooms=tuple(rooms_day(room, grid, taken) for room in rooms),
        time_off=tuple(time_off_of(location, people, bounds)),
    )


def undoable_among(visits: Iterable[Appointment], now: datetime) -> frozenset[int]:
    """Return which visits' last change of state may still be taken back, in one query."""
    states = {visit.pk: visit.state for visit in visits}
    recent = StatusChange.objects.filter(appointment__in=states, at__gte=now - UNDO_WINDOW)
    last = {change.appointment_id: change for change in recent.order_by("at", "pk")}
    return frozenset(
        visit_id
        for visit_id, change in last.items()
        if change.to_state == states[visit_id]
        and is_step(change.from_state, change.to_state)
        and may_undo(state=State(change.to_state), changed_at=change.at, now=now)
    )


def history_of(visit: Appointment) -> list[StatusChange]:
    """Return what happened to a visit, the first thing first."""
    return list(visit.status_changes.select_related("by").order_by("at", "pk"))


def left_open(user: User, now: datetime) -> AppointmentQuerySet:
    """Return the visits of the past whose end nobody recorded, the oldest first."""
    return visits_seen_by(user).left_open(now).order_by("starts_at", "pk")


def closed_just_now(user: User, now: datetime) -> AppointmentQuerySet:
    """Return the visits of the past whose end was recorded in the last 15 minutes."""
    recent = StatusChange.objects.filter(at__gte=now - UNDO_WINDOW).values("appointment")
    return (
        visits_seen_by(user)
        .filter(pk__in=recent, ends_at__lte=now)
        .filter(state__in=[State.COMPLETED, State.NO_SHOW, State.NOT_TREATED])
        .order_by("starts_at", "pk")
    )


def requests_to_answer() -> QuerySet[ChangeRequest]:
    """Return the open wishes to move a visit, the oldest first."""
    return (
        ChangeRequest.objects.filter(answered_at=None)
        .select_related(
            "appointment__client",
            "appointment__practitioner",
            "appointment__location",
            "appointment__room",
            "appointment__service",
        )
        .order_by("created_at", "pk")
    )


def visits_between(
    rows: AppointmentQuerySet, location: LocationFacts, bounds: Interval, now: datetime
) -> AppointmentQuerySet:
    """Return the visits of a location that start within bounds, holds that ran out left out."""
    return (
        rows.filter(
            location_id=location.id,
            starts_at__gte=bounds.starts_at,
            starts_at__lt=bounds.ends_at,
        )
        .exclude(state=State.EXPIRED)
        .exclude(state=State.HELD, held_until__lte=now)
        .order_by("starts_at", "practitioner__name", "pk")
    )


def people_seen_by(
    user: User, snapshot: Catalogue, location: LocationFacts
) -> list[PractitionerFacts]:
    """Return whose columns a member of staff sees: the desk everybody's, others their own."""
    people = [item for item in snapshot.practitioners.values() if location.id in item.rosters]
    if user.is_desk:
        return people
    own = getattr(user, "practitioner", None)
    return [item for item in people if own is not None and item.id == own.pk]


def rooms_of(snapshot: Catalogue, location: LocationFacts) -> list[RoomFacts]:
    """Return the rooms of a location, by id."""
    return [room for room in snapshot.rooms.values() if room.location_id == location.id]


def resources_of(people: Iterable[PractitionerFacts], rooms: Iterable[RoomFacts]) -> list[int]:
    """Return the resources of people and rooms, whose taken time a page shows."""
    ids = [room.resource_id for room in rooms]
    for person in people:
        ids += (person.hands_id, *person.lane_ids)
    return ids


def persons_day(
    person: PractitionerFacts, location: LocationFacts, grid: Grid, taken: Taken, now: datetime
) -> PersonsDay:
    """Read a practitioner's time off the taken bits of a grid, of a day or of several."""
    roster = roster_bits(grid, location.zone, person.rosters[location.id]) & grid.mask
    hands = taken.all_of(person.hands_id)
    lanes = reduce(and_, (taken.all_of(lane) for lane in person.lane_ids), grid.mask)
    free = roster & ~hands & ~lanes & _from(grid, now)
    return PersonsDay(
        practitioner=person,
        on_duty=tuple(grid.intervals(roster)),
        away=tuple(grid.intervals(hands & ~taken.visits_of(person.hands_id))),
        free=tuple(grid.intervals(free, SHORTEST_GAP_CELLS)),
    )


def rooms_day(room: RoomFacts, grid: Grid, taken: Taken) -> RoomsDay:
    """Read when a room is closed off the taken bits of a grid, of a day or of several."""
    closed = taken.all_of(room.resource_id) & ~taken.visits_of(room.resource_id)
    return RoomsDay(room=room, closed=tuple(grid.intervals(closed)))


def time_off_of(
    location: LocationFacts, people: Iterable[PractitionerFacts], bounds: Interval
) -> QuerySet[TimeOff]:
    """Return time off, blocked time and closures that show at a location within bounds."""
    here = (
        Q(location_id=location.id)
        | Q(room__location_id=location.id)
        | Q(practitioner_id__in=[person.id for person in people])
    )
    return (
        TimeOff.objects.filter(here, starts_at__lt=bounds.ends_at, ends_at__gt=bounds.starts_at)
        .select_related("practitioner", "room", "location")
        .order_by("starts_at", "pk")
    )


def _from(grid: Grid, now: datetime) -> int:
    first = min(max(-((grid.starts_at - now) // CELL), 0), grid.cells)
    return grid.mask >> first << first
