"""Whether one visit of a course may move while all its other sessions stay."""

from dataclasses import dataclass
from datetime import date, datetime

from bookings.models import Appointment
from treatments.domain.limits import DateLimits, Neighbour
from treatments.domain.spacing import is_paused
from treatments.models import Course
from treatments.selectors.courses import course_of, view_of
from treatments.selectors.limits import limits_of


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """What a date would break: `number` is the session of the course that moves.

    One of `paused`, `ready_by` or `neighbour` says which; `neighbour_number` and
    `days` are those of a gap, `least` and `most` its limits in days.
    """

    course: Course
    number: int
    paused: bool = False
    ready_by: date | None = None
    neighbour: date | None = None
    neighbour_is_before: bool = False
    least: int = 0
    most: int | None = None


def broken_limit(visit: Appointment, starts_at: datetime, now: datetime) -> BrokenLimit | None:
    """Return the limit that a course's visit would break at another start; None if none.

    The same question as `treatments.services.following.keep_limits` asks under the lock.
    """
    found = course_of(visit)
    if found is None:
        return None
    zone = visit.location_zone
    on = starts_at.astimezone(zone).date()
    if on == visit.starts_at.astimezone(zone).date():
        return None
    view, number = view_of(Course.objects.with_people().get(pk=found[0].pk)), found[1]
    if not view.is_running or number > view.course.length:
        return None
    limits = limits_of(view, number, now.astimezone(zone).date())
    return None if limits.allow(on) else _broken(view.course, number, limits, on)


def _broken(course: Course, number: int, limits: DateLimits, on: date) -> BrokenLimit:
    if is_paused(limits.pauses, on):
        return BrokenLimit(course, number, paused=True)
    if limits.before is not None and not limits.reaches_before(on):
        return _gap(course, number, limits.before, is_before=True)
    if limits.after is not None and not limits.reaches_after(on):
        return _gap(course, number, limits.after, is_before=False)
    return BrokenLimit(course, number, ready_by=limits.ready_by)


def _gap(course: Course, number: int, other: Neighbour, *, is_before: bool) -> BrokenLimit:
    return BrokenLimit(
        course,
        number,
        neighbour=other.date,
        neighbour_is_before=is_before,
        least=other.floor_days,
        most=other.ceiling_days,
    )
