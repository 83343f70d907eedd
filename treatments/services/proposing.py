"""Look at what a change of a course would do to the rest of it; nothing is written."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import NotBookable, TooLateToChange
from bookings.services.moving import check_client_may_move
from clinic.models import User
from clinic.permissions import CHANGE_COURSE, WAIVE_NOTICE, may, require
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from treatments.domain.course import CoursePlan, PlanProblem
from treatments.domain.planner import plan
from treatments.domain.spacing import Pause
from treatments.domain.starts import Candidate, WithoutDate
from treatments.domain.swapping import shift_rest, swap
from treatments.selectors.courses import CourseView
from treatments.selectors.limits import limits_of
from treatments.selectors.planning import Asked, ask_for_course
from treatments.selectors.usual import usual_wishes
from treatments.services.changing import (
    ChangeKind,
    CourseChange,
    SessionChange,
    acts_as_client,
    is_clients_late,
)
from treatments.services.courses import BreaksCourse
from treatments.services.planning import NotInPlan

LONGEST_PAUSE = timedelta(days=120)


class NotAPause(Refusal):
    """A pause is ahead, ends after it starts, and is not longer than a season."""

    status = 400
    message = _("Choose a first day from today on, and a last one at most four months later.")


class RepairWay(StrEnum):
    """What becomes of the other sessions when one moves."""

    SMALLEST = "smallest"
    KEEP = "keep"
    SHIFT = "shift"


def preview_move(
    *,
    view: CourseView,
    number: int,
    starts_at: datetime,
    practitioner_id: int | None = None,
    repair: RepairWay,
    by: User,
    now: datetime,
    reason: str = "",
) -> CourseChange:
    """Return what moving one session changes; None as practitioner: the present one, else any.

    SMALLEST moves the fewest of the others, KEEP none of them, SHIFT all later ones by the
    same days. What a client may not move alone stays. A `reason` of the desk waives the
    notice. One query. Raises `NotInPlan` (not free), `BreaksCourse` (no such way within the
    limits), `TooLateToChange`, `AlreadyChanged` (not booked), `NotBookable`, `NotAllowed`.
    """
    movable_visit(view=view, number=number, by=by, now=now)
    asked = ask(view, by, now, reason=reason)
    slot = slot_at(view, asked, number, starts_at, practitioner_id or 0)
    place = number - asked.offset
    if slot is None or (practitioner_id and slot.practitioner_id != practitioner_id):
        raise NotInPlan
    if repair is not RepairWay.SHIFT and may_stay(view, number, slot, now):
        return change_of(view, ChangeKind.MOVE, {number: slot}, number=number, reason=reason)
    way = None
    if repair is RepairWay.SHIFT:
        way = _shifted(asked.problem, place, slot)
    elif repair is RepairWay.SMALLEST:
        way = swap(asked.problem, place, slot)
    if way is None:
        raise BreaksCourse
    slots = {**moved_slots(asked, way), number: slot}
    return change_of(view, ChangeKind.MOVE, slots, number=number, reason=reason)


def preview_cancel(
    *,
    view: CourseView,
    number: int,
    book_again: bool,
    by: User,
    now: datetime,
    reason: str = "",
) -> CourseChange:
    """Return what cancelling one session changes.

    The course keeps its number of sessions: with `book_again` a replacement on another
    date is booked at once, and as few others as possible move; without it the session
    waits to be booked. At most one query. Raises `BreaksCourse` (no replacement),
    `TooLateToChange` (begun), `AlreadyChanged`, `NotBookable`, `NotAllowed`.
    """
    require(by, CHANGE_COURSE, view.course)
    visit = _booked_visit(view, number)
    if acts_as_client(by, view.course) and now >= visit.starts_at:
        raise TooLateToChange
    if not book_again:
        given_up = SessionChange(number, visit.starts_at, None, None)
        return replace(
            change_of(view, ChangeKind.CANCEL, {}, number=number, reason=reason),
            sessions=(given_up,),
        )
    by_clinic = not acts_as_client(by, view.course)
    asked = ask(
        view, by, now, but=(number,), lost=(number,), excused=(number,) if by_clinic else ()
    )
    on = visit.starts_at.astimezone(visit.location_zone).date()
    way = plan(_without_date(asked.problem, on))
    if way is None:
        raise BreaksCourse
    slots = moved_slots(asked, way, also=(number,))
    return change_of(view, ChangeKind.CANCEL, slots, number=number, reason=reason)


def preview_pause(
    *, view: CourseView, first_date: date, end_date: date, by: User, now: datetime
) -> CourseChange:
    """Return what a pause on the local dates `[first_date, end_date)` changes.

    Sessions in the pause move, and as few others as possible; gaps may be longer by the
    paused days. One query. Raises `NotAPause`, `TooLateToChange` when a client may not move
    a session in it, `BreaksCourse`, `NotBookable`, `NotAllowed`.
    """
    require(by, CHANGE_COURSE, view.course)
    if not local_date(view, now) <= first_date < end_date <= first_date + LONGEST_PAUSE:
        raise NotAPause
    pause = Pause(first_date, end_date)
    if acts_as_client(by, view.course) and any(
        item.date is not None and pause.holds(item.date) and item.number in _fixed(view, now)
        for item in view.sessions
    ):
        raise TooLateToChange(_("A visit in that time is too soon to be moved online."))
    asked = ask(view, by, now, pauses=(*view.course.known_pauses, pause))
    way = plan(asked.problem)
    if way is None:
        raise BreaksCourse
    return replace(change_of(view, ChangeKind.PAUSE, moved_slots(asked, way)), pause=pause)


def movable_visit(*, view: CourseView, number: int, by: User, now: datetime) -> Appointment:
    """Return the booked visit of a session that somebody may move; raises as `preview_move`."""
    require(by, CHANGE_COURSE, view.course)
    visit = _booked_visit(view, number)
    if acts_as_client(by, view.course):
        check_client_may_move(visit, now)
    return visit


def ask(
    view: CourseView,
    by: User,
    now: datetime,
    *,
    but: Collection[int] = (),
    lost: Collection[int] = (),
    excused: Collection[int] = (),
    pauses: tuple[Pause, ...] | None = None,
    reason: str = "",
) -> Asked:
    """Return a course's problem as it stands; one query.

    What its client may not move alone is fixed, `but` some. A `reason` of the desk waives
    the notice. Raises `AlreadyChanged` when the course has ended, `NotBookable` when it
    can't be planned at all.
    """
    if not view.is_running:
        raise AlreadyChanged
    course = view.course
    fixed = _fixed(view, now) - set(but) if acts_as_client(by, course) else ()
    asked = ask_for_course(
        view,
        catalogue(),
        now,
        lost=lost,
        fixed=fixed,
        excused=excused,
        pauses=pauses,
        wishes=usual_wishes(view),
        waives_notice=bool(reason) and may(by, WAIVE_NOTICE),
    )
    if asked is None:
        raise NotBookable
    return asked


def may_stay(view: CourseView, number: int, slot: Candidate, now: datetime) -> bool:
    """Say whether all other sessions may stay where they are when one is at a slot."""
    return limits_of(view, number, local_date(view, now)).allow(slot.date)


def local_date(view: CourseView, now: datetime) -> date:
    """Return today's date at the course's location."""
    return now.astimezone(ZoneInfo(view.course.location.zone)).date()


def slot_at(
    view: CourseView, asked: Asked, number: int, starts_at: datetime, practitioner_id: int = 0
) -> Candidate | None:
    """Return a session's free slot at a start; with whom it is now, if nobody is named."""
    zone = asked.first.question.location.zone
    local = starts_at.astimezone(zone)
    session = asked.problem.sessions[number - asked.offset - 1]
    offered = asked.problem.free_for(session).at(local.date(), local.hour * 60 + local.minute)
    free = {slot.practitioner_id: slot for slot in offered if slot.starts_at == starts_at}
    if practitioner_id:
        return free.get(practitioner_id)
    now_with = session.booked.practitioner_id if session.booked else 0
    main = view.course.practitioner_id
    return free.get(now_with) or free.get(main or 0) or next(iter(free.values()), None)


