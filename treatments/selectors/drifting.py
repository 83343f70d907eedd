"""Running courses that drift: light rows of all of them, whole views of one page."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from bookings.domain.lifecycle import OPEN, State
from clinic.models import User
from treatments.domain.drifting import CourseDates, Drift, drifts, long_gap
from treatments.domain.overdue import overdue_since
from treatments.models import Course, CoursePause, CourseStep, Repair, SessionVisit
from treatments.selectors.courses import CourseView, SessionView, views_of

LOST = (State.NO_SHOW, State.NOT_TREATED, State.CANCELLED)
PRESSING = list(Drift)
JUDGED = ("length", "phases", "done_before", "last_done_date", "location__zone")


@dataclass(frozen=True, slots=True)
class Drifting:
    """A course that drifts, and in which ways; `long_gap` lies before that session."""

    course_id: int
    ways: tuple[Drift, ...]
    since: date
    long_gap: int | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A course that waits for its next session: `since` is the first date past the maximum."""

    course_id: int
    last_date: date
    since: date
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class DriftView:
    """A course that drifts as it stands; `repair` is the proposal that waits for it."""

    view: CourseView
    ways: tuple[Drift, ...]
    repair: Repair | None
    long_gap: int | None


def drifting_courses(user: User, now: datetime) -> list[Drifting]:
    """Return the drifting courses that somebody looks after, the most pressing first.

    All at the desk; for practitioners those they treat. Four queries, whatever their
    number: plain rows, since only one page of them is looked at more closely.
    """
    found = []
    for course, dates, today in _judged(_running_for(user), now):
        ways = drifts(dates, today)
        if ways:
            since = dates.last_date or dates.next_date or today
            found.append(Drifting(course.pk, tuple(ways), since, long_gap(dates)))
    found.sort(key=lambda item: (PRESSING.index(item.ways[0]), item.since, item.course_id))
    return found


def overdue_courses(now: datetime, *, among: Collection[int] | None = None) -> list[Overdue]:
    """Return the running courses with nothing booked past their gap's recommended maximum.

    Of some (by pk), or all. Four queries, whatever their number.
    """
    rows = _running() if among is None else _running().filter(pk__in=among)
    return [
        Overdue(course.pk, dates.last_date, since, ZoneInfo(course.location.zone))
        for course, dates, today in _judged(list(rows), now)
        if (since := overdue_since(dates, today)) is not None and dates.last_date is not None
    ]


def drift_views(items: Sequence[Drifting]) -> list[DriftView]:
    """Return the courses of one page with everything that is shown. A fixed number of queries."""
    ids = [item.course_id for item in items]
    rows = {row.pk: row for row in Course.objects.with_people().filter(pk__in=ids)}
    views = {view.course.pk: view for view in views_of(rows.values())}
    waiting = Repair.objects.filter(course__in=ids, state__in=Repair.WAITING)
    repairs = {repair.course_id: repair for repair in waiting}
    return [
        DriftView(views[item.course_id], item.ways, repairs.get(item.course_id), item.long_gap)
        for item in items
        if item.course_id in views
    ]


def lost_session(view: CourseView) -> tuple[int, Repair.Cause] | None:
    """Return the first session that was lost without the client's wish and has no visit."""
    lost = next((item for item in view.unbooked if is_lost(item)), None)
    if lost is None or lost.visit is None:
        return None
    return lost.number, Repair.Cause(lost.visit.state)


def is_lost(item: SessionView) -> bool:
    """Say whether a session has no visit, and not by the client's wish."""
    visit = item.visit
    if visit is None or visit.state not in LOST:
        return False
    return not (visit.state == State.CANCELLED and visit.cancelled_by_client)


def _judged(courses: Sequence[Course], now: datetime) -> Iterator[tuple[Course, CourseDates, date]]:
    """Yield courses with their dates and their place's date of today. Three queries."""
    visits = _visits_of(courses)
    pauses: dict[int, list[CoursePause]] = {}
    for pause in CoursePause.objects.filter(course__in=[row.pk for row in courses]):
        pauses.setdefault(pause.course_id, []).append(pause)
    let_be = _gaps_let_be(courses)
    for course in courses:
        today = now.astimezone(ZoneInfo(course.location.zone)).date()
        pk = course.pk
        dates = _dates(course, visits.get(pk, ()), pauses.get(pk, ()), let_be.get(pk, ()))
        yield course, dates, today


def _gaps_let_be(courses: Sequence[Course]) -> dict[int, list[int]]:
    steps = CourseStep.objects.filter(
        course__in=[row.pk for row in courses], kind=CourseStep.Kind.GAP, number__isnull=False
    )
    found: dict[int, list[int]] = {}
    for course_id, number in steps.values_list("course_id", "number"):
        found.setdefault(course_id, []).append(number or 0)
    return found


def _running() -> QuerySet[Course]:
    # Of thousands of rows only what is judged is read: building the rest costs the most.
    return Course.objects.running().select_related("location").order_by("pk").only(*JUDGED)


def _running_for(user: User) -> list[Course]:
    rows = _running()
    if not user.is_desk:
        treats = Q(practitioner__user=user) | Q(
            sessions__visits__appointment__practitioner__user=user
        )
        rows = rows.filter(pk__in=Course.objects.running().filter(treats).values("pk"))
    return list(rows)


VisitLine = tuple[int, str, datetime]
"""Number of the session, state of the visit, its start."""


def _visits_of(courses: Iterable[Course]) -> dict[int, list[VisitLine]]:
    lines: dict[int, list[VisitLine]] = {}
    rows = SessionVisit.objects.filter(session__course__in=[row.pk for row in courses])
    for course_id, number, state, starts_at in rows.order_by("appointment__starts_at").values_list(
        "session__course_id", "session__number", "appointment__state", "appointment__starts_at"
    ):
        lines.setdefault(course_id, []).append((number, state, starts_at))
    return lines


def _dates(
    course: Course,
    visits: Sequence[VisitLine],
    pauses: Sequence[CoursePause],
    let_be: Collection[int],
) -> CourseDates:
    zone = ZoneInfo(course.location.zone)
    dates: list[date | None] = [None] * course.length
    done = set(range(1, course.done_before + 1))
    if course.done_before:
        dates[course.done_before - 1] = course.last_done_date
    booked = []
    for number, state, starts_at in visits:
        on = starts_at.astimezone(zone).date()
        if number > course.length or (state != State.COMPLETED and state not in OPEN):
            continue
        dates[number - 1] = on
        if state == State.COMPLETED:
            done.add(number)
        else:
            booked.append(on)
    last = [on for number, on in enumerate(dates, 1) if on is not None and number in done]
    return CourseDates(
        dates=dates,
        done=len(done),
        last_date=last[-1] if last else None,
        next_date=min(booked, default=None),
        ended=[state for _number, state, _at in visits if state in (*LOST, State.COMPLETED)],
        rules=course.gap_rules,
        pauses=tuple(pause.span() for pause in pauses),
        let_be=let_be,
    )
