"""The only code that writes reservations: lock, then check, then insert.

Every writer calls `lock_resources` once, with all resources that it may take or set
free, before it reads what is taken. The exclusion constraint stays the truth.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.db import IntegrityError, connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, Q

from bookings.domain.lifecycle import State
from bookings.domain.segments import Takings
from bookings.models import NO_OVERLAP, Appointment, Reservation, StatusChange, TimeOff
from bookings.refusals import SlotTaken
from clinic.domain.intervals import Interval, subtract
from clinic.models import Lane, Room
from clinic.models.inserting import insert
from clinic.services.locking import lock_resources
from clinic.services.transactions import (
    EXCLUSION_VIOLATION,
    sqlstate,
    violated_constraint,
)

ANY_EXPIRED_SQL = """
SELECT 1 FROM bookings_appointment WHERE state = 'held' AND held_until <= %s LIMIT 1
"""
EXPIRED_SQL = """
SELECT hold.id, array_agg(taken.resource_id)
FROM bookings_appointment AS hold
JOIN bookings_reservation AS taken ON taken.appointment_id = hold.id
WHERE hold.state = 'held' AND hold.held_until <= %(now)s AND hold.id <> ALL(%(but)s::bigint[])
GROUP BY hold.id
HAVING bool_or(taken.resource_id = ANY(%(resources)s::bigint[]) AND taken.during && %(during)s)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One resource and the time that is wanted of it."""

    resource_id: int
    during: Interval


def lock_and_clear(
    resource_ids: Collection[int],
    during: Interval,
    now: datetime,
    *,
    but: Collection[int] = (),
    also_lock: Iterable[int] = (),
) -> None:
    """Lock resources, and let go of the holds on them that ran out and stand in the way.

    What those holds have reserved is locked with them, in one statement; those of `but` stay.
    """
    expired = expired_holds(resource_ids, during, now, but=but)
    lock_resources(chain(resource_ids, also_lock, *expired.values()))
    for hold in Appointment.objects.filter(pk__in=expired) if expired else ():
        expire(hold, now)


def wanted_by(
    takings: Takings,
    *,
    hands_id: int,
    lane_ids: Iterable[int],
    room_id: int,
    client_id: int | None,
) -> list[Wanted]:
    """Return what a visit wants of each resource; no client for a visitor's hold."""
    rows = [Wanted(hands_id, part) for part in takings.hands]
    rows += [Wanted(lane_id, takings.client) for lane_id in lane_ids]
    rows += [Wanted(room_id, part) for part in takings.room]
    if client_id is not None:
        rows.append(Wanted(client_id, takings.client))
    return rows


def reserve(
    wanted: Iterable[Wanted],
    *,
    appointment: Appointment,
    held_until: datetime | None = None,
    along: Iterable[Model] = (),
) -> None:
    """Insert a visit's reservations in one statement; `SlotTaken` if any overlaps another.

    What is written `along` goes in with them, in the same round trip. No savepoint: the
    refusal leaves the transaction broken and ends the use-case.
    """
    reserve_all([(wanted, appointment)], held_until=held_until, along=along)


def reserve_all(
    wanted: Iterable[tuple[Iterable[Wanted], Appointment]],
    *,
    held_until: datetime | None = None,
    along: Iterable[Model] = (),
) -> None:
    """Insert the reservations of several visits in one statement, as `reserve` does for one."""
    rows = [
        Reservation(
            resource_id=item.resource_id,
            during=as_range(item.during),
            appointment=appointment,
            held_until=held_until,
        )
        for items, appointment in wanted
        for item in items
    ]
    try:
        insert([*rows, *along])
    except IntegrityError as error:
        if is_overlap(error):
            raise SlotTaken from error
        raise


def is_overlap(error: IntegrityError) -> bool:
    """Tell whether a database error is two reservations of one resource meeting."""
    return sqlstate(error) == EXCLUSION_VIOLATION and violated_constraint(error) == NO_OVERLAP


def set_free(appointment: Appointment) -> None:
    """Delete a visit's reservations and let time off take the gap. Its resources are locked."""
    rows = list(
        Reservation.objects.filter(appointment=appointment).values_list("resource_id", "during")
    )
    Reservation.objects.filter(appointment=appointment).delete()
    close_gaps([Wanted(resource_id, as_interval(during)) for resource_id, during in rows])


