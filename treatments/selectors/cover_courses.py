"""Visits to cover as sessions of their courses: limits, wishes, who treats there already."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from bookings.models import Appointment
from treatments.domain.covering import Link
from treatments.domain.limits import DateLimits
from treatments.models import Course
from treatments.selectors.courses import CourseView, courses_of, views_of
from treatments.selectors.limits import limits_of, standing_gaps


@dataclass(frozen=True, slots=True)
class CoursePart:
    """A visit's place: session `number` of a course that runs."""

    view: CourseView
    number: int

    @property
    def course(self) -> Course:
        return self.view.course

    @property
    def known_ids(self) -> frozenset[int]:
        """The practitioners of this course so far, and who was wished for."""
        wishes = self.course.asked_for
        wished = (wishes.only_practitioner_id, wishes.rather_practitioner_id)
        treated = [v.practitioner_id for item in self.view.sessions for v in item.attempts]
        all_known = {*treated, *wished, self.course.practitioner_id}
        return frozenset(person for person in all_known if person is not None)

    def limits(self, today: date) -> DateLimits:
        """Return between which dates the session may lie while all others stay."""
        return limits_of(self.view, self.number, today)


def course_parts(visits: Sequence[Appointment]) -> dict[int, CoursePart]:
    """Return by visit its place in a course that runs. Five queries, whatever their number."""
    places = courses_of(visits)
    ids = {course.pk for course, _number in places.values()}
    courses = Course.objects.running().with_people().filter(pk__in=ids).order_by("pk")
    views = {view.course.pk: view for view in views_of(courses)}
    return {
        visit_id: CoursePart(views[course.pk], number)
        for visit_id, (course, number) in places.items()
        if course.pk in views and number <= course.length
    }


def links_between(parts: Mapping[int, CoursePart]) -> Iterator[Link]:
    """Yield a link for any two visits that follow each other in one course."""
    by_course: dict[int, list[tuple[int, CoursePart]]] = {}
    for visit_id, part in parts.items():
        by_course.setdefault(part.course.pk, []).append((visit_id, part))
    for _course, rows in sorted(by_course.items()):
        rows.sort(key=lambda row: row[1].number)
        for (earlier, one), (later, other) in pairwise(rows):
            if _follow(one, other):
                yield _link(earlier, one, later, other)


def _follow(one: CoursePart, other: CoursePart) -> bool:
    between = one.view.sessions[one.number : other.number - 1]
    return all(item.date is None for item in between)


def _link(earlier: int, one: CoursePart, later: int, other: CoursePart) -> Link:
    gaps = standing_gaps(one.view, one.number)[: other.number - one.number]
    ceiling: int | None = sum(gap.rule.ceiling_days for gap in gaps)
    if any(gap.may_exceed_ceiling for gap in gaps):
        ceiling = None
    floor = sum(gap.rule.floor_days for gap in gaps)
    return Link(earlier, later, floor, ceiling, one.course.known_pauses)
