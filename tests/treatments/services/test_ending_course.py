"""Another length, a longer gap, finished early, stopped."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from treatments.domain.progress import CourseState
from treatments.models import Course, CourseStep, Maintenance, Repair
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.courses import BreaksCourse
from treatments.services.ending import (
    NotALength,
    NothingDone,
    ReasonMissing,
    VisitUnderWay,
    change_length,
    finish_early,
    override_gap,
    stop_course,
)
from treatments.services.missing import preview_missing
from treatments.services.proposing import RepairWay, preview_move

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    return make_course(clinic)


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def complete(course, count):
    visits = [item.visit.pk for item in seen(course).sessions[:count]]
    Appointment.objects.filter(pk__in=visits).update(state=State.COMPLETED)


def booked():
    return Appointment.objects.filter(state="booked").count()


def test_shorter_course_cancels_what_is_left_over_and_says_why(clinic, course):
    change_length(
        view=seen(course), length=8, reason="Settled sooner", by=clinic.chen.user, now=NOW
    )

    assert (seen(course).progress.length, booked()) == (8, 8)
    cancelled = Appointment.objects.filter(state="cancelled")
    assert {(visit.cancelled_by_client, visit.cancelled_late) for visit in cancelled} == {
        (False, False)
    }
    step = CourseStep.objects.get(course=course)
    assert (step.kind, step.reason, step.by) == ("length", "Settled sooner", clinic.chen.user)
    assert not Repair.objects.exists()


def test_longer_course_has_sessions_to_book(clinic, course):
    change_length(view=seen(course), length=12, reason="Two more", by=clinic.rosa, now=NOW)
    change = preview_missing(view=seen(course), by=clinic.rosa, now=NOW)
    apply_change(change=change, by=clinic.rosa, now=NOW)

    view = seen(course)
    assert (view.progress.length, view.unbooked, booked()) == (12, [], 12)
    assert [item.gap_days for item in view.sessions[10:]] == [7, 7]


@pytest.mark.parametrize("length", [0, 2, 31])
def test_length_below_what_is_done_or_past_30_is_refused(clinic, course, length):
    complete(course, 2)

    with pytest.raises(NotALength):
        change_length(view=seen(course), length=length, reason="Why", by=clinic.rosa, now=NOW)

    assert booked() == 8


def test_gap_let_be_longer_lets_a_session_move_past_its_limit(clinic, course):
    last = seen(course).sessions[9]
    far = at(last.date + timedelta(days=23), 9)
    asked = {"number": 10, "starts_at": far, "repair": RepairWay.KEEP, "now": NOW}
    with pytest.raises(BreaksCourse):
        preview_move(view=seen(course), by=clinic.alice.user, **asked)

    override_gap(
        view=seen(course), number=10, reason="Travels for work", by=clinic.chen.user, now=NOW
    )
    change = preview_move(view=seen(course), by=clinic.alice.user, **asked)
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    row = seen(course).sessions[9]
    assert (row.gap_days, row.row.gap_excused, row.row.gap_reason) == (30, True, "Travels for work")


def test_course_finished_early_is_completed_and_maintenance_starts(clinic, course):
    complete(course, 6)
    now = at(date(2027, 7, 13), 8)

    finish_early(view=seen(course), reason="Goal reached", by=clinic.rosa, now=now)

    view = seen(course)
    assert (view.state, view.progress.done, booked()) == (CourseState.COMPLETED, 6, 0)
    kept = Maintenance.objects.get(client=clinic.alice)
    assert kept.started_at == now
    assert kept.ended_at is None


def test_course_of_which_nothing_is_done_cannot_be_finished(clinic, course):
    with pytest.raises(NothingDone):
        finish_early(view=seen(course), reason="Why", by=clinic.rosa, now=NOW)

    assert booked() == 10


def test_stopped_course_cancels_its_visits_late_where_they_are(clinic, course):
    now = seen(course).sessions[0].visit.starts_at - timedelta(hours=1)

    stop_course(view=seen(course), by=clinic.alice.user, now=now)

    view = seen(course)
    assert (view.state, booked()) == (CourseState.STOPPED, 0)
    late = [item.visit.cancelled_late for item in view.sessions]
    assert late == [True, *[False] * 9]
    assert not Maintenance.objects.exists()
    assert not Repair.objects.exists()


def test_stopping_twice_changes_nothing_more(clinic, course):
    view = seen(course)
    stop_course(view=view, by=clinic.alice.user, now=NOW)

    with pytest.raises(AlreadyChanged):
        stop_course(view=view, by=clinic.alice.user, now=NOW)
    with pytest.raises(AlreadyChanged):
        stop_course(view=seen(course), by=clinic.rosa, now=NOW)

    assert CourseStep.objects.filter(course=course, kind="stop").count() == 1


def test_course_with_a_visit_under_way_is_not_ended(clinic, course):
    Appointment.objects.filter(pk=seen(course).sessions[0].visit.pk).update(state=State.IN_SESSION)

    with pytest.raises(VisitUnderWay):
        stop_course(view=seen(course), by=clinic.rosa, now=NOW)

    assert booked() == 9


@pytest.mark.parametrize("who", ["alice", "rosa"])
def test_course_with_a_visit_left_open_is_not_stopped(clinic, course, who):
    by = clinic.alice.user if who == "alice" else clinic.rosa
    now = seen(course).sessions[0].visit.starts_at + timedelta(days=1)

    with pytest.raises(VisitUnderWay):
        stop_course(view=seen(course), by=by, now=now)

    assert booked() == 10


@pytest.mark.parametrize("who", ["alice", "bea"])
def test_clients_change_neither_length_nor_limits(clinic, course, who):
    by = getattr(clinic, who).user

    with pytest.raises(NotAllowed):
        change_length(view=seen(course), length=9, reason="Why", by=by, now=NOW)
    with pytest.raises(NotAllowed):
        override_gap(view=seen(course), number=3, reason="Why", by=by, now=NOW)
    with pytest.raises(NotAllowed):
        finish_early(view=seen(course), reason="Why", by=by, now=NOW)


def test_stranger_and_other_practitioner_stop_no_course(clinic, course):
    for by in (clinic.bea.user, clinic.dora.user):
        with pytest.raises(NotAllowed):
            stop_course(view=seen(course), by=by, now=NOW)

    assert booked() == 10


@pytest.mark.parametrize("reason", ["", "  "])
def test_staff_change_nothing_without_a_reason(clinic, course, reason):
    complete(course, 1)
    said = {"reason": reason, "by": clinic.rosa, "now": NOW}

    with pytest.raises(ReasonMissing):
        change_length(view=seen(course), length=9, **said)
    with pytest.raises(ReasonMissing):
        override_gap(view=seen(course), number=3, **said)
    with pytest.raises(ReasonMissing):
        finish_early(view=seen(course), **said)

    assert booked() == 9
