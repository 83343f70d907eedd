"""Which visits practitioners have on a day."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from bookings.models import Appointment
from bookings.selectors.cover import WAITING

MARGIN = timedelta(hours=15)
"""Wider than any zone is from UTC."""

DayVisits = dict[tuple[int, date], list[Appointment]]
"""The visits of a practitioner (by pk) on a local date of their place, in order of start."""


def visits_on(days: Collection[date], people: Collection[int] | None = None) -> DayVisits:
    """Return the visits that wait on some local dates, of some practitioners or all. One query.

    Rows have their start and place only.
    """
    if not days:
        return {}
    first = datetime.combine(min(days), time.min, UTC) - MARGIN
    last = datetime.combine(max(days), time.max, UTC) + MARGIN
    rows = Appointment.objects.filter(state__in=WAITING, starts_at__range=(first, last))
    if people is not None:
        rows = rows.filter(practitioner__in=people)
    found: DayVisits = defaultdict(list)
    fields = ("practitioner_id", "location_id", "starts_at", "location__zone")
    for visit in rows.select_related("location").only(*fields).order_by("starts_at", "pk"):
        on = visit.starts_at.astimezone(visit.location_zone).date()
        if on in days:
            found[visit.practitioner_id, on].append(visit)
    return dict(found)
