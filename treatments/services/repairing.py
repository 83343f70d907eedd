"""Plan wanted repairs and hold what they propose.

Planning is slow and happens outside any transaction; what was planned is then held in one,
if the course is still the one that was planned.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from zoneinfo import ZoneInfo

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.series import SeriesVisit, write_series
from clinic.refusals import AlreadyChanged, Refusal
from clinic.selectors.catalogue import catalogue
from clinic.services.transactions import in_one_transaction
from treatments.domain.bends import BendKind
from treatments.domain.course import CoursePlan, PlanProblem
from treatments.domain.planner import plan
from treatments.domain.starts import WithoutPerson
from treatments.domain.wishes import Wishes
from treatments.models import Course, Repair
from treatments.models.repairs import RepairPlan, RepairStep
from treatments.selectors.courses import CourseView, SessionView, view_of
from treatments.selectors.drifting import is_lost
from treatments.selectors.planning import Asked, ask_for_course
from treatments.selectors.ranks import closed_ranks
from treatments.services.proposals import propose_to_client

KEPT_FOR = timedelta(hours=24)
AT_ONCE = 50
TRIES = 3


def plan_repairs(now: datetime) -> int:
    """Plan what is wanted, each on its own; return how many were settled. Safe to run twice."""
    wanted = Repair.objects.filter(state=Repair.State.WANTED).order_by("pk")[:AT_ONCE]
    planned = [plan_repair(repair=repair, now=now) for repair in wanted]
    return sum(repair.state != Repair.State.WANTED for repair in planned)


def plan_repair(*, repair: Repair, now: datetime) -> Repair:
    """Plan one repair and hold its replacement visit; `failed` when there is no plan.

    One that is not wanted any more is returned as it is. Where the slot or the course
    changes under the plan, it is planned anew a few times, then left for the next run.
    """
    for _attempt in range(TRIES):
        if repair.state != Repair.State.WANTED:
            break
        try:
            _plan_once(repair, now)
        except Refusal:
            repair.refresh_from_db()
    return repair


def _plan_once(repair: Repair, now: datetime) -> None:
    view = view_of(Course.objects.with_people().get(pk=repair.course_id))
    lost = view.session(repair.number)
    if not view.is_running or lost is None or lost.is_done or lost.is_booked:
        _close(repair, Repair.State.OBSOLETE, view.course, now)
        return
    best = _best_plan(view, lost, now)
    if best is None:
        _close(repair, Repair.State.FAILED, view.course, now)
        return
    _hold(repair=repair, view=view, planned=best, now=now)


def _best_plan(view: CourseView, lost: SessionView, now: datetime) -> RepairPlan | None:
    """Return the smallest repair: the lost visit put anew, or ranks closed and one put last.

    The second way only where fewer booked dates change, as with a weekly course on one
    fixed day: otherwise the lost session keeps its place, and so its distance to the last.
    """
    facts = catalogue()
    if not {view.course.first_service_id, view.course.follow_up_service_id} <= set(facts.services):
        return None
    excused = sorted(item.number for item in view.sessions if is_excused_loss(item))
    ways = [(view, frozenset(excused))]
    if lost.number > 1:
        # Each loss before it has taken one number away.
        ways.append((closed_ranks(view), frozenset(n - i for i, n in enumerate(excused))))
    found = []
    for way, (seen, may_exceed) in enumerate(ways):
        asked = ask_for_course(
            seen,
            facts,
            now,
            fixed=_too_soon_to_move(seen, now),
            excused=may_exceed,
            wishes=_wishes(view, lost, now),
        )
        made = plan(_without_cancelled(asked.problem, view)) if asked is not None else None
        if asked is not None and made is not None:
            planned = _planned(asked, made, seen, closes_ranks=way == 1)
            found.append((made.excess_days, made.moves, way, planned))
    return min(found, key=itemgetter(0, 1, 2))[3] if found else None


def _without_cancelled(problem: PlanProblem, view: CourseView) -> PlanProblem:
    """Leave out the days of visits that the clinic cancelled, with those practitioners.

    Cancelling sets the time free, and whoever could not treat is not asked for it again.
    """
    zone = ZoneInfo(view.course.location.zone)
    for item in view.unbooked:
        visit = item.visit
        if is_lost(item) and visit is not None and visit.state == State.CANCELLED:
            who, on = visit.practitioner_id, visit.starts_at.astimezone(zone).date()
            problem = replace(
                problem,
                first=WithoutPerson(problem.first, who, on),
                follow_up=WithoutPerson(problem.follow_up, who, on),
            )
    return problem


def is_excused_loss(item: SessionView) -> bool:
    """Say whether a session was lost in a way that excuses a gap over its ceiling.

    A no-show, or a cancellation by the clinic; not a visit that could not be treated.
    """
    visit = item.visit
    if visit is None or item.is_done or item.is_booked:
        return False
    if visit.state == State.CANCELLED:
        return not visit.cancelled_by_client
    return visit.state == State.NO_SHOW


def _wishes(view: CourseView, lost: SessionView, now: datetime) -> Wishes:
    """Return the course's wishes, so that new slots look like the old ones.

    The usual practitioner and the lost visit's time of day count where the client named
    none. Nothing is newly put so soon that its own notice had passed before an answer.
    """
    course = view.course
    zone = ZoneInfo(course.location.zone)
    notice = timedelta(hours=course.location.late_change_hours)
    earliest = (now + notice).astimezone(zone).date() + timedelta(days=1)
    asked = course.asked_for
    if asked.only_practitioner_id is None and asked.rather_practitioner_id is None:
        asked = replace(asked, rather_practitioner_id=course.practitioner_id)
    if lost.visit is not None and asked.around_minute is None:
        at = lost.visit.starts_at.astimezone(zone)
        asked = replace(asked, around_minute=at.hour * 60 + at.minute)
    return replace(asked, not_before=max(earliest, asked.not_before or earliest))


def _too_soon_to_move(view: CourseView, now: datetime) -> Collection[int]:
    soon = now + timedelta(hours=view.course.location.late_change_hours)
    return {
        item.number
        for item in view.sessions
        if item.is_booked and item.visit is not None and item.visit.starts_at <= soon
    }


def _last_wanted(seen: CourseView, *, closes_ranks: bool) -> int:
    """Return the number of the last session of which a repair speaks.

    Sessions after it have no date by the client's own wish: room is planned for them, and
    they are left to the client.
    """
    lost = [item.number for item in seen.unbooked if is_lost(item)]
    if closes_ranks:
        return seen.unbooked[0].number + len(lost) - 1
    return max([*lost, *(item.number for item in seen.sessions if item.is_booked)])


def _planned(asked: Asked, made: CoursePlan, seen: CourseView, *, closes_ranks: bool) -> RepairPlan:
    last = _last_wanted(seen, closes_ranks=closes_ranks)
    steps, longer = [], []
    for session, planned in zip(asked.problem.sessions, made.sessions, strict=True):
        number = planned.number + asked.offset
        if number > last:
            break
        if any(bend.kind is BendKind.OVER_CEILING for bend in planned.bends):
            longer.append(number)
        changes = session.booked is None or planned.was_moved or planned.changes_hands
        if session.completed is None and changes:
            steps.append(
                RepairStep(
                    number=number,
                    starts_at=planned.candidate.starts_at,
                    practitioner_id=planned.candidate.practitioner_id,
                    was=session.booked.starts_at if session.booked else None,
                )
            )
    return RepairPlan(tuple(steps), tuple(longer), closes_ranks)


def _close(repair: Repair, state: Repair.State, course: Course, now: datetime) -> None:
    answered_at = now if state is Repair.State.OBSOLETE else None
    rows = Repair.objects.filter(pk=repair.pk, state=Repair.State.WANTED)
    rows.update(state=state, course_version=course.version, answered_at=answered_at)
    repair.refresh_from_db()


@in_one_transaction
def _hold(*, repair: Repair, view: CourseView, planned: RepairPlan, now: datetime) -> None:
    course = view.course
    step = replacement_of(planned, repair.number)
    notice = timedelta(hours=course.location.late_change_hours)
    expires_at = min(now + KEPT_FOR, step.starts_at - notice)
    hold = None
    if not _is_taken_by_course(view, step):
        [hold] = write_series(
            client=course.client,
            location_id=course.location_id,
            visits=[visit_of_step(course, step, None)],
            by=None,
            now=now,
            by_clinic=True,
            held_until=expires_at,
        )
    # Whoever changes the course raises its version, which waits for this row.
    as_planned = Course.objects.running().filter(pk=course.pk, version=course.version)
    if as_planned.select_for_update().first() is None:
        raise AlreadyChanged
    _open(
        repair,
        hold=hold,
        plan=planned.to_json(),
        course_version=course.version,
        expires_at=expires_at,
    )
    repair.refresh_from_db()
    propose_to_client(repair, course, now)


def _open(repair: Repair, **fields: object) -> None:
    """Take a wanted repair as planned, which one of several workers can; or `AlreadyChanged`."""
    wanted = Repair.objects.filter(pk=repair.pk, state=Repair.State.WANTED)
    if not wanted.update(state=Repair.State.OPEN, **fields):
        raise AlreadyChanged


def _is_taken_by_course(view: CourseView, step: RepairStep) -> bool:
    """Say whether a visit of the course, which moves away, has that date: then it is kept."""
    zone = ZoneInfo(view.course.location.zone)
    return step.starts_at.astimezone(zone).date() in {
        item.date for item in view.sessions if item.is_booked
    }


def replacement_of(planned: RepairPlan, number: int) -> RepairStep:
    """Return the new visit instead of the lost session's; where ranks close, the first new one."""
    new = [step for step in planned.steps if step.was is None]
    if planned.closes_ranks:
        return new[0]
    return next(step for step in new if step.number == number)


def visit_of_step(course: Course, step: RepairStep, appointment: Appointment | None) -> SeriesVisit:
    """Return a step as a visit to write: new, or a booked or held one."""
    first, later = course.first_service_id, course.follow_up_service_id
    return SeriesVisit(
        service_id=first if step.number == 1 else later,
        starts_at=step.starts_at,
        practitioner_id=step.practitioner_id,
        appointment=appointment,
        counts_as_move=False,
    )