def set_all_free(appointments: Sequence[Appointment]) -> None:
    """Delete the reservations of several visits; time off takes the gaps. All are locked."""
    if not appointments:
        return
    rows = Reservation.objects.filter(appointment__in=appointments)
    freed = [
        Wanted(resource_id, as_interval(during))
        for resource_id, during in rows.values_list("resource_id", "during")
    ]
    rows.delete()
    close_gaps(freed)


def resources_of(appointment: Appointment) -> list[int]:
    """Return the resources that a visit has reserved."""
    return list(
        Reservation.objects.filter(appointment=appointment)
        .values_list("resource_id", flat=True)
        .distinct()
    )


def expired_holds(
    resource_ids: Collection[int], during: Interval, now: datetime, but: Collection[int] = ()
) -> dict[int, list[int]]:
    """Return the holds that ran out and stand in the way of a writer, each with all resources
    that it has reserved; not `but`."""
    with connection.cursor() as cursor:
        # Nearly always there is none at all, which a small index of holds tells at once.
        cursor.execute(ANY_EXPIRED_SQL, [now])
        if not cursor.fetchone():
            return {}
        cursor.execute(
            EXPIRED_SQL,
            {
                "now": now,
                "but": list(but),
                "resources": list(resource_ids),
                "during": as_range(during),
            },
        )
        return dict(cursor.fetchall())


def expire(hold: Appointment, now: datetime) -> bool:
    """Let one hold go; False if it was confirmed or let go meanwhile. Its resources are locked."""
    changed = Appointment.objects.filter(pk=hold.pk, state=State.HELD, held_until__lte=now).update(
        state=State.EXPIRED
    )
    if not changed:
        return False
    StatusChange.objects.create(
        appointment=hold, from_state=State.HELD, to_state=State.EXPIRED, at=now, by=None
    )
    set_free(hold)
    return True


def close_gaps(freed: Sequence[Wanted]) -> None:
    """Let time off reserve what became free inside it. The freed resources are locked."""
    if not freed:
        return
    whole = Interval(
        min(item.during.starts_at for item in freed), max(item.during.ends_at for item in freed)
    )
    resource_ids = {item.resource_id for item in freed}
    for time_off in time_off_over(resource_ids, whole):
        covered = resource_ids & set(resources_of_time_off(time_off))
        reserve_what_is_free(time_off, covered)


def time_off_over(resource_ids: Collection[int], during: Interval) -> list[TimeOff]:
    """Return the time off, oldest first, that covers any of the resources in that time."""
    covers = (
        Q(practitioner__resource_id__in=resource_ids)
        | Q(practitioner__lanes__resource_id__in=resource_ids)
        | Q(room__resource_id__in=resource_ids)
        | Q(location__rooms__resource_id__in=resource_ids)
    )
    return list(
        TimeOff.objects.filter(covers, starts_at__lt=during.ends_at, ends_at__gt=during.starts_at)
        .distinct()
        .order_by("pk")
    )


def resources_of_time_off(time_off: TimeOff) -> list[int]:
    """Return what a time off takes: hands and lanes, the room, or all rooms of the location."""
    if time_off.practitioner is not None:
        lanes = Lane.objects.filter(practitioner=time_off.practitioner)
        return [
            time_off.practitioner.resource_id,
            *lanes.order_by("number").values_list("resource_id", flat=True),
        ]
    if time_off.room is not None:
        return [time_off.room.resource_id]
    rooms = Room.objects.filter(location=time_off.location)
    return list(rooms.order_by("pk").values_list("resource_id", flat=True))


def reserve_what_is_free(time_off: TimeOff, resource_ids: Collection[int]) -> None:
    """Reserve for a time off all that is free inside it. The resources are locked."""
    whole = Interval(time_off.starts_at, time_off.ends_at)
    taken: dict[int, list[Interval]] = {resource_id: [] for resource_id in resource_ids}
    rows = Reservation.objects.of_resources(resource_ids).overlapping(whole)
    for resource_id, during in rows.values_list("resource_id", "during"):
        taken[resource_id].append(as_interval(during))
    Reservation.objects.bulk_create(
        Reservation(resource_id=resource_id, during=as_range(part), time_off=time_off)
        for resource_id, intervals in sorted(taken.items())
        for part in subtract(whole, intervals)
    )


def as_range(interval: Interval) -> DateTimeTZRange:
    """Return an interval as the half-open range that PostgreSQL stores."""
    return DateTimeTZRange(interval.starts_at, interval.ends_at, "[)")


def as_interval(during: DateTimeTZRange) -> Interval:
    """Return a stored range as an interval."""
    return Interval(during.lower, during.upper)
