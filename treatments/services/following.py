"""What a course does when one of its visits changes, in the transaction of that change.

Registered with the hooks of `bookings` when the app starts. Each follower first raises the
course's version, which locks its row: whoever looked at the course before has to look again.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.domain.lifecycle import OPEN, State
from bookings.hooks import (
    ClientsMerged,
    MoveAsked,
    StateChanged,
    after_merge,
    after_state,
    before_move,
)
from bookings.refusals import NotBookable
from clinic.models import User
from clinic.permissions import OVERRIDE_GAP, may
from treatments.models import Course, CourseStep, Maintenance, Repair, Session, SessionVisit
from treatments.selectors.courses import CourseView, course_of, courses_of, view_of, views_of
from treatments.selectors.limits import broken_gaps, limits_of
from treatments.services.changing import (
    end_course,
    last_date_of,
    record_step,
    renew_repairs,
)
from treatments.services.courses import BreaksCourse
from treatments.services.maintenance import start_maintenance, take_back_maintenance
from treatments.services.repairs import settle_repairs, want_repair

CAUSES = {
    State.NO_SHOW: Repair.Cause.NO_SHOW,
    State.CANCELLED: Repair.Cause.CANCELLED,
    State.NOT_TREATED: Repair.Cause.NOT_TREATED,
}
"""What loses a session through nobody's wish; the client's own cancellation is not asked here."""

EXCUSES = {
    State.NO_SHOW: gettext_lazy("A visit in this gap was missed."),
    State.CANCELLED: gettext_lazy("The clinic cancelled a visit in this gap."),
}
"""Why the gap before a lost session may pass its ceiling."""


def follow_visits() -> None:
    """Follow moves, states and merges from now on. Calling twice changes nothing."""
    before_move.register(keep_limits)
    after_state.register(follow_state)
    after_merge.register(follow_merge)


def keep_limits(events: Sequence[MoveAsked]) -> None:
    """Let visits of courses move only where all other sessions may stay.

    Raises `BreaksCourse`; who may override a gap passes with a reason, which is recorded. A
    fixed number of queries for visits that keep their dates.
    """
    found = courses_of([event.appointment for event in events])
    theirs = [event for event in events if event.appointment.pk in found]
    if not theirs:
        return
    views = _all_raised({course.pk for course, _number in found.values()})
    moved = set()
    for event in theirs:
        course, number = found[event.appointment.pk]
        if _keeps_limits(event, views[course.pk], number):
            moved.add(course.pk)
    waiting = Repair.objects.filter(course__in=moved, state__in=Repair.WAITING)
    for pk in sorted(waiting.values_list("course", flat=True).distinct()):
        renew_repairs(course=views[pk].course, by=theirs[0].by, now=theirs[0].now)


def _keeps_limits(event: MoveAsked, view: CourseView, number: int) -> bool:
    """Say whether a visit is one of a course that runs; `BreaksCourse` where it may not move."""
    zone = event.appointment.location_zone
    on = event.starts_at.astimezone(zone).date()
    stays = on == event.appointment.starts_at.astimezone(zone).date()
    if not view.is_running or number > view.course.length:
        return False
    today = event.now.astimezone(zone).date()
    if not stays and not limits_of(view, number, today).allow(on):
        if event.by is None or not event.override_reason:
            raise BreaksCourse
        if not may(event.by, OVERRIDE_GAP, view.course):
            raise BreaksCourse
        _excuse(view, number, on, by=event.by, event=event)
    return True


def _excuse(view: CourseView, number: int, on: date, *, by: User, event: MoveAsked) -> None:
    """Let the gaps be that a move breaks, so that later plans leave them as staff wanted them."""
    course, reason = view.course, event.override_reason
    broken = broken_gaps(view, number, on)
    Session.objects.filter(course=course, number__in=[gap.number for gap in broken]).update(
        gap_excused=True, gap_reason=reason
    )
    record_step(course, CourseStep.Kind.MOVE, by, event.now, number=number, reason=reason)
    for gap in broken:
        if not gap.is_short:
            kind = CourseStep.Kind.GAP
            record_step(course, kind, by, event.now, number=gap.number, reason=reason)


def follow_state(event: StateChanged) -> None:
    """Let a course go on, end, or ask for a repair after a visit's state changed."""
    found = course_of(event.appointment)
    if found is None:
        return
    view, number = _raised(found[0]), found[1]
    if event.to_state is State.COMPLETED:
        _complete(view, event.by, event.now)
    elif event.from_state is State.COMPLETED:
        _reopen(view, event.now)
    elif event.to_state in CAUSES and not event.appointment.cancelled_by_client:
        _ask_for_repair(view, number, event.to_state, event.now)
    elif event.to_state is State.CANCELLED:
        renew_repairs(course=view.course, by=event.by, now=event.now)
    elif event.from_state in CAUSES:
        _take_back_loss(view, number, event)


