"""What staff let be past a limit stays so in all later plans, and binds nothing else."""

from datetime import date

import pytest

from bookings.models import Appointment
from bookings.services.cancelling import cancel_appointment
from bookings.services.moving import move_appointment
from clinic.selectors.catalogue import catalogue
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.aftercare import complete, make_weekly, missed_and_planned, visit_in
from treatments.domain.wishes import Wishes
from treatments.models import Course, CourseStep, Repair
from treatments.selectors.courses import view_of
from treatments.services.courses import BreaksCourse
from treatments.services.ending import change_length
from treatments.services.missing import preview_missing
from treatments.services.proposing import RepairWay, preview_cancel, preview_move

pytestmark = pytest.mark.django_db

# Six Mondays from 7 June 2027, at 9; session 3 is on 21 June, session 4 a week later.
FRIDAY = date(2027, 6, 25)


@pytest.fixture
def clinic():
    return make_small_clinic()


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def move_alone(clinic, course, number, on):
    return move_appointment(
        appointment=visit_in(course, number),
        starts_at=at(on, 9),
        practitioner_id=None,
        catalogue=catalogue(),
        by=clinic.rosa,
        now=NOW,
        override_reason="Only day she can",
    )


def excused(course):
    return [item.number for item in seen(course).sessions if item.row.gap_excused]


def steps(course):
    rows = CourseStep.objects.filter(course=course).order_by("pk")
    return [(row.kind, row.number, row.reason) for row in rows]


def test_gap_too_short_is_let_be_where_it_lies(clinic):
    course = make_course(clinic, length=6)

    move_alone(clinic, course, 3, FRIDAY)

    assert excused(course) == [4]
    assert steps(course) == [("move", 3, "Only day she can")]


def test_gap_too_long_after_the_moved_session_is_let_be(clinic):
    course = make_course(clinic, length=3)
    for number, on in ((3, date(2027, 7, 12)), (2, date(2027, 6, 18))):
        move_alone(clinic, course, number, on)

    move_alone(clinic, course, 2, date(2027, 6, 11))

    assert excused(course) == [2, 3]
    assert steps(course)[-2:] == [
        ("move", 2, "Only day she can"),
        ("gap", 3, "Only day she can"),
    ]


def test_later_cancellation_leaves_the_shorter_gap_alone(clinic):
    course = make_course(clinic, length=6)
    move_alone(clinic, course, 3, FRIDAY)

    change = preview_cancel(
        view=seen(course), number=6, book_again=True, by=clinic.alice.user, now=NOW
    )

    assert [item.number for item in change.sessions] == [6]


def test_later_cancellation_leaves_the_longer_gap_alone(clinic):
    course = make_course(clinic, length=6)
    for number, on in ((6, date(2027, 8, 2)), (5, date(2027, 7, 29))):
        move_alone(clinic, course, number, on)
    move_alone(clinic, course, 6, date(2027, 8, 5))

    change = preview_cancel(
        view=seen(course), number=2, book_again=True, by=clinic.alice.user, now=NOW
    )

    assert excused(course) == [5, 6]
    assert [item.number for item in change.sessions] == [2]


def test_move_within_the_limits_needs_no_room_for_what_is_missing(clinic):
    wishes = Wishes(ready_by=date(2027, 6, 30))
    course = make_course(clinic, length=4, event_date=date(2027, 7, 10), wishes=wishes)
    change_length(view=seen(course), length=8, reason="More", by=clinic.rosa, now=NOW)

    change = preview_move(
        view=seen(course),
        number=3,
        starts_at=at(date(2027, 6, 22), 9),
        repair=RepairWay.SMALLEST,
        by=clinic.alice.user,
        now=NOW,
    )

    assert [item.number for item in change.sessions] == [3]


def test_event_that_is_over_binds_no_missing_session(clinic):
    course = make_course(
        clinic, length=3, event_date=date(2027, 7, 5), wishes=Wishes(ready_by=date(2027, 6, 25))
    )
    complete(course, 1, 2)
    Appointment.objects.filter(pk=visit_in(course, 3).pk).update(state="no_show")
    course.sessions.filter(number=3).update(gap_excused=True)

    with pytest.raises(BreaksCourse):
        preview_missing(view=seen(course), by=clinic.rosa, now=at(date(2027, 7, 5), 9))
    change = preview_missing(view=seen(course), by=clinic.rosa, now=at(date(2027, 7, 6), 9))

    assert [item.starts_at.date() for item in change.sessions] == [date(2027, 7, 6)]


def test_clients_own_cancellation_renews_the_proposal_that_waits(clinic):
    course = make_weekly(clinic)
    _repair, now = missed_and_planned(course, clinic)

    cancel_appointment(appointment=visit_in(course, 4), by=clinic.alice.user, now=now)

    states = Repair.objects.filter(course=course).order_by("pk").values_list("number", "state")
    assert list(states) == [(2, "obsolete"), (2, "wanted")]


def test_clients_own_cancellation_asks_for_no_proposal(clinic):
    course = make_weekly(clinic)

    cancel_appointment(appointment=visit_in(course, 4), by=clinic.alice.user, now=NOW)

    assert not Repair.objects.exists()
