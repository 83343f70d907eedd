"""Maintenance: started, due, booked, done, paused, ended; all on local dates."""

from datetime import date, timedelta

import pytest

from bookings.models import Appointment
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, at, make_small_clinic
from tests.factories.courses import make_course, make_protocol
from treatments.domain.maintenance import MaintenanceState
from treatments.models import Maintenance
from treatments.selectors.maintenance import (
    due_list,
    maintenance_of,
    maintenance_view,
    maintenance_views,
)
from treatments.services.maintenance import (
    NotAnInterval,
    NotAPause,
    end_maintenance,
    pause_maintenance,
    resume_maintenance,
    set_interval,
    start_maintenance,
    take_back_maintenance,
)

pytestmark = pytest.mark.django_db

LAST = date(2027, 3, 15)
DUE = date(2027, 6, 7)  # 12 weeks later, across the clock change of 14 March; today


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    make_protocol(clinic, sessions=1)
    made = make_course(clinic)
    Appointment.objects.update(state="cancelled")
    made.ending, made.ended_at = "completed", NOW
    made.save()
    return made


def kept(course, last_date=LAST):
    start_maintenance(course=course, last_date=last_date, by=None, now=NOW)
    return maintenance_of(course.client.user)


def state_of(row, now=NOW):
    return maintenance_view(row, now).state


def test_completed_course_starts_maintenance_with_its_figures(course, clinic):
    row = kept(course)

    assert (row.client, row.service, row.interval_weeks) == (clinic.alice, clinic.follow_up, 12)
    assert maintenance_view(row, NOW).due_date == DUE


def test_starting_twice_keeps_one(course):
    first = kept(course)
    second = kept(course)

    assert first.pk == second.pk
    assert Maintenance.objects.count() == 1


def test_second_course_ends_the_older_maintenance(course, clinic):
    older = kept(course)
    course_again = make_course(clinic)

    newer = kept(course_again)

    older.refresh_from_db()
    assert older.ended_at == NOW
    assert newer.course == course_again


def test_completion_taken_back_ends_it_and_completion_again_goes_on(course):
    kept(course)
    take_back_maintenance(course=course, now=NOW)
    assert maintenance_of(course.client.user) is None

    again = kept(course, last_date=date(2027, 3, 20))

    assert (again.ended_at, again.last_date) == (None, date(2027, 3, 20))


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (-15, MaintenanceState.RESTING),
        (-14, MaintenanceState.SOON),
        (-1, MaintenanceState.SOON),
        (0, MaintenanceState.DUE),
        (28, MaintenanceState.DUE),
        (29, MaintenanceState.LAPSED),
    ],
)
def test_list_and_page_say_the_same_on_every_day(course, days, state):
    row = kept(course)
    now = NOW + timedelta(days=days)

    assert state_of(row, now) is state
    assert list(due_list(now)) == ([] if state is MaintenanceState.RESTING else [row])


def test_due_date_turns_at_midnight_of_the_location(course):
    row = kept(course)
    late_in_new_york = at(date(2027, 6, 6), 23, 30)  # 7 June in UTC

    assert state_of(row, late_in_new_york) is MaintenanceState.SOON
    assert state_of(row, late_in_new_york + timedelta(minutes=30)) is MaintenanceState.DUE


def test_booking_any_visit_clears_the_due_state(course, clinic):
    row = kept(course)

    book_visit(
        clinic.alice,
        clinic.first_visit,
        clinic.location,
        at(date(2027, 6, 10), 9),
        by=clinic.rosa,
    )

    assert state_of(row) is MaintenanceState.BOOKED
    assert list(due_list(NOW)) == []


def test_cancelled_visit_makes_it_due_again(course, clinic):
    row = kept(course)
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )

    Appointment.objects.filter(pk=visit.pk).update(state="cancelled")

    assert state_of(row) is MaintenanceState.DUE
    assert list(due_list(NOW)) == [row]


