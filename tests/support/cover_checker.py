"""Check an assignment of cover from the rows alone, with none of the planner's code."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bookings.models import Appointment, Reservation
from treatments.models import Course
from treatments.models.cover_steps import CoverStep


def dates_after(steps: list[CoverStep]) -> dict[int, date]:
    """Return by visit the local date on which it would be, were all offers taken."""
    visits = {visit.public_id: visit for visit in Appointment.objects.select_related("location")}
    found = {}
    for step in steps:
        visit = visits[step.visit]
        starts_at = step.starts_at or visit.starts_at
        found[visit.pk] = starts_at.astimezone(ZoneInfo(visit.location.zone)).date()
    return found


def broken_limits(moved: Mapping[int, date]) -> list[str]:
    """Return what is broken of any course's gaps and dates to be ready by."""
    broken = []
    for course in Course.objects.select_related("location").order_by("pk"):
        rows = Appointment.objects.filter(
            session_visit__session__course=course, state__in=["booked", "completed"]
        ).values_list("pk", "starts_at", "session_visit__session__number")
        zone = ZoneInfo(course.location.zone)
        dates = sorted(
            (number, moved.get(pk, starts_at.astimezone(zone).date()))
            for pk, starts_at, number in rows
        )
        for (number, before), (later, after) in pairwise(dates):
            days = (after - before).days
            if later == number + 1 and not 5 <= days <= 28:
                broken.append(f"course {course.pk}: {days} days before session {later}")
        if course.event_date is not None:
            ready_by = course.event_date - timedelta(days=course.event_margin_days)
            broken += [f"course {course.pk}: {on} is too late" for _n, on in dates if on > ready_by]
    return broken


def overlaps() -> list[tuple[int, int]]:
    """Return the reservations that meet on one resource; what ran out does not count."""
    by_resource = defaultdict(list)
    for row in Reservation.objects.order_by("pk"):
        by_resource[row.resource_id].append((row.during.lower, row.during.upper, row.pk))
    found = []
    for rows in by_resource.values():
        rows.sort()
        found += [(one[2], other[2]) for one, other in pairwise(rows) if other[0] < one[1]]
    return found
