"""Booked visits that would lie outside working hours, or inside time off: what a change breaks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Max, Q
from django.db.models.expressions import RawSQL

from bookings.models import Appointment, TimeOff
from bookings.models.appointments import AppointmentQuerySet
from bookings.selectors.cover import WAITING
from clinic.domain.intervals import Interval
from clinic.domain.roster import ONE_DAY, Roster, stretches
from clinic.selectors.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Hours:
    """The roster of one practitioner at one location, and the location's zone."""

    practitioner_id: int
    location_id: int
    zone: ZoneInfo
    roster: Roster


def working_hours(
    facts: Catalogue, practitioner_id: int, location_id: int, zone_name: str
) -> Hours:
    """Return the hours as they stand; none at all for somebody who takes no bookings."""
    person = facts.practitioners.get(practitioner_id)
    roster = person.rosters.get(location_id, Roster()) if person else Roster()
    return Hours(practitioner_id, location_id, ZoneInfo(zone_name), roster)


def visits_outside(
    visits: AppointmentQuerySet, hours: Collection[Hours], whole: Interval
) -> list[int]:
    """Return the ids of visits, from the first to the last client minute, outside hours.

    `whole` reaches over all the visits. Hours that are not named count as none. One query.
    """
    # A multirange holds a range only if one of its pieces does: one stretch of the roster.
    outside = RawSQL(
        """
        NOT EXISTS (
            SELECT 1 FROM unnest(%s::bigint[], %s::bigint[], %s::tstzmultirange[])
                AS hours(practitioner_id, location_id, spans)
            WHERE hours.practitioner_id = bookings_appointment.practitioner_id
              AND hours.location_id = bookings_appointment.location_id
              AND hours.spans
                  @> tstzrange(bookings_appointment.starts_at, bookings_appointment.ends_at)
        )
        """,
        [
            [item.practitioner_id for item in hours],
            [item.location_id for item in hours],
            [_as_multirange(stretches_over(item, whole)) for item in hours],
        ],
        output_field=BooleanField(),
    )
    return list(visits.order_by().filter(Q(outside)).values_list("pk", flat=True))


def stretches_over(hours: Hours, whole: Interval) -> list[Interval]:
    """Return the working stretches that reach into an interval, with a day to spare."""
    first_date = whole.starts_at.astimezone(hours.zone).date() - ONE_DAY
    end_date = whole.ends_at.astimezone(hours.zone).date() + 2 * ONE_DAY
    return stretches(hours.roster, hours.zone, first_date, end_date)


def broken_by_hours(before: Hours, after: Hours, now: datetime) -> list[Appointment]:
    """Return the visits ahead that lie in the hours before a change and outside them after it.

    The soonest first, with their people. Four queries at most.
    """
    visits = _ahead(now).filter(practitioner=before.practitioner_id, location=before.location_id)
    until = visits.aggregate(last=Max("ends_at"))["last"]
    if until is None:
        return []
    whole = Interval(now, until)
    outside = set(visits_outside(visits, [after], whole))
    if outside:
        outside -= set(visits_outside(visits, [before], whole))
    return _in_order(visits.filter(pk__in=outside)) if outside else []


def broken_by_time_off(
    time_off: TimeOff, before: Interval | None, now: datetime
) -> list[Appointment]:
    """Return the visits ahead of a practitioner that lie inside time off, and not `before` it.

    The soonest first, with their people. One query.
    """
    visits = _ahead(now).filter(
        practitioner=time_off.practitioner_id,
        starts_at__lt=time_off.ends_at,
        ends_at__gt=time_off.starts_at,
    )
    if before is not None:
        visits = visits.exclude(starts_at__lt=before.ends_at, ends_at__gt=before.starts_at)
    return _in_order(visits)


def _ahead(now: datetime) -> AppointmentQuerySet:
    return Appointment.objects.filter(state__in=WAITING, ends_at__gt=now)


def _in_order(visits: AppointmentQuerySet) -> list[Appointment]:
    return list(visits.with_people().order_by("starts_at", "pk"))


def _as_multirange(spans: Iterable[Interval]) -> str:
    """Return intervals as the text of a tstzmultirange."""
    parts = (f"[{span.starts_at.isoformat()},{span.ends_at.isoformat()})" for span in spans)
    return "{" + ",".join(parts) + "}"
