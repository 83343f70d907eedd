"""How a running course usually is, so that new dates look like the old ones."""

from collections import Counter
from dataclasses import replace

from treatments.domain.wishes import Wishes
from treatments.selectors.courses import CourseView


def usual_wishes(view: CourseView) -> Wishes:
    """Return what a course's client asked for; where they named none, what is usual. No query.

    The main practitioner, and the time of day at which most of its visits are.
    """
    wishes = view.course.asked_for
    if wishes.only_practitioner_id is None and wishes.rather_practitioner_id is None:
        wishes = replace(wishes, rather_practitioner_id=view.course.practitioner_id)
    if wishes.around_minute is None:
        wishes = replace(wishes, around_minute=_usual_minute(view))
    return wishes


def _usual_minute(view: CourseView) -> int | None:
    minutes: Counter[int] = Counter()
    for item in view.sessions:
        if item.visit is not None and item.date is not None:
            local = item.visit.starts_at.astimezone(item.visit.location_zone)
            minutes[local.hour * 60 + local.minute] += 1
    return min(minutes, key=lambda minute: (-minutes[minute], minute), default=None)
