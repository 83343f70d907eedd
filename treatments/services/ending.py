"""Change how long a course is, let a gap be, finish a course early, or stop it."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation
from bookings.services.cancelling import cancel_allowed
from clinic.models import User
from clinic.permissions import CHANGE_COURSE, CHANGE_COURSE_LENGTH, OVERRIDE_GAP, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.services.locking import lock_resources
from clinic.services.transactions import in_one_transaction
from treatments.models import Course, CourseStep, Session
from treatments.selectors.courses import CourseView, SessionView
from treatments.services.changing import (
    acts_as_client,
    claim_version,
    end_course,
    last_date_of,
    lock_visits,
    record_step,
    renew_repairs,
)
from treatments.services.maintenance import start_maintenance
from treatments.services.repairs import settle_repairs
from treatments.services.telling import dates_of, tell_changed

MOST_SESSIONS = 30


class ReasonMissing(Refusal):
    """What staff change against the figures needs a reason."""

    message = _("Say why.")


class NotALength(Refusal):
    """A course is longer than what is done of it, and not longer than 30 sessions."""

    message = _("A course has at most 30 sessions, and more than are done already.")


class NothingDone(Refusal):
    """A course of which nothing is done can be stopped, not finished."""

    message = _("No session is done yet. Stop the course instead.")


class VisitUnderWay(Refusal):
    """A visit of the course has begun."""

    code = "already_changed"
    status = 409
    message = _("A visit of this course has begun. How it ended has to be recorded first.")


@in_one_transaction
def change_length(*, view: CourseView, length: int, reason: str, by: User, now: datetime) -> Course:
    """Give a running course another number of sessions; those left over are cancelled.

    New sessions have no visit yet (`preview_missing` plans them). Raises `ReasonMissing`,
    `NotALength`, `VisitUnderWay`, `AlreadyChanged`, `NotAllowed` or `Busy`.
    """
    course = view.course
    require(by, CHANGE_COURSE_LENGTH, course)
    if not reason.strip():
        raise ReasonMissing
    if not view.progress.done < length <= MOST_SESSIONS:
        raise NotALength
    left_over = _visits_of(view.sessions[length:], now)
    before = dates_of(view, now)
    _lock(course, left_over)
    claim_version(course, course.version)
    rows = [Session(course=course, number=number) for number in range(1, length + 1)]
    Session.objects.bulk_create(rows, ignore_conflicts=True)
    Course.objects.filter(pk=course.pk).update(length=length)
    course.length = length
    _cancel(course, left_over, by, now, reason)
    renew_repairs(course=course, by=by, now=now)
    record_step(course, CourseStep.Kind.LENGTH, by, now, reason=reason)
    course.refresh_from_db(fields=["version"])
    tell_changed(course, before, by_client=acts_as_client(by, course), now=now)
    return course


@in_one_transaction
def override_gap(*, view: CourseView, number: int, reason: str, by: User, now: datetime) -> Course:
    """Let the gap before a session pass its ceiling, with a reason. Calling twice is fine.

    Raises `ReasonMissing`, `AlreadyChanged` or `NotAllowed`.
    """
    course = view.course
    require(by, OVERRIDE_GAP, course)
    if not reason.strip():
        raise ReasonMissing
    claim_version(course, course.version)
    changed = Session.objects.filter(course=course, number=number, number__lte=course.length)
    if not changed.update(gap_excused=True, gap_reason=reason.strip()):
        raise AlreadyChanged
    renew_repairs(course=course, by=by, now=now)
    record_step(course, CourseStep.Kind.GAP, by, now, number=number, reason=reason)
    course.refresh_from_db(fields=["version"])
    return course


@in_one_transaction
def finish_early(*, view: CourseView, reason: str, by: User, now: datetime) -> Course:
    """End a course as completed before its last session; maintenance starts.

    Visits still booked are cancelled by the clinic. Raises `ReasonMissing`, `NothingDone`,
    `VisitUnderWay`, `AlreadyChanged`, `NotAllowed` or `Busy`.
    """
    course = view.course
    require(by, CHANGE_COURSE_LENGTH, course)
    if not reason.strip():
        raise ReasonMissing
    if not view.progress.done:
        raise NothingDone
    _end(view, Course.Ending.COMPLETED, by, now, reason)
    start_maintenance(course=course, last_date=last_date_of(view, now), by=by, now=now)
    return course


@in_one_transaction
def stop_course(*, view: CourseView, by: User, now: datetime, reason: str = "") -> Course:
    """Stop a course for good and cancel its visits, each under the rules of cancelling.

    A client's visit inside the late window is marked late; pages say so before. Raises
    `VisitUnderWay`, `AlreadyChanged` (ended already), `TooLateToChange`, `NotAllowed`, `Busy`.
    """
    require(by, CHANGE_COURSE, view.course)
    _end(view, Course.Ending.STOPPED, by, now, reason)
    return view.course


def _end(view: CourseView, ending: Course.Ending, by: User, now: datetime, reason: str) -> None:
    course = view.course
    visits = _visits_of(view.sessions, now)
    before = dates_of(view, now)
    _lock(course, visits)
    claim_version(course, course.version)
    # Ended first: a course that has ended asks for no repair of what is cancelled now.
    end_course(course, ending, now)
    settle_repairs(course=course, by=by, now=now)
    stops = ending is Course.Ending.STOPPED
    kind = CourseStep.Kind.STOP if stops else CourseStep.Kind.FINISH
    record_step(course, kind, by, now, reason=reason)
    _cancel(course, visits, by, now, reason)
    course.refresh_from_db(fields=["version"])
    tell_changed(course, before, by_client=acts_as_client(by, course), now=now)


def _visits_of(sessions: Iterable[SessionView], now: datetime) -> list[Appointment]:
    visits = [item.visit for item in sessions if item.is_booked and item.visit is not None]
    if any(visit.state != State.BOOKED or visit.starts_at <= now for visit in visits):
        raise VisitUnderWay
    ids = [visit.pk for visit in visits]
    return list(Appointment.objects.with_people().filter(pk__in=ids).order_by("starts_at"))


def _lock(course: Course, visits: list[Appointment]) -> None:
    """Lock what all the visits have, and the client, then the visits: the course comes last."""
    had = Reservation.objects.filter(appointment__in=visits)
    lock_resources([course.client.resource_id, *had.values_list("resource_id", flat=True)])
    lock_visits(visits)


def _cancel(
    course: Course, visits: list[Appointment], by: User, now: datetime, reason: str
) -> None:
    by_client = acts_as_client(by, course)
    for visit in visits:
        cancel_allowed(
            appointment=visit, by_client=by_client, by=by, now=now, reason=reason, tells=False
        )
