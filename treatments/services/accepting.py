"""Book a proposed repair that somebody accepted."""

from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from bookings.models import Appointment
from bookings.refusals import SlotTaken
from bookings.services.by_link import BY_LINK
from bookings.services.series import SeriesVisit, write_series
from clinic.models import User
from clinic.permissions import ANSWER_REPAIR, require
from clinic.refusals import AlreadyChanged
from clinic.services.transactions import in_one_transaction
from treatments.models import Course, Repair, Session, SessionVisit
from treatments.selectors.courses import CourseView, view_of
from treatments.selectors.ranks import closed_ranks
from treatments.services.changing import acts_as_client
from treatments.services.proposals import withdraw
from treatments.services.repairing import replacement_of, visit_of_step
from treatments.services.repairs import is_answerable, want_repair
from treatments.services.telling import dates_of, tell_changed


def accept_repair(*, repair: Repair, by: User, now: datetime) -> Course:
    """Book a proposal as it was shown: the held visit, and all that changes with it.

    Calling twice books once. When the course changed, the kept time ran out or a slot is
    gone, nothing is booked, a fresh proposal is asked for, and `AlreadyChanged` or
    `SlotTaken` is raised; also `NotBookable`, `NotAllowed` or `Busy`. Needs `course` with
    its client loaded.
    """
    require(by, ANSWER_REPAIR, repair.course.client)
    return _accept_or_want_anew(repair=repair, by=by, now=now)


def accept_repair_by_link(*, repair: Repair, now: datetime) -> Course:
    """Book a proposal as its client, whose signed link the caller has checked."""
    return _accept_or_want_anew(repair=repair, by=None, now=now)


def _accept_or_want_anew(*, repair: Repair, by: User | None, now: datetime) -> Course:
    try:
        return _accept(repair=repair, by=by, now=now)
    except (AlreadyChanged, SlotTaken):
        repair.refresh_from_db(fields=["state"])
        if repair.state == Repair.State.ACCEPTED:
            # A second click lost against the first.
            return Course.objects.with_people().get(pk=repair.course_id)
        _want_anew(repair=repair, now=now)
        raise


@in_one_transaction
def _accept(*, repair: Repair, by: User | None, now: datetime) -> Course:
    repair.refresh_from_db(fields=["state", "hold", "plan", "course_version", "expires_at"])
    course = Course.objects.with_people().get(pk=repair.course_id)
    if repair.state == Repair.State.ACCEPTED:
        return course
    view = view_of(course)
    if not is_answerable(repair, now) or course.version != repair.course_version:
        raise AlreadyChanged
    planned, before = repair.planned, dates_of(view, now)
    seen = closed_ranks(view) if planned.closes_ranks else view
    visits = write_series(
        client=course.client,
        location_id=course.location_id,
        visits=_visits(seen, repair),
        by=by,
        now=now,
        by_clinic=repair.cause == Repair.Cause.CANCELLED,
        reason=str(_("proposed repair accepted") if by is not None else BY_LINK),
        # Notice counted when it was proposed; it does not run out while somebody decides.
        waives_notice=True,
    )
    running = Course.objects.running().filter(pk=course.pk, version=repair.course_version)
    accepted = Repair.objects.filter(pk=repair.pk, state=Repair.State.OPEN)
    if not running.update(version=F("version") + 1) or not accepted.update(
        state=Repair.State.ACCEPTED, answered_at=now, answered_by=by
    ):
        raise AlreadyChanged
    _write_sessions(seen, repair, visits)
    course.refresh_from_db(fields=["version"])
    withdraw([repair], now)
    by_client = by is None or acts_as_client(by, course)
    tell_changed(course, before, by_client=by_client, now=now)
    return course


def _visits(seen: CourseView, repair: Repair) -> list[SeriesVisit]:
    planned = repair.planned
    visits = []
    for step in planned.steps:
        item = seen.session(step.number)
        appointment = item.visit if item is not None and item.is_booked else None
        if (step.was is None) != (appointment is None):
            raise AlreadyChanged
        if step == replacement_of(planned, repair.number):
            appointment = repair.hold
        visits.append(visit_of_step(seen.course, step, appointment))
    return visits


def _write_sessions(seen: CourseView, repair: Repair, visits: list[Appointment]) -> None:
    planned = repair.planned
    rows = {row.number: row for row in Session.objects.filter(course=seen.course)}
    for item in seen.sessions if planned.closes_ranks else ():
        attempts = SessionVisit.objects.filter(appointment__in=item.attempts)
        attempts.exclude(session=rows[item.number]).update(session=rows[item.number])
    SessionVisit.objects.bulk_create(
        SessionVisit(session=rows[step.number], appointment=visit)
        for step, visit in zip(planned.steps, visits, strict=True)
        if step.was is None
    )
    longer = Session.objects.filter(course=seen.course, number__in=planned.longer)
    longer.filter(gap_excused=False).update(gap_excused=True, gap_reason=repair.get_cause_display())


@in_one_transaction
def _want_anew(*, repair: Repair, now: datetime) -> None:
    repair.refresh_from_db()
    if repair.state == Repair.State.OPEN:
        cause = Repair.Cause(repair.cause)
        want_repair(course=repair.course, number=repair.number, cause=cause, now=now)
        repair.refresh_from_db()
