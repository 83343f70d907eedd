"""When a course waits too long for its next session."""

import datetime as dt

from treatments.domain.drifting import CourseDates, Drift, drifts
from treatments.domain.spacing import ONE_DAY, merge_pauses, paused_days_between


def overdue_since(course: CourseDates, today: dt.date) -> dt.date | None:
    """Return the first local date past the gap's recommended maximum, None if not overdue.

    Overdue is a course with no next session booked, no visit left open and no pause today.
    Paused days do not count.
    """
    if Drift.GAP_RUNNING not in drifts(course, today) or course.last_date is None:
        return None
    most = course.rules[course.done - 1].max_days
    merged = merge_pauses(course.pauses)
    on = course.last_date + dt.timedelta(days=most + 1)
    while (on - course.last_date).days - paused_days_between(merged, course.last_date, on) <= most:
        on += ONE_DAY
    return on