def _booked_visit(view: CourseView, number: int) -> Appointment:
    item = view.session(number)
    if not view.is_running or item is None or item.visit is None:
        raise AlreadyChanged
    if item.visit.state != State.BOOKED:
        raise AlreadyChanged
    return item.visit


def _fixed(view: CourseView, now: datetime) -> set[int]:
    return {
        item.number
        for item in view.sessions
        if item.is_booked and item.visit is not None and is_clients_late(item.visit, now)
    }


def _shifted(problem: PlanProblem, place: int, slot: Candidate) -> CoursePlan | None:
    standing = [item.completed or item.booked for item in problem.sessions]
    known = [item for item in standing if item is not None]
    if len(known) < len(standing):
        return None
    return shift_rest(problem, known, place, slot)


def _without_date(problem: PlanProblem, on: date) -> PlanProblem:
    first, later = WithoutDate(problem.first, on), WithoutDate(problem.follow_up, on)
    return replace(problem, first=first, follow_up=later)


def moved_slots(asked: Asked, way: CoursePlan, also: Iterable[int] = ()) -> dict[int, Candidate]:
    """Return the slots of booked sessions that get another start, and of those named.

    A plan may hand a visit that stays to somebody else; nobody asked for that.
    """
    wanted = {number - asked.offset for number in also} | set(way.changed_numbers)
    return {
        item.number + asked.offset: item.candidate for item in way.sessions if item.number in wanted
    }


def change_of(
    view: CourseView,
    kind: ChangeKind,
    slots: dict[int, Candidate],
    *,
    number: int | None = None,
    reason: str = "",
) -> CourseChange:
    """Return the change that gives sessions the slots, for the course as it was seen."""
    changes = []
    for item_number, slot in sorted(slots.items()):
        item = view.sessions[item_number - 1]
        old = item.visit.starts_at if item.is_booked and item.visit is not None else None
        changes.append(SessionChange(item_number, old, slot.starts_at, slot.practitioner_id))
    return CourseChange(
        course_id=view.course.pk,
        version=view.course.version,
        kind=kind,
        sessions=tuple(changes),
        number=number,
        reason=reason,
    )
