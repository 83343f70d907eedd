"""A session without a date gets one that somebody chose by hand."""

from datetime import date

import pytest

from bookings.refusals import SlotTaken
from bookings.services.cancelling import cancel_appointment
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course
from tests.support.aftercare import visit_in
from treatments.models import Course, CourseStep
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.choosing import free_for_session
from treatments.services.missing import preview_choice
from treatments.services.planning import NotInPlan

pytestmark = pytest.mark.django_db

# Four Mondays from 7 June 2027, at 9; session 3, on 21 June, was given up.


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    course = make_course(clinic, length=4)
    cancel_appointment(appointment=visit_in(course, 3), by=clinic.alice.user, now=NOW)
    return course


def seen(course):
    return view_of(Course.objects.with_people().get(pk=course.pk))


def choose(clinic, course, starts_at, *, number=3, by=None):
    return preview_choice(
        view=seen(course), number=number, starts_at=starts_at, by=by or clinic.alice.user, now=NOW
    )


def test_dates_are_those_around_the_one_that_was_planned(clinic, course):
    found = free_for_session(view=seen(course), number=3, by=clinic.alice.user, now=NOW)

    assert found.chosen == date(2027, 6, 21)
    assert [choice.others for choice in found.dates if choice.date == found.chosen] == [0]
    assert at(date(2027, 6, 21), 9) in [choice.slot.starts_at for choice in found.times]


def test_chosen_date_is_booked_and_all_others_stay(clinic, course):
    before = [item.date for item in seen(course).sessions]
    change = choose(clinic, course, at(date(2027, 6, 22), 11))

    apply_change(change=change, by=clinic.alice.user, now=NOW)

    after = [item.date for item in seen(course).sessions]
    assert after == [*before[:2], date(2027, 6, 22), before[3]]
    assert visit_in(course, 3).client_moves == 0
    steps = CourseStep.objects.filter(course=course).values_list("kind", "number")
    assert list(steps) == [("book", 3)]


def test_date_too_near_to_the_next_session_moves_that_one(clinic, course):
    change = choose(clinic, course, at(date(2027, 6, 25), 9))

    assert [(item.number, item.moves) for item in change.sessions] == [(3, False), (4, True)]


def test_other_session_without_a_date_stays_without_one(clinic, course):
    cancel_appointment(appointment=visit_in(course, 4), by=clinic.alice.user, now=NOW)

    change = choose(clinic, course, at(date(2027, 6, 22), 9))
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert [item.number for item in seen(course).unbooked] == [4]


def test_second_click_books_once(clinic, course):
    change = choose(clinic, course, at(date(2027, 6, 22), 9))
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    with pytest.raises(AlreadyChanged):
        apply_change(change=change, by=clinic.alice.user, now=NOW)
    with pytest.raises(AlreadyChanged):
        choose(clinic, course, at(date(2027, 6, 22), 9))


def test_time_that_is_not_free_is_not_chosen(clinic, course):
    with pytest.raises(NotInPlan):
        choose(clinic, course, at(date(2027, 6, 20), 9))


def test_time_taken_after_the_look_books_nothing(clinic, course):
    chosen = at(date(2027, 6, 22), 9)
    change = choose(clinic, course, chosen)
    book_visit(clinic.bea, clinic.first_visit, clinic.location, chosen)

    with pytest.raises(SlotTaken):
        apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert [item.number for item in seen(course).unbooked] == [3]


def test_stranger_chooses_nothing(clinic, course):
    with pytest.raises(NotAllowed):
        choose(clinic, course, at(date(2027, 6, 22), 9), by=clinic.bea.user)


@pytest.mark.parametrize("missing", [(3,), (2, 3, 4)])
def test_a_look_costs_the_same_queries_for_any_number_of_missing_sessions(
    clinic, course, missing, django_assert_num_queries
):
    for number in {2, 4} & set(missing):
        cancel_appointment(appointment=visit_in(course, number), by=clinic.alice.user, now=NOW)
    view = seen(course)

    with django_assert_num_queries(2):
        free_for_session(view=view, number=3, by=clinic.alice.user, now=NOW)
