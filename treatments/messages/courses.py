"""The messages about the visits of a course: all of them, or what changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.messaging.registry import Answer, Described, Dropped, Mail, Skipped, Text, Wanted
from clinic.models import Message, Purpose
from treatments.domain.telling import Change, Dates, Told, changes
from treatments.messages.writing import CourseNow, write_changed, write_planned
from treatments.models import Course

COURSE = "course"
"""What messages about a course are about, by its pk."""


class CourseTelling(StrEnum):
    """The messages about the dates of a course; the values name their kinds."""

    PLANNED = "course_planned"
    CHANGED = "course_changed"


def to_details(told: Mapping[int, Told | None], *, by_client: bool) -> dict[str, Any]:
    """Return what a row remembers of a change: what its client knew of the visits in it."""
    rows = {
        str(pk): [was.starts_at.isoformat(), was.practitioner_id] if was else None
        for pk, was in told.items()
    }
    return {"by_client": by_client, "told": rows}


def from_details(details: Mapping[str, Any]) -> dict[int, Told | None]:
    """Return what a row remembers of a change."""
    return {
        int(pk): Told(datetime.fromisoformat(was[0]), was[1]) if was else None
        for pk, was in details["told"].items()
    }


class PlannedKind:
    """All dates of a course, as they stand when it is sent: a later change follows it."""

    name = CourseTelling.PLANNED
    label = gettext_lazy("All visits booked")
    purpose = Purpose.SERVICE
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each is still true; two queries."""
        courses = Course.objects.select_related("location").in_bulk(_course_ids(messages))
        visits: dict[int, list[Appointment]] = {}
        rows = Appointment.objects.filter(
            session_visit__session__course__in=courses, state=State.BOOKED, starts_at__gt=now
        ).select_related("location", "session_visit__session")
        for visit in rows.order_by("starts_at", "pk"):
            visits.setdefault(visit.session_visit.session.course_id, []).append(visit)
        return {
            row.pk: self._answer(row, courses.get(row.about_id), visits.get(row.about_id, []), now)
            for row in messages
        }

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, CourseNow)
        return write_planned(message, about)

    def _answer(
        self, message: Message, course: Course | None, visits: list[Appointment], now: datetime
    ) -> Answer:
        if course is None or course.client_id != message.client_id:
            return Dropped(NOT_THEIRS)
        if not visits:
            return Dropped(gettext_lazy("None of the visits is booked any more."))
        return Wanted(CourseNow(course, tuple(visits), (), now))


class ChangedKind:
    """The difference between what a client knows of a course's dates and how they stand."""

    name = CourseTelling.CHANGED
    label = gettext_lazy("Several visits changed")
    purpose = Purpose.SERVICE
    keeps_quiet = False

    def wanted(self, messages: Sequence[Message], now: datetime) -> Mapping[int, Answer]:
        """Say whether each still differs from what is known; two queries."""
        courses = Course.objects.select_related("location").in_bulk(_course_ids(messages))
        told = {row.pk: from_details(row.details) for row in messages}
        ids = {visit_id for known in told.values() for visit_id in known}
        visits = Appointment.objects.select_related("location").in_bulk(ids)
        return {
            row.pk: self._answer(row, courses.get(row.about_id), told[row.pk], visits, now)
            for row in messages
        }

    def render(self, message: Message, about: object) -> Mail | Text:
        """Write it for its channel; no queries."""
        assert isinstance(about, CourseNow)
        return write_changed(message, about)

    def _answer(
        self,
        message: Message,
        course: Course | None,
        told: Mapping[int, Told | None],
        visits: Mapping[int, Appointment],
        now: datetime,
    ) -> Answer:
        if course is None or course.client_id != message.client_id:
            return Dropped(NOT_THEIRS)
        # What happens at a visit is no news to who is there.
        asked = [visits[pk] for pk in told if pk in visits and _is_ahead(visits[pk])]
        known = {visit.pk: told[visit.pk] for visit in asked}
        dates = _dates(asked)
        lines = changes(known, dates)
        if not lines:
            return Dropped(gettext_lazy("The visits are as the client knows them."))
        if all(_last_moment(line) <= now for line in lines):
            return Skipped(gettext_lazy("The visits’ time has come."))
        shown = tuple(visit for visit in asked if known[visit.pk] != dates.get(visit.pk))
        return Wanted(CourseNow(course, shown, tuple(lines), now))


class CourseTopic:
    """Says for staff which course a message is about."""

    def describe(self, ids: Collection[int]) -> Mapping[int, Described]:
        """Describe courses by their pk; one query."""
        return {pk: _described(course) for pk, course in Course.objects.in_bulk(list(ids)).items()}


NOT_THEIRS = gettext_lazy("The visits are not this client’s any more.")


def _described(course: Course) -> Described:
    words = ngettext(
        "%(name)s, %(count)s session", "%(name)s, %(count)s sessions", course.length
    ) % {"name": course.name, "count": course.length}
    return Described(words, reverse("course", args=[course.public_id]))


def _course_ids(messages: Sequence[Message]) -> set[int]:
    return {message.about_id for message in messages}


def _is_ahead(visit: Appointment) -> bool:
    return visit.state in (State.BOOKED, State.CANCELLED)


def _dates(visits: Sequence[Appointment]) -> Dates:
    return {
        visit.pk: Told(visit.starts_at, visit.practitioner_id)
        for visit in visits
        if visit.state == State.BOOKED
    }


def _last_moment(line: Change) -> datetime:
    return max(item.starts_at for item in (line.was, line.now) if item is not None)
