"""Some dates of a location side by side: the calendar of staff, and its stamp."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import connection

from bookings.domain.lifecycle import RESERVING, State
from bookings.domain.timegrid import Grid
from bookings.models import Appointment, TimeOff
from bookings.selectors.days import (
    PersonsDay,
    RoomsDay,
    people_seen_by,
    persons_day,
    resources_of,
    rooms_day,
    rooms_of,
    time_off_of,
    visits_between,
    visits_seen_by,
)
from bookings.selectors.taken import taken_time
from clinic.domain.intervals import Interval
from clinic.domain.roster import local_instant
from clinic.models import Client, User
from clinic.selectors.catalogue import Catalogue, LocationFacts

STAMP_SQL = """
SELECT (
    SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws(' ', id, state, version, room_id,
           practitioner_id, client_id, promised_version), 0)::numeric))
    FROM bookings_appointment
    WHERE location_id = %(location)s AND starts_at >= %(from)s AND starts_at < %(to)s
      AND state <> 'expired' AND (state <> 'held' OR held_until > %(now)s)
      AND (%(whose)s IS NULL OR practitioner_id = %(whose)s)
), (
    SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws(' ', id, name, starts_at, ends_at),
           0)::numeric))
    FROM bookings_timeoff
    WHERE starts_at < %(to)s AND ends_at > %(from)s
)
"""
"""What the calendar shows, added up: another sum means that something is to be drawn anew."""

NOT_OF_CLIENTS = [
    f"client__{field.name}"
    for field in Client._meta.concrete_fields
    if field.name not in {"id", "name"}
]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which visits are asked for; None means all."""

    practitioner_id: int | None = None
    room_id: int | None = None
    service_id: int | None = None
    states: frozenset[State] = RESERVING


@dataclass(frozen=True, slots=True)
class Week:
    """Local dates `[first_date, end_date)` of a location: visits by start, who works, what is shut.

    The days of `people` and `rooms` reach over all of the dates.
    """

    location: LocationFacts
    first_date: date
    end_date: date
    bounds: Interval
    visits: tuple[Appointment, ...]
    people: tuple[PersonsDay, ...]
    rooms: tuple[RoomsDay, ...]
    time_off: tuple[TimeOff, ...]


def week_of(
    *,
    snapshot: Catalogue,
    location: LocationFacts,
    first_date: date,
    end_date: date,
    shown: Shown,
    user: User,
    now: datetime,
) -> Week:
    """Return some dates of a location for a member of staff, in seven queries.

    Practitioners see their own visits and column, whatever is asked for; one more query
    tells who they are.
    """
    bounds = bounds_of(location, first_date, end_date)
    people = [
        person
        for person in people_seen_by(user, snapshot, location)
        if shown.practitioner_id in (None, person.id)
    ]
    rooms = [room for room in rooms_of(snapshot, location) if shown.room_id in (None, room.id)]
    grid = Grid.covering(bounds.starts_at, bounds.ends_at)
    taken = taken_time(resource_ids=resources_of(people, rooms), grid=grid, now=now)
    return Week(
        location=location,
        first_date=first_date,
        end_date=end_date,
        bounds=bounds,
        visits=_visits(user, location, bounds, shown, now),
        people=tuple(persons_day(person, location, grid, taken, now) for person in people),
        rooms=tuple(rooms_day(room, grid, taken) for room in rooms),
        time_off=tuple(time_off_of(location, people, bounds)),
    )


def bounds_of(location: LocationFacts, first_date: date, end_date: date) -> Interval:
    """Return the instants of local dates, the end exclusive."""
    zone = location.zone
    return Interval(
        local_instant(zone, first_date, time(0)), local_instant(zone, end_date, time(0))
    )


def stamp_of(
    *, snapshot: Catalogue, location: LocationFacts, bounds: Interval, user: User, now: datetime
) -> str:
    """Return a text that changes with anything that the calendar would show, in one query."""
    own = None if user.is_desk else getattr(user, "practitioner", None)
    parameters = {
        "location": location.id,
        "from": bounds.starts_at,
        "to": bounds.ends_at,
        "now": now,
        "whose": None if user.is_desk else getattr(own, "pk", 0),
    }
    with connection.cursor() as cursor:
        cursor.execute(STAMP_SQL, parameters)
        sums = cursor.fetchone()
    return hashlib.sha256(f"{snapshot.version} {sums}".encode()).hexdigest()[:16]


def _visits(
    user: User, location: LocationFacts, bounds: Interval, shown: Shown, now: datetime
) -> tuple[Appointment, ...]:
    rows = visits_seen_by(user).filter(state__in=[state.value for state in shown.states])
    # A thousand visits have few people and places: read once each, and of clients the name.
    rows = rows.select_related(None).select_related("client").defer(*NOT_OF_CLIENTS)
    rows = rows.prefetch_related("practitioner", "location", "room", "service")
    for name in ("practitioner_id", "room_id", "service_id"):
        wanted = getattr(shown, name)
        if wanted is not None:
            rows = rows.filter(**{name: wanted})
    return tuple(visits_between(rows, location, bounds, now))
