"""What requests about courses name: a course that the caller may see, one of its sessions."""

from django.utils.translation import gettext as _

from clinic.models import User
from clinic.problems import unknown
from clinic.wire import NO_ID, read_id
from treatments.selectors.courses import CourseView, courses_visible_to, view_of


def course_named(user: User, course_id: str) -> CourseView:
    """Return a course as it stands, or refuse."""
    course = courses_visible_to(user).filter(public_id=read_id(course_id) or NO_ID).first()
    if course is None:
        raise unknown(_("There is no such course."))
    return view_of(course)


def session_named(view: CourseView, text: str) -> int:
    """Return the number of a course's session, or refuse."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if view.session(number) is None:
        raise unknown(_("There is no such session."))
    return number
