"""A course is booked whole, or not at all."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, Reservation
from clinic.refusals import AlreadyChanged
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import (
    book_planned,
    course_question,
    make_course,
    make_protocol,
    proposal_of,
    verify_email,
)
from treatments.domain.wishes import Wishes
from treatments.models import Course
from treatments.selectors.courses import view_of
from treatments.services.courses import OneCourseAtATime, PlanLost

pytestmark = pytest.mark.django_db

THURSDAY = date(2027, 6, 10)


def test_course_is_booked_with_all_of_its_visits():
    clinic = make_small_clinic()

    course = make_course(clinic)

    view = view_of(course)
    assert [item.gap_days for item in view.sessions] == [None, *[7] * 9]
    assert all(item.is_booked for item in view.sessions)
    assert view.sessions[0].visit.service == clinic.first_visit
    assert view.sessions[9].visit.service == clinic.follow_up


def test_lost_slot_books_nothing_and_plans_anew():
    clinic = make_small_clinic(lanes=1)
    protocol = make_protocol(clinic)
    verify_email(clinic.alice)
    plan = proposal_of(course_question(clinic, protocol, client=clinic.alice))
    third = plan.slots[2]
    book_visit(clinic.bea, clinic.follow_up, clinic.location, third.starts_at)
    before = Reservation.objects.count()

    with pytest.raises(PlanLost) as lost:
        book_planned(plan, clinic.alice)

    assert Reservation.objects.count() == before
    assert not Course.objects.exists()
    assert lost.value.lost == [3]
    assert lost.value.proposal.plan.changed_numbers == (3,)


def test_same_request_books_one_course():
    clinic = make_small_clinic()
    protocol = make_protocol(clinic)
    verify_email(clinic.alice)
    plan = proposal_of(course_question(clinic, protocol, client=clinic.alice))

    first = book_planned(plan, clinic.alice, request_id="one")
    second = book_planned(plan, clinic.alice, request_id="one")

    assert first == second
    assert Appointment.objects.count() == 10


def test_second_course_of_a_client_is_refused():
    clinic = make_small_clinic()
    make_course(clinic)
    plan = proposal_of(course_question(clinic, make_protocol(clinic, "other"), client=clinic.alice))

    with pytest.raises(OneCourseAtATime):
        book_planned(plan, clinic.alice)


@pytest.mark.parametrize("sessions", [3, 12])
def test_booking_takes_the_same_queries_for_any_length(sessions):
    clinic = make_small_clinic()
    verify_email(clinic.alice)
    protocol = make_protocol(clinic, sessions=sessions)
    plan = proposal_of(course_question(clinic, protocol, client=clinic.alice), NOW)

    with CaptureQueriesContext(connection) as queries:
        book_planned(plan, clinic.alice)

    assert len(queries) == 21


def test_course_leaves_room_for_single_visits():
    clinic = make_small_clinic()
    make_course(clinic)

    visit = book_visit(clinic.alice, clinic.follow_up, clinic.location, at(THURSDAY, 16))

    assert not visit.in_series


def test_booked_first_visit_becomes_session_one():
    clinic = make_small_clinic()
    first = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(THURSDAY, 10))

    view = view_of(make_course(clinic, first_visit=first))

    assert view.sessions[0].visit == first
    assert [item.gap_days for item in view.sessions] == [None, *[7] * 9]


def test_first_visit_of_a_course_begins_no_second_one():
    clinic = make_small_clinic()
    first = book_visit(clinic.alice, clinic.first_visit, clinic.location, at(THURSDAY, 10))
    other = proposal_of(
        course_question(
            clinic,
            make_protocol(clinic),
            client=clinic.alice,
            first_visit=first,
            wishes=Wishes(only_weekdays=frozenset({5})),
        )
    )
    make_course(clinic, first_visit=first)

    with pytest.raises(AlreadyChanged):
        book_planned(other, clinic.alice, by=clinic.rosa)

    assert Course.objects.count() == 1
    assert Appointment.objects.filter(state="booked").count() == 10


def test_course_known_on_paper_goes_on_half_way():
    clinic = make_small_clinic()

    view = view_of(make_course(clinic, done_before=4, last_done_date=date(2027, 6, 3)))

    assert view.progress.done == 4
    assert [item.number for item in view.sessions if item.is_booked] == [5, 6, 7, 8, 9, 10]
    assert view.sessions[4].gap_days == 7
