"""Change a running course in two steps: look at what would change, then change just that.

    preview_...   outside a transaction: plans, writes nothing     -> CourseChange
    apply_change  one transaction: locks, asks the version, writes -> Course

A `CourseChange` says which version of the course it was made for. Whatever happens to the
course in between raises its version, so that nobody confirms what no longer is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import F

from bookings.domain.lifecycle import State
from bookings.domain.policy import is_late
from bookings.models import Appointment
from bookings.refusals import TooLateToChange
from bookings.services.cancelling import cancel_allowed
from bookings.services.moving import check_client_may_move
from bookings.services.reserving import resources_of
from bookings.services.series import SeriesVisit, write_series
from clinic.models import User
from clinic.permissions import CHANGE_COURSE, RUN_DESK, WAIVE_NOTICE, may, require
from clinic.refusals import AlreadyChanged
from clinic.services.transactions import in_one_transaction
from treatments.domain.spacing import Pause
from treatments.models import Course, CoursePause, CourseStep, Repair, Session, SessionVisit
from treatments.selectors.courses import CourseView, SessionView, view_of
from treatments.services.repairs import WAITING, settle_repairs, want_repair
from treatments.services.telling import dates_of, tell_changed


class ChangeKind(StrEnum):
    """What somebody does to a course."""

    MOVE = "move"
    CANCEL = "cancel"
    PAUSE = "pause"
    BOOK = "book"


@dataclass(frozen=True, slots=True)
class SessionChange:
    """One session that changes: its slot now (None: not booked) and then (None: given up)."""

    number: int
    old_starts_at: datetime | None
    starts_at: datetime | None
    practitioner_id: int | None

    @property
    def moves(self) -> bool:
        """Whether a booked visit gets another start."""
        return None not in (self.old_starts_at, self.starts_at) and (
            self.old_starts_at != self.starts_at
        )


@dataclass(frozen=True, slots=True)
class CourseChange:
    """A change of a course, ready to be applied to the `version` that was looked at.

    `number` is the session that somebody chose (moved, cancelled); the other `sessions`
    change along with it. In order of number.
    """

    course_id: int
    version: int
    kind: ChangeKind
    sessions: tuple[SessionChange, ...]
    number: int | None = None
    reason: str = ""
    pause: Pause | None = None

    @property
    def others(self) -> tuple[SessionChange, ...]:
        """The sessions that change along with the chosen one."""
        return tuple(item for item in self.sessions if item.number != self.number)

    @property
    def dates_changed(self) -> int:
        """How many booked visits get another start, the chosen one included."""
        return sum(item.moves for item in self.sessions)


def acts_as_client(by: User, course: Course) -> bool:
    """Say whether the client's own limits bind somebody; not at the desk, nor who treats."""
    return course.client.user_id == by.pk and not may(by, RUN_DESK)


def is_clients_late(visit: Appointment, now: datetime) -> bool:
    """Say whether a visit starts too soon for its client to move it alone."""
    hours = visit.location.late_change_hours
    return is_late(starts_at=visit.starts_at, now=now, late_change_hours=hours)


def apply_change(*, change: CourseChange, by: User, now: datetime) -> Course:
    """Do what was looked at, all of it or nothing.

    Only the chosen session counts as a move of the client. Any proposal that waits for
    the course becomes obsolete. Raises `AlreadyChanged` when the course is not as it was
    looked at (a second click too), `SeriesTaken` or `SlotTaken` when a slot is gone (look
    anew), `TooLateToChange`, `NotBookable`, `NotAllowed` or `Busy`.
    """
    course = Course.objects.with_people().get(pk=change.course_id)
    view = view_of(course)
    require(by, CHANGE_COURSE, course)
    return _apply_change(view=view, change=change, by=by, now=now)


@in_one_transaction
def _apply_change(*, view: CourseView, change: CourseChange, by: User, now: datetime) -> Course:
    course = view.course
    if course.version != change.version or not view.is_running:
        raise AlreadyChanged
    cancelled = _cancelled(view, change)
    before = dates_of(view, now)
    if acts_as_client(by, course):
        check_client_limits(view, change, now)
    coming = [item for item in change.sessions if item.starts_at is not None]
    visits = write_series(
        client=course.client,
        location_id=course.location_id,
        visits=[_series_visit(view, change, item) for item in coming],
        by=by,
        now=now,
        by_clinic=not acts_as_client(by, course),
        reason=change.reason,
        waives_notice=bool(change.reason) and may(by, WAIVE_NOTICE),
        also_lock=resources_of(cancelled) if cancelled is not None else (),
    )
    if cancelled is not None:
        lock_visits([cancelled])
    claim_version(course, change.version)
    _add_visits(course, coming, visits)
    if cancelled is not None:
        cancel_allowed(
            appointment=cancelled,
            by_client=acts_as_client(by, course),
            by=by,
            now=now,
            reason=change.reason,
            tells=False,
        )
    if change.pause is not None:
        CoursePause.objects.create(
            course=course, first_date=change.pause.first_date, end_date=change.pause.end_date
        )
    renew_repairs(course=course, by=by, now=now)
    record_step(
        course, CourseStep.Kind(change.kind), by, now, number=change.number, reason=change.reason
    )
    course.refresh_from_db(fields=["version"])
    tell_changed(course, before, by_client=acts_as_client(by, course), now=now)
    return course


