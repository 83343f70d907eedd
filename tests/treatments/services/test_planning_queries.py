"""Planning and changing a course ask the database as often for few as for many."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.api import Caller
from tests.factories.clinic import NOW, SmallClinic, make_practitioner, make_small_clinic
from tests.factories.courses import (
    book_planned,
    course_question,
    make_protocol,
    proposal_of,
    verify_email,
)
from treatments.domain.wishes import Wishes
from treatments.models import Course
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.planning import InfeasiblePlan, offer_swap, propose, propose_again
from treatments.services.proposing import RepairWay, preview_move

pytestmark = pytest.mark.django_db

SIZES = [(1, 3), (1, 12), (20, 3), (20, 12)]


def clinic_of(people: int) -> SmallClinic:
    clinic = make_small_clinic(lanes=1, rooms=people)
    services = [clinic.first_visit, clinic.follow_up]
    for number in range(people - 1):
        make_practitioner(f"Person{number} X", services=services, location=clinic.location)
    return clinic


def booked_course(clinic: SmallClinic, sessions: int) -> Course:
    verify_email(clinic.alice)
    protocol = make_protocol(clinic, sessions=sessions)
    return book_planned(
        proposal_of(course_question(clinic, protocol, client=clinic.alice)), clinic.alice
    )


@pytest.mark.parametrize(("people", "sessions"), SIZES)
def test_plan_is_one_query(people, sessions, django_assert_num_queries):
    clinic = clinic_of(people)
    question = course_question(clinic, make_protocol(clinic, sessions=sessions))

    with django_assert_num_queries(1):
        plan = propose(question=question, now=NOW)
    with django_assert_num_queries(1):
        propose_again(question=question, slots=plan.slots, now=NOW)
    with django_assert_num_queries(1):
        offer_swap(question=question, slots=plan.slots, number=2, now=NOW)

    assert len(plan.slots) == sessions


@pytest.mark.parametrize(("people", "sessions"), SIZES)
def test_saying_why_there_is_no_plan_is_one_query(people, sessions, django_assert_num_queries):
    clinic = clinic_of(people)
    sundays = Wishes(only_weekdays=frozenset({7}))
    question = course_question(clinic, make_protocol(clinic, sessions=sessions), wishes=sundays)

    with django_assert_num_queries(1), pytest.raises(InfeasiblePlan) as refusal:
        propose(question=question, now=NOW)

    assert refusal.value.diagnosis.relaxations


@pytest.mark.parametrize(("people", "sessions"), SIZES)
def test_plan_through_the_api_is_four_queries(people, sessions, django_assert_num_queries):
    clinic = clinic_of(people)
    make_protocol(clinic, sessions=sessions)
    body = {"protocol": "facial-course", "location": "new-york"}
    with time_machine.travel(NOW, tick=True):
        Caller().send("POST", "course-plans", body)

        with django_assert_num_queries(4):
            response = Caller().send("POST", "course-plans", body)

    assert len(response.json()["sessions"]) == sessions


@pytest.mark.parametrize("sessions", [3, 12])
def test_course_is_shown_in_the_same_queries_for_any_length(sessions, django_assert_num_queries):
    clinic = make_small_clinic()
    course = booked_course(clinic, sessions)
    caller = Caller(clinic.alice.user)
    caller.get(f"courses/{course.public_id}")

    with django_assert_num_queries(5):
        response = caller.get(f"courses/{course.public_id}")

    assert len(response.json()["sessions"]) == sessions


@pytest.mark.parametrize("sessions", [3, 12])
def test_move_is_looked_at_and_applied_in_the_same_queries_for_any_length(sessions):
    clinic = make_small_clinic()
    course = booked_course(clinic, sessions)
    view = view_of(Course.objects.with_people().get(pk=course.pk))
    visit = view.sessions[1].visit

    with CaptureQueriesContext(connection) as looked:
        change = preview_move(
            view=view,
            number=2,
            starts_at=visit.starts_at + timedelta(days=1),
            repair=RepairWay.SMALLEST,
            by=clinic.alice.user,
            now=NOW,
        )
    with CaptureQueriesContext(connection) as applied:
        apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert (len(looked), len(applied)) == (2, 35)
