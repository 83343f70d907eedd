"""What a course does when one of its visits changes on its own."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.refusals import NotBookable
from bookings.services.cancelling import cancel_appointment
from bookings.services.merging import merge_clients
from bookings.services.moving import move_appointment
from bookings.services.status import close_left_open, record_status, undo_status
from clinic.selectors.catalogue import catalogue
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_client, make_small_clinic
from tests.factories.courses import make_course
from treatments.domain.progress import CourseState
from treatments.models import Course, Maintenance, Repair
from treatments.selectors.courses import view_of
from treatments.services.courses import BreaksCourse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    return make_course(clinic, length=4)


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def visit(course, number):
    found = seen(course).session(number).visit
    return Appointment.objects.with_people().get(pk=found.pk)


def record(clinic, appointment, *states):
    now = appointment.starts_at + timedelta(minutes=10)
    for state in states:
        record_status(appointment=appointment, to_state=state, by=clinic.rosa, now=now)
    return now


def close(clinic, appointment):
    now = appointment.ends_at + timedelta(minutes=5)
    close_left_open(appointment=appointment, to_state=State.COMPLETED, by=clinic.rosa, now=now)
    return now


def complete(clinic, course, *numbers):
    now = NOW
    for number in numbers:
        now = close(clinic, visit(course, number))
    return now


def move(clinic, course, number, starts_at, by=None, reason=""):
    return move_appointment(
        appointment=visit(course, number),
        starts_at=starts_at,
        practitioner_id=None,
        catalogue=catalogue(),
        by=by or clinic.rosa,
        now=NOW,
        override_reason=reason,
    )


def test_single_move_within_the_limits_passes_and_makes_older_looks_stale(clinic, course):
    before = seen(course).course.version

    move(clinic, course, 3, at(date(2027, 6, 22), 9))

    assert seen(course).sessions[2].date == date(2027, 6, 22)
    assert seen(course).course.version > before


@pytest.mark.parametrize("by", ["rosa", "alice"])
def test_single_move_past_a_limit_breaks_the_course(clinic, course, by):
    person = clinic.alice.user if by == "alice" else clinic.rosa

    with pytest.raises(BreaksCourse) as refusal:
        move(clinic, course, 3, at(date(2027, 6, 25), 9), by=person)

    assert (refusal.value.status, refusal.value.code) == (409, "breaks_course")
    assert visit(course, 3).starts_at == at(date(2027, 6, 21), 9)


def test_staff_with_a_reason_pass_a_limit_and_it_is_kept(clinic, course):
    move(clinic, course, 3, at(date(2027, 6, 25), 9), reason="Only day she can")

    row = seen(course).sessions[3].row
    assert visit(course, 3).starts_at == at(date(2027, 6, 25), 9)
    assert (row.gap_excused, row.gap_reason) == (True, "Only day she can")


def test_other_time_on_the_same_day_always_passes(clinic, course):
    move(clinic, course, 3, at(date(2027, 6, 25), 9), reason="Only day she can")

    move(clinic, course, 3, at(date(2027, 6, 25), 14))

    assert visit(course, 3).starts_at == at(date(2027, 6, 25), 14)


def test_last_completion_ends_the_course_and_starts_maintenance(clinic, course):
    now = complete(clinic, course, 1, 2, 3)
    assert seen(course).state is CourseState.ACTIVE

    now = complete(clinic, course, 4)

    view = seen(course)
    assert (view.state, view.course.ended_at) == (CourseState.COMPLETED, now)
    assert Maintenance.objects.get(client=clinic.alice).ended_at is None


def test_last_completion_taken_back_opens_the_course_again(clinic, course):
    now = complete(clinic, course, 1, 2, 3, 4)
    last = visit(course, 4)

    undo_status(appointment=last, by=clinic.rosa, now=now + timedelta(minutes=1))

    view = seen(course)
    assert (view.state, view.course.ended_at, view.progress.done) == (CourseState.ACTIVE, None, 3)
    assert not Maintenance.objects.filter(client=clinic.alice, ended_at=None).exists()


def test_completion_is_not_taken_back_once_another_course_runs(clinic, course):
    now = complete(clinic, course, 1, 2, 3, 4)
    last = visit(course, 4)
    Course.objects.filter(pk=make_course(clinic, client=clinic.bea).pk).update(client=clinic.alice)

    with pytest.raises(NotBookable):
        undo_status(appointment=last, by=clinic.rosa, now=now + timedelta(minutes=1))

    assert seen(course).state is CourseState.COMPLETED


def test_completion_after_a_miss_closes_ranks(clinic, course):
    missed, third = visit(course, 2), visit(course, 3)
    complete(clinic, course, 1)
    record(clinic, missed, State.NO_SHOW)
    close(clinic, third)

    view = seen(course)
    assert [item.is_done for item in view.sessions] == [True, True, False, False]
    assert view.sessions[1].visit == third
    assert [item.number for item in view.unbooked] == [4]
    assert view.sessions[3].attempts == (missed,)


@pytest.mark.parametrize(
    ("states", "cause"),
    [
        ((State.NO_SHOW,), Repair.Cause.NO_SHOW),
        ((State.ARRIVED, State.NOT_TREATED), Repair.Cause.NOT_TREATED),
    ],
)
def test_lost_session_asks_for_one_repair(clinic, course, states, cause):
    record(clinic, visit(course, 1), *states)

    repair = Repair.objects.get(course=course)
    assert (repair.state, repair.number, repair.cause) == (Repair.State.WANTED, 1, cause)
    assert seen(course).progress.done == 0


def test_cancelled_by_the_clinic_asks_for_a_repair_by_the_client_does_not(clinic, course):
    cancel_appointment(appointment=visit(course, 2), by=clinic.alice.user, now=NOW)
    assert not Repair.objects.exists()

    cancel_appointment(appointment=visit(course, 3), by=clinic.rosa, now=NOW)

    repair = Repair.objects.get(course=course)
    assert (repair.number, repair.cause) == (3, Repair.Cause.CANCELLED)
    assert seen(course).sessions[2].row.gap_excused


def test_second_loss_asks_for_no_second_repair(clinic, course):
    cancel_appointment(appointment=visit(course, 2), by=clinic.rosa, now=NOW)
    cancel_appointment(appointment=visit(course, 3), by=clinic.rosa, now=NOW)

    waiting = Repair.objects.filter(course=course, state=Repair.State.WANTED)
    assert waiting.count() == 1


def test_miss_taken_back_needs_no_repair(clinic, course):
    first = visit(course, 1)
    now = record(clinic, first, State.NO_SHOW)

    undo_status(appointment=first, by=clinic.rosa, now=now + timedelta(minutes=1))

    assert not Repair.objects.filter(state=Repair.State.WANTED).exists()
    row = seen(course).sessions[0]
    assert (row.is_booked, row.row.gap_excused) == (True, False)


def test_merged_record_hands_its_courses_over(clinic, course):
    keep = make_client("Alicia Arden", login=False, email="alicia@example.com")

    merge_clients(keep=keep, merge=clinic.alice, by=clinic.mia, now=NOW)

    assert seen(course).course.client == keep


def test_visit_of_no_course_changes_none(clinic, course):
    version = seen(course).course.version
    single = book_visit(clinic.bea, clinic.follow_up, clinic.location, at(date(2027, 6, 8), 15))
    cancel_appointment(appointment=single, by=clinic.rosa, now=NOW)

    assert seen(course).course.version == version
