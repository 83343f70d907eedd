"""A course and its visits change at the same moment: one truth, and no cycle of locks."""

from datetime import timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment
from bookings.services.moving import move_appointment
from bookings.services.status import close_left_open, record_status
from clinic.selectors.catalogue import catalogue
from tests.concurrency.test_race import deadlocks, overlaps, race
from tests.factories.clinic import NOW, make_small_clinic
from tests.factories.courses import make_course
from treatments.models import Course, Maintenance
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.ending import change_length, stop_course
from treatments.services.proposing import RepairWay, preview_cancel, preview_move

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ROUNDS = 6


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def visit(course, number):
    return Appointment.objects.with_people().get(pk=seen(course).session(number).visit.pk)


def end(course):
    """End what is left, so that the client can begin the next course."""
    Appointment.objects.exclude(state="cancelled").update(state="cancelled")
    Course.objects.filter(pk=course.pk).update(ended_at=NOW, ending="stopped")


def test_desk_and_client_move_one_session_at_once_and_one_wins():
    clinic = make_small_clinic()
    course = make_course(clinic, length=4)
    third = visit(course, 3)
    change = preview_move(
        view=seen(course),
        number=3,
        starts_at=third.starts_at + timedelta(days=1),
        repair=RepairWay.SMALLEST,
        by=clinic.alice.user,
        now=NOW,
    )

    outcomes, _ = race(
        [
            lambda: apply_change(change=change, by=clinic.alice.user, now=NOW),
            lambda: move_appointment(
                appointment=third,
                starts_at=third.starts_at + timedelta(days=2),
                practitioner_id=None,
                catalogue=catalogue(),
                by=clinic.rosa,
                now=NOW,
            ),
        ]
    )

    third.refresh_from_db()
    assert outcomes == {"booked": 1, "AlreadyChanged": 1}
    assert third.version == 1
    assert overlaps() == 0


@pytest.mark.parametrize("how", ["stop", "shorten", "cancel"])
def test_course_changes_while_its_clients_arrive_without_a_deadlock(how):
    clinic = make_small_clinic()
    before = deadlocks()
    for number in range(ROUNDS):
        course = make_course(clinic, length=4)
        view, last = seen(course), visit(course, 4)

        def change(view=view):
            if how == "stop":
                stop_course(view=view, by=clinic.rosa, now=NOW)
            elif how == "shorten":
                change_length(view=view, length=3, reason="Why", by=clinic.rosa, now=NOW)
            else:
                gone = preview_cancel(
                    view=view, number=4, book_again=False, by=clinic.rosa, now=NOW
                )
                apply_change(change=gone, by=clinic.rosa, now=NOW)

        outcomes, _ = race(
            [
                change,
                lambda last=last: record_status(
                    appointment=last, to_state=State.ARRIVED, by=clinic.rosa, now=last.starts_at
                ),
            ]
        )

        assert outcomes == {"booked": 1, "AlreadyChanged": 1}, number
        last.refresh_from_db()
        assert last.state in ("arrived", "cancelled")
        end(course)
    assert deadlocks() == before


def test_last_session_done_while_somebody_stops_completes_the_course():
    clinic = make_small_clinic()
    course = make_course(clinic, length=2)
    now = visit(course, 2).ends_at + timedelta(minutes=5)
    close_left_open(appointment=visit(course, 1), to_state=State.COMPLETED, by=clinic.rosa, now=now)
    view, last = seen(course), visit(course, 2)

    outcomes, _ = race(
        [
            lambda: stop_course(view=view, by=clinic.rosa, now=now),
            lambda: close_left_open(
                appointment=last, to_state=State.COMPLETED, by=clinic.rosa, now=now
            ),
        ]
    )

    ended = Course.objects.get(pk=course.pk)
    last.refresh_from_db()
    assert outcomes == {"booked": 1, "VisitUnderWay": 1}
    assert (ended.ending, last.state, Maintenance.objects.count()) == ("completed", "completed", 1)
