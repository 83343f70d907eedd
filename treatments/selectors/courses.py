"""Courses as people look at them: sessions with their visits, progress, what comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, Q

from bookings.domain.lifecycle import OPEN
from bookings.hooks import CoursePlace
from bookings.models import Appointment
from bookings.selectors.among import among
from clinic.models import User
from treatments.domain.progress import (
    CourseState,
    Progress,
    SessionState,
    course_state,
    gap_days,
    session_state,
)
from treatments.models import Course, CoursePause, Session, SessionVisit
from treatments.models.courses import CourseQuerySet


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its visits, oldest attempt first.

    `visit` is the one that counts: completed, else waiting, else the last attempt. `date`
    is its local date while it is done or booked. `gap_days` is to the session before.
    """

    row: Session | None
    number: int
    state: SessionState
    attempts: tuple[Appointment, ...]
    visit: Appointment | None
    date: date | None
    gap_days: int | None

    @property
    def is_done(self) -> bool:
        return self.state is SessionState.DONE

    @property
    def is_booked(self) -> bool:
        return self.state is SessionState.BOOKED


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course with all its sessions, as it stands."""

    course: Course
    sessions: tuple[SessionView, ...]

    @property
    def progress(self) -> Progress:
        return Progress(sum(item.is_done for item in self.sessions), self.course.length)

    @property
    def state(self) -> CourseState:
        return course_state(done=self.progress.done, ending=self.course.ending)

    @property
    def is_running(self) -> bool:
        return self.state in (CourseState.PLANNED, CourseState.ACTIVE)

    @property
    def next_session(self) -> SessionView | None:
        """The first booked session."""
        return next((item for item in self.sessions if item.is_booked), None)

    @property
    def unbooked(self) -> list[SessionView]:
        """The sessions that are neither done nor booked."""
        return [item for item in self.sessions if not (item.is_done or item.is_booked)]

    @property
    def last_done(self) -> SessionView | None:
        """The latest session that was done."""
        return next((item for item in reversed(self.sessions) if item.is_done), None)

    def session(self, number: int) -> SessionView | None:
        """Return a session by its number."""
        return self.sessions[number - 1] if 1 <= number <= len(self.sessions) else None


def courses_visible_to(user: User) -> CourseQuerySet:
    """Return the courses somebody may see: own ones, those they treat, all at the desk."""
    rows = Course.objects.with_people()
    if user.is_desk:
        return rows
    seen = Q(client__user=user)
    if user.is_practitioner:
        seen |= Q(practitioner__user=user)
        seen |= Q(sessions__visits__appointment__practitioner__user=user)
    ids = Course.objects.filter(seen).values("pk")
    return rows.filter(pk__in=ids)


def own_courses(user: User) -> CourseQuerySet:
    """Return the courses of the client with this login, the newest first."""
    return Course.objects.with_people().filter(client__user=user).order_by("-created_at", "-pk")


def views_of(courses: Iterable[Course]) -> list[CourseView]:
    """Return courses with everything that pages show. Three queries, whatever their number."""
    rows = list(courses)
    visits = SessionVisit.objects.select_related(
        "appointment__practitioner",
        "appointment__location",
        "appointment__service",
        "appointment__room",
    ).order_by("pk")
    sessions = Session.objects.filter(course__in=rows).order_by("number")
    by_course: dict[int, list[Session]] = {row.pk: [] for row in rows}
    for session in sessions.prefetch_related(Prefetch("visits", visits)):
        by_course[session.course_id].append(session)
    pauses: dict[int, list[CoursePause]] = {row.pk: [] for row in rows}
    for pause in CoursePause.objects.filter(course__in=rows).order_by("first_date"):
        pauses[pause.course_id].append(pause)
    views = []
    for row in rows:
        row.known_pauses = tuple(pause.span() for pause in pauses[row.pk])
        view = _view(row, by_course[row.pk])
        row.treated_by = _treated_by(view)
        views.append(view)
    return views


def view_of(course: Course) -> CourseView:
    """Return one course with everything that pages show."""
    return views_of([course])[0]


def course_of(appointment: Appointment) -> tuple[Course, int] | None:
    """Return the course of which a visit is a session, and its number; None for others."""
    row = (
        SessionVisit.objects.filter(appointment=appointment)
        .select_related("session__course")
        .first()
    )
    return (row.session.course, row.session.number) if row else None


def courses_of(appointments: Sequence[Appointment]) -> dict[int, tuple[Course, int]]:
    """Return course and session number by visit id, for those that belong to one. One query."""
    ids = among(visit.pk for visit in appointments)
    rows = SessionVisit.objects.filter(appointment__in=ids).select_related("session__course")
    return {row.appointment_id: (row.session.course, row.session.number) for row in rows}


def places_in_courses(appointments: Sequence[Appointment]) -> dict[int, CoursePlace]:
    """Return of which courses visits are sessions, by visit id. One query."""
    return {
        visit_id: CoursePlace(
            course_id=course.public_id,
            number=number,
            of=course.length,
            can_change=course.ended_at is None and number <= course.length,
        )
        for visit_id, (course, number) in courses_of(appointments).items()
    }


def running_course(client_id: int) -> Course | None:
    """Return a client's course that has not ended, the newest of several."""
    rows = Course.objects.running().with_people().filter(client_id=client_id)
    return rows.order_by("-pk").first()


def _view(course: Course, rows: Sequence[Session]) -> CourseView:
    by_number = {row.number: row for row in rows}
    views: list[SessionView] = []
    before: date | None = None
    for number in range(1, course.length + 1):
        row = by_number.get(number)
        view = _session(course, row, number, before)
        views.append(view)
        before = view.date or before
    return CourseView(course, tuple(views))


def _treated_by(view: CourseView) -> frozenset[int]:
    people = [visit.practitioner for item in view.sessions for visit in item.attempts]
    main = view.course.practitioner
    return frozenset(person.user_id for person in (*people, *([main] if main else [])))


def _session(course: Course, row: Session | None, number: int, before: date | None) -> SessionView:
    attempts = tuple(item.appointment for item in row.visits.all()) if row else ()
    state = session_state([visit.state for visit in attempts])
    visit = _counting(attempts)
    on = None
    if number <= course.done_before and not attempts:
        state = SessionState.DONE
        on = course.last_done_date if number == course.done_before else None
    elif visit is not None and state in (SessionState.DONE, SessionState.BOOKED):
        on = visit.starts_at.astimezone(visit.location_zone).date()
    return SessionView(row, number, state, attempts, visit, on, gap_days(before, on))


def _counting(attempts: Sequence[Appointment]) -> Appointment | None:
    done = [visit for visit in attempts if visit.state == "completed"]
    waiting = [visit for visit in attempts if visit.state in OPEN]
    return next(iter(done or waiting or reversed(attempts)), None)


def left_booked(view: CourseView, now: datetime) -> list[Appointment]:
    """Return the course's visits that have not begun, in order."""
    return [
        item.visit
        for item in view.sessions
        if item.is_booked and item.visit is not None and item.visit.starts_at > now
    ]