def test_completed_maintenance_visit_sets_the_next_date(course, clinic):
    row = kept(course)
    visit = book_visit(
        clinic.alice, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )
    Appointment.objects.filter(pk=visit.pk).update(state="completed")

    view = maintenance_view(row, at(date(2027, 6, 11), 9))

    assert (view.last_date, view.due_date) == (date(2027, 6, 10), date(2027, 9, 2))
    assert view.state is MaintenanceState.RESTING


def test_completed_visit_of_another_service_sets_nothing(course, clinic):
    row = kept(course)
    visit = book_visit(
        clinic.alice, clinic.first_visit, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )
    Appointment.objects.filter(pk=visit.pk).update(state="completed")

    assert maintenance_view(row, at(date(2027, 6, 11), 9)).due_date == DUE


def test_someone_elses_visit_changes_nothing(course, clinic):
    row = kept(course)
    book_visit(
        clinic.bea, clinic.follow_up, clinic.location, at(date(2027, 6, 10), 9), by=clinic.rosa
    )

    assert state_of(row) is MaintenanceState.DUE


def test_interval_counts_from_the_last_visit(course, clinic):
    row = kept(course)

    set_interval(maintenance=row, weeks=16, by=clinic.alice.user, now=NOW)

    assert maintenance_view(maintenance_of(clinic.alice.user), NOW).due_date == date(2027, 7, 5)


@pytest.mark.parametrize("weeks", [3, 27])
def test_interval_out_of_bounds_is_refused(course, clinic, weeks):
    with pytest.raises(NotAnInterval):
        set_interval(maintenance=kept(course), weeks=weeks, by=clinic.rosa, now=NOW)


def test_pause_puts_off_what_is_due_and_can_be_ended(course, clinic):
    row = kept(course)
    until = date(2027, 8, 2)

    pause_maintenance(maintenance=row, until=until, by=clinic.alice.user, now=NOW)

    assert (state_of(row), list(due_list(NOW))) == (MaintenanceState.PAUSED, [])
    assert maintenance_view(row, NOW).due_date == until
    assert state_of(row, at(until, 9)) is MaintenanceState.DUE
    assert list(due_list(at(until, 9))) == [row]
    resume_maintenance(maintenance=row, by=clinic.rosa, now=NOW)
    assert state_of(row) is MaintenanceState.DUE


@pytest.mark.parametrize("until", [date(2027, 6, 7), date(2028, 6, 8)])
def test_pause_that_makes_no_sense_is_refused(course, clinic, until):
    with pytest.raises(NotAPause):
        pause_maintenance(maintenance=kept(course), until=until, by=clinic.rosa, now=NOW)


def test_ended_maintenance_is_due_no_more_and_takes_no_change(course, clinic):
    row = kept(course)

    end_maintenance(maintenance=row, by=clinic.alice.user, now=NOW)

    assert list(due_list(NOW)) == []
    with pytest.raises(AlreadyChanged):
        set_interval(maintenance=row, weeks=10, by=clinic.rosa, now=NOW)


def test_stranger_changes_nothing(course, clinic):
    row = kept(course)

    for change in (
        lambda: set_interval(maintenance=row, weeks=10, by=clinic.bea.user, now=NOW),
        lambda: pause_maintenance(
            maintenance=row, until=date(2027, 7, 1), by=clinic.chen.user, now=NOW
        ),
        lambda: resume_maintenance(maintenance=row, by=clinic.bea.user, now=NOW),
        lambda: end_maintenance(maintenance=row, by=clinic.bea.user, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            change()


def test_views_cost_two_queries_however_many(course, django_assert_num_queries):
    row = kept(course)

    with django_assert_num_queries(2):
        maintenance_views([row], NOW)
    with django_assert_num_queries(2):
        maintenance_views([row, row, row], NOW)


def test_due_list_puts_the_lapsed_last(course, clinic):
    rows = {}
    for client, last in ((clinic.alice, date(2027, 1, 4)), (clinic.bea, LAST)):
        rows[client.name] = start_maintenance(
            course=course if client == clinic.alice else make_course(clinic, client=client),
            last_date=last,
            by=None,
            now=NOW,
        )
    Appointment.objects.update(state="cancelled")

    assert list(due_list(NOW)) == [rows["Bea Brook"], rows["Alice Arden"]]
