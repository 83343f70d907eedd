"""The two sides from which a course is looked at: its client's, and the clinic's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from clinic.models import AccessLog
from clinic.permissions import CHANGE_COURSE_LENGTH, may
from clinic.views.access import SignedInRequest, keep_look
from treatments.models import Course
from treatments.selectors.courses import CourseView, courses_visible_to, own_courses, view_of


@dataclass(frozen=True, slots=True)
class Side:
    """Where a page of a course belongs: its addresses, its frame, whose courses it shows."""

    prefix: str
    base: str
    is_staff: bool

    def view(self, request: SignedInRequest, public_id: UUID) -> CourseView:
        """Return a course as it stands, or a 404 for whom it is not there."""
        rows = courses_visible_to(request.user) if self.is_staff else own_courses(request.user)
        course = rows.filter(public_id=public_id).first()
        if course is None:
            raise Http404
        view = view_of(course)
        if self.is_staff:
            if not may(request.user, CHANGE_COURSE_LENGTH, course):
                raise Http404
            keep_look(request, course.client, AccessLog.Kind.COURSE, timezone.now())
        return view

    def url(self, course: Course, name: str = "", *more: object) -> str:
        """Return the address of a page of a course."""
        page = f"{self.prefix}-{name}" if name else self.prefix
        return reverse(page, args=[course.public_id, *more])


OWN = Side("my-course", "base.html", is_staff=False)
STAFF = Side("course", "staff.html", is_staff=True)


def zone_of_course(course: Course) -> ZoneInfo:
    """Return the zone of a course's location."""
    return ZoneInfo(course.location.zone)


def local_now(course: Course, now: datetime) -> datetime:
    """Return the time at a course's location."""
    return now.astimezone(zone_of_course(course))
