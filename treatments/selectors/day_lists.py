"""Which visits practitioners have on a day."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Q

from bookings.models import Appointment
from bookings.selectors.cover import WAITING

MARGIN = timedelta(hours=15)
"""Wider than any zone is from UTC."""

DayVisits = dict[tuple[int, date], list[Appointment]]
"""The visits of a practitioner (by pk) on a local date of their place, in order of start."""


def visits_of_people(days: Collection[date], people: Collection[int]) -> DayVisits:
    """Return the visits of practitioners (by pk) that wait on some local dates. One query.

    Rows have their start and place only.
    """
    return _by_day(days, Q(practitioner__in=people))


def visits_at_places(days: Collection[date], places: Collection[int]) -> DayVisits:
    """Return the visits at some locations (by pk) that wait on some local dates. One query.

    Rows have their start and place only.
    """
    return _by_day(days, Q(location__in=places))


def _by_day(days: Collection[date], which: Q) -> DayVisits:
    # By place or person, and not by time alone: those have an index.
    if not days:
        return {}
    first = datetime.combine(min(days), time.min, UTC) - MARGIN
    last = datetime.combine(max(days), time.max, UTC) + MARGIN
    rows = Appointment.objects.filter(which, state__in=WAITING, starts_at__range=(first, last))
    found: DayVisits = defaultdict(list)
    fields = ("practitioner_id", "location_id", "starts_at", "location__zone")
    for visit in rows.select_related("location").only(*fields).order_by("starts_at", "pk"):
        on = visit.starts_at.astimezone(visit.location_zone).date()
        if on in days:
            found[visit.practitioner_id, on].append(visit)
    return dict(found)
