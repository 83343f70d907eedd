"""Time off, blocked time and closures: they reserve all that is free inside them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from bookings.domain.lifecycle import OPEN
from bookings.models import Appointment, Reservation, TimeOff
from bookings.services.reserving import (
    Wanted,
    as_interval,
    close_gaps,
    reserve_what_is_free,
    resources_of_time_off,
)
from clinic.domain.roster import local_instant
from clinic.models import Location, Room, User
from clinic.permissions import TAKE_TIME_OFF, require
from clinic.refusals import AlreadyChanged
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction


@in_one_transaction
def take_time_off(*, time_off: TimeOff, by: User) -> TimeOff:
    """Save a time off (new or changed) and reserve all that is free inside it.

    Visits booked there stay; `visits_inside` lists them. Calling again changes nothing.
    Raises `AlreadyChanged` if it was ended meanwhile.
    """
    require(by, TAKE_TIME_OFF, time_off)
    lock_time_off(time_off)
    if time_off.pk is not None:
        require(by, TAKE_TIME_OFF, as_it_stands(time_off))
    resource_ids = resources_of_time_off(time_off)
    freed = _let_go(time_off)
    time_off.save()
    reserve_what_is_free(time_off, resource_ids)
    close_gaps(freed)
    return time_off


@in_one_transaction
def end_time_off(*, time_off: TimeOff, by: User) -> None:
    """Delete a time off; other time off over the same hours takes what becomes free."""
    require(by, TAKE_TIME_OFF, time_off)
    lock_time_off(time_off)
    freed = _let_go(time_off)
    time_off.delete()
    close_gaps(freed)


def lock_time_off(time_off: TimeOff) -> None:
    """Lock all that a time off takes now, and has reserved so far."""
    lock_resources([*_resources_before(time_off), *resources_of_time_off(time_off)])


def as_it_stands(time_off: TimeOff) -> TimeOff:
    """Read a time off anew; `AlreadyChanged` if it was ended meanwhile."""
    found = TimeOff.objects.select_related("practitioner").filter(pk=time_off.pk).first()
    if found is None:
        raise AlreadyChanged
    return found


def visits_inside(time_off: TimeOff) -> list[Appointment]:
    """Return the open visits that a time off has in its way, in order of start."""
    visits = Appointment.objects.filter(
        state__in=OPEN, starts_at__lt=time_off.ends_at, ends_at__gt=time_off.starts_at
    )
    if time_off.practitioner_id is not None:
        visits = visits.filter(practitioner_id=time_off.practitioner_id)
    elif time_off.room_id is not None:
        visits = visits.filter(room_id=time_off.room_id)
    else:
        visits = visits.filter(location=time_off.location)
    return list(
        visits.select_related("client", "practitioner", "service", "room").order_by(
            "starts_at", "pk"
        )
    )


@in_one_transaction
def close_on_public_holidays(*, location: Location, year: int, by: User) -> list[TimeOff]:
    """Close a location on the public holidays of a year; dates closed already are kept.

    The dates are those of the `holidays` package for the location's country and state;
    managers edit them afterwards. The location's row is locked, before any resource, so
    that two managers at once close each date once.
    """
    Location.objects.select_for_update().get(pk=location.pk)
    days = holidays.country_holidays(
        location.holiday_country, subdiv=location.holiday_subdivision or None, years=year
    )
    made = []
    for day, name in sorted(days.items()):
        starts_at, ends_at = local_day(ZoneInfo(location.zone), day)
        if not location.closures.filter(starts_at=starts_at, ends_at=ends_at).exists():
            closure = TimeOff(
                kind=TimeOff.Kind.CLOSURE,
                location=location,
                starts_at=starts_at,
                ends_at=ends_at,
                name=name,
            )
            made.append(take_time_off(time_off=closure, by=by))
    return made


@in_one_transaction
def open_room(*, room: Room, now: datetime) -> None:
    """Make closures of the location hold for a room that was added later. Idempotent."""
    lock_resources([room.resource_id])
    ahead = TimeOff.objects.filter(location_id=room.location_id, ends_at__gt=now)
    for closure in ahead.order_by("pk"):
        reserve_what_is_free(closure, [room.resource_id])


@in_one_transaction
def lock_rooms(*, location: Location) -> None:
    """Lock all rooms of a location, for a caller whose own transaction changes it. Or `Busy`."""
    lock_resources(location.rooms.values_list("resource_id", flat=True))


def local_day(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """Return the instants at which a local date begins and ends."""
    return (
        local_instant(zone, day, time(0)),
        local_instant(zone, day + timedelta(days=1), time(0)),
    )


def _resources_before(time_off: TimeOff) -> list[int]:
    rows = Reservation.objects.filter(time_off_id=time_off.pk) if time_off.pk else None
    return list(rows.values_list("resource_id", flat=True).distinct()) if rows else []


def _let_go(time_off: TimeOff) -> list[Wanted]:
    if time_off.pk is None:
        return []
    rows = Reservation.objects.filter(time_off_id=time_off.pk)
    freed = [
        Wanted(resource_id, as_interval(during))
        for resource_id, during in rows.values_list("resource_id", "during")
    ]
    rows.delete()
    return freed