def check_client_limits(view: CourseView, change: CourseChange, now: datetime) -> None:
    """Raise `TooLateToChange` where a client may not move what the change moves."""
    for item in change.sessions:
        visit = _booked(view.session(item.number))
        if visit is None:
            continue
        if item.number != change.number and is_clients_late(visit, now):
            raise TooLateToChange
        if item.number == change.number and change.kind is ChangeKind.MOVE:
            check_client_may_move(visit, now)


def lock_visits(visits: Sequence[Appointment]) -> None:
    """Lock visits before their course's row, as whoever records an arrival does."""
    ids = [visit.pk for visit in visits]
    rows = Appointment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    list(rows.values_list("pk", flat=True))


def claim_version(course: Course, version: int) -> None:
    """Raise a running course's version, or `AlreadyChanged` if it is not the one looked at."""
    rows = Course.objects.running().filter(pk=course.pk, version=version)
    if not rows.update(version=F("version") + 1):
        raise AlreadyChanged


def record_step(
    course: Course,
    kind: CourseStep.Kind,
    by: User,
    now: datetime,
    *,
    number: int | None = None,
    reason: str = "",
) -> None:
    """Append what somebody did to a course to its history."""
    CourseStep.objects.create(
        course=course, kind=kind, number=number, at=now, by=by, reason=reason.strip()
    )


def renew_repairs(*, course: Course, by: User | None, now: datetime) -> None:
    """Set aside a proposal made for the course as it was; ask anew if it lacks a session still.

    Inside the transaction of the change, with the course's row locked.
    """
    waiting = Repair.objects.filter(course=course, state__in=WAITING).first()
    if waiting is None:
        return
    settle_repairs(course=course, by=by, now=now)
    lacking = [item.number for item in view_of(course).unbooked]
    if lacking:
        number = waiting.number if waiting.number in lacking else lacking[0]
        want_repair(course=course, number=number, cause=Repair.Cause(waiting.cause), now=now)


def end_course(course: Course, ending: Course.Ending, now: datetime) -> None:
    """End a running course; its row is locked by a version raised before."""
    Course.objects.running().filter(pk=course.pk).update(ended_at=now, ending=ending)
    course.ended_at, course.ending = now, ending


def last_date_of(view: CourseView, now: datetime) -> date:
    """Return the local date of the last session that was done; today where nobody knows it."""
    last = view.last_done
    if last is not None and last.date is not None:
        return last.date
    return now.astimezone(ZoneInfo(view.course.location.zone)).date()


def _cancelled(view: CourseView, change: CourseChange) -> Appointment | None:
    if change.kind is not ChangeKind.CANCEL or change.number is None:
        return None
    visit = _booked(view.session(change.number))
    if visit is None:
        raise AlreadyChanged
    # Their permission and the late mark ask for people and place.
    return Appointment.objects.with_people().get(pk=visit.pk)


def _booked(item: SessionView | None) -> Appointment | None:
    visit = item.visit if item is not None else None
    return visit if visit is not None and visit.state == State.BOOKED else None


def _series_visit(view: CourseView, change: CourseChange, item: SessionChange) -> SeriesVisit:
    course = view.course
    is_new = item.old_starts_at is None or (
        change.kind is ChangeKind.CANCEL and item.number == change.number
    )
    visit = None if is_new else _booked(view.session(item.number))
    if not is_new and visit is None:
        raise AlreadyChanged
    assert item.starts_at is not None
    assert item.practitioner_id is not None
    first, later = course.first_service_id, course.follow_up_service_id
    return SeriesVisit(
        service_id=visit.service_id if visit else first if item.number == 1 else later,
        starts_at=item.starts_at,
        practitioner_id=item.practitioner_id,
        appointment=visit,
        counts_as_move=change.kind is ChangeKind.MOVE and item.number == change.number,
    )


def _add_visits(
    course: Course, items: Sequence[SessionChange], visits: Sequence[Appointment]
) -> None:
    pairs = [(item.number, visit) for item, visit in zip(items, visits, strict=True)]
    known = set(
        SessionVisit.objects.filter(appointment__in=visits).values_list("appointment_id", flat=True)
    )
    new = [(number, visit) for number, visit in pairs if visit.pk not in known]
    if not new:
        return
    rows = {row.number: row for row in Session.objects.filter(course=course)}
    SessionVisit.objects.bulk_create(
        SessionVisit(session=rows[number], appointment=visit) for number, visit in new
    )
