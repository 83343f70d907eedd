"""Booked visits that would lie outside working hours, or inside time off: what a change breaks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from bookings.models.appointments import AppointmentQuerySet
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


def _as_multirange(spans: Iterable[Interval]) -> str:
    """Return intervals as the text of a tstzmultirange."""
    parts = (f"[{span.starts_at.isoformat()},{span.ends_at.isoformat()})" for span in spans)
    return "{" + ",".join(parts) + "}"