def follow_merge(event: ClientsMerged) -> None:
    """Hand a merged record's courses and maintenance to the kept one.

    A client has one maintenance that runs: of two, the one that began later goes on.
    """
    Course.objects.filter(client=event.merged).update(client=event.keep, version=F("version") + 1)
    both = Maintenance.objects.filter(client__in=[event.keep, event.merged], ended_at=None)
    newest = both.order_by("started_at", "pk").last()
    if newest is not None:
        both.exclude(pk=newest.pk).update(ended_at=newest.started_at)
    Maintenance.objects.filter(client=event.merged).update(client=event.keep)


def _raised(course: Course) -> CourseView:
    """Raise a course's version, which locks its row, and return it as it stands now."""
    return _all_raised({course.pk})[course.pk]


def _all_raised(ids: Collection[int]) -> dict[int, CourseView]:
    """Raise the version of courses, in the order of their keys; return them as they stand now."""
    rows = Course.objects.filter(pk__in=ids)
    if len(ids) > 1:
        list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    rows.update(version=F("version") + 1)
    views = views_of(Course.objects.with_people().filter(pk__in=ids))
    return {view.course.pk: view for view in views}


def _complete(view: CourseView, by: User | None, now: datetime) -> None:
    course = view.course
    if not view.is_running:
        return
    view = close_ranks(view)
    if view.progress.left:
        renew_repairs(course=course, by=by, now=now)
        return
    end_course(course, Course.Ending.COMPLETED, now)
    settle_repairs(course=course, by=by, now=now)
    start_maintenance(course=course, last_date=last_date_of(view, now), by=by, now=now)


def close_ranks(view: CourseView) -> CourseView:
    """Let the sessions that are done be the first ones, since progress counts completions.

    1 done   2 lost   3 done   4 booked   5 booked
    1 done   2 done   3 booked 4 booked   5 to be booked
    """
    done = [item for item in view.sessions if item.is_done]
    if [item.number for item in done] == list(range(1, len(done) + 1)):
        return view
    booked = [item for item in view.sessions if item.is_booked]
    order = [*done, *booked, *view.unbooked]
    rows = {item.number: item.row for item in view.sessions}
    for place, item in enumerate(order, 1):
        visits = [visit.pk for visit in item.attempts]
        if place != item.number and visits:
            SessionVisit.objects.filter(appointment__in=visits).update(session=rows[place])
    return view_of(view.course)


def _reopen(view: CourseView, now: datetime) -> None:
    """Let a course go on whose last session was not done after all."""
    course = view.course
    if course.ending != Course.Ending.COMPLETED or view.progress.left != 1:
        return
    if Course.objects.running().filter(client=course.client).exists():
        raise NotBookable(_("The client has begun another course since then."))
    Course.objects.filter(pk=course.pk).update(ended_at=None, ending="")
    take_back_maintenance(course=course, now=now)


def _ask_for_repair(view: CourseView, number: int, lost: State, now: datetime) -> None:
    item = view.session(number)
    if not view.is_running or item is None or item.is_booked or item.is_done:
        return
    if lost in EXCUSES:
        Session.objects.filter(course=view.course, number=number, gap_excused=False).update(
            gap_excused=True, gap_reason=str(EXCUSES[lost])
        )
    want_repair(course=view.course, number=number, cause=CAUSES[lost], now=now)


def _take_back_loss(view: CourseView, number: int, event: StateChanged) -> None:
    item = view.session(number)
    waiting = [visit for visit in item.attempts if visit.state in OPEN] if item else []
    if len(waiting) > 1:
        raise NotBookable(_("This session has another visit by now."))
    if event.from_state in EXCUSES:
        Session.objects.filter(
            course=view.course, number=number, gap_reason=str(EXCUSES[event.from_state])
        ).update(gap_excused=False, gap_reason="")
    renew_repairs(course=view.course, by=event.by, now=event.now)
