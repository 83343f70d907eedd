"""One session of a course moves; as few others as possible move along."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.refusals import TooLateToChange
from bookings.services.series import SeriesTaken
from bookings.services.status import record_status
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NEW_YORK, NOW, at, make_small_clinic
from tests.factories.courses import (
    book_planned,
    course_question,
    make_course,
    make_protocol,
    proposal_of,
    verify_email,
)
from treatments.domain.wishes import Wishes
from treatments.models import CourseStep
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.courses import BreaksCourse
from treatments.services.planning import NotInPlan
from treatments.services.proposing import RepairWay, preview_move

pytestmark = pytest.mark.django_db

# Ten Mondays from 7 June 2027, at 9; session 3 is on 21 June.
TUESDAY = date(2027, 6, 22)
WEDNESDAY = date(2027, 6, 23)
FRIDAY = date(2027, 6, 25)


def move(clinic, course, on, hour=9, number=3, repair=RepairWay.SMALLEST, by=None, now=NOW, **more):
    """Look at what a move of session 3 (or another) changes."""
    return preview_move(
        view=view_of(course),
        number=number,
        starts_at=at(on, hour),
        repair=repair,
        by=by or clinic.alice.user,
        now=now,
        **more,
    )


def dates(course):
    return [item.date for item in view_of(course).sessions]


@pytest.mark.parametrize("on", [TUESDAY, WEDNESDAY])
def test_move_by_a_day_or_two_moves_no_other(on):
    clinic = make_small_clinic()
    course = make_course(clinic)
    before = dates(course)

    change = move(clinic, course, on)
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert (change.dates_changed, change.others) == (1, ())
    assert dates(course) == [*before[:2], on, *before[3:]]


def test_far_move_shows_how_many_dates_change_and_keeps_the_limits():
    clinic = make_small_clinic()
    course = make_course(clinic)

    change = move(clinic, course, FRIDAY)
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    view = view_of(course)
    assert change.dates_changed == 2
    assert [item.number for item in change.others] == [4]
    assert all(item.gap_days >= 5 for item in view.sessions[1:])
    assert view.sessions[4].date == date(2027, 7, 5)


def test_move_keeping_the_rest_is_refused_where_a_limit_breaks():
    clinic = make_small_clinic()
    course = make_course(clinic)

    with pytest.raises(BreaksCourse):
        move(clinic, course, FRIDAY, repair=RepairWay.KEEP)


def test_shift_moves_all_later_sessions_by_the_same_days():
    clinic = make_small_clinic()
    course = make_course(clinic)
    before = dates(course)

    change = move(clinic, course, FRIDAY, repair=RepairWay.SHIFT)
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert dates(course) == [*before[:2], *(on + timedelta(days=4) for on in before[2:])]


def test_only_the_chosen_session_counts_as_the_clients_move():
    clinic = make_small_clinic()
    course = make_course(clinic)

    apply_change(change=move(clinic, course, FRIDAY), by=clinic.alice.user, now=NOW)

    view = view_of(course)
    assert [view.sessions[n].visit.client_moves for n in (2, 3)] == [1, 0]
    assert list(CourseStep.objects.values_list("kind", "number")) == [("move", 3)]


def test_session_within_the_late_hours_is_not_the_clients_to_move():
    clinic = make_small_clinic()
    course = make_course(clinic)
    late = at(date(2027, 6, 20), 12)

    with pytest.raises(TooLateToChange):
        move(clinic, course, WEDNESDAY, now=late)

    assert move(clinic, course, WEDNESDAY, by=clinic.rosa, now=late).dates_changed == 1


def test_taken_time_cannot_be_looked_at():
    clinic = make_small_clinic(lanes=1)
    course = make_course(clinic)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(NotInPlan):
        move(clinic, course, TUESDAY)


def test_time_taken_after_the_look_changes_nothing():
    clinic = make_small_clinic(lanes=1)
    course = make_course(clinic)
    before = dates(course)
    change = move(clinic, course, TUESDAY)
    book_visit(clinic.bea, clinic.follow_up, clinic.location, at(TUESDAY, 9))

    with pytest.raises(SeriesTaken):
        apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert dates(course) == before


def test_second_click_finds_the_course_changed():
    clinic = make_small_clinic()
    course = make_course(clinic)
    change = move(clinic, course, TUESDAY)
    apply_change(change=change, by=clinic.alice.user, now=NOW)

    with pytest.raises(AlreadyChanged):
        apply_change(change=change, by=clinic.alice.user, now=NOW)

    assert view_of(course).sessions[2].visit.client_moves == 1


def test_arrival_after_the_look_asks_to_look_again():
    clinic = make_small_clinic()
    course = make_course(clinic)
    change = move(clinic, course, TUESDAY)
    first = view_of(course).sessions[0].visit
    record_status(appointment=first, to_state=State.ARRIVED, by=clinic.rosa, now=first.starts_at)

    with pytest.raises(AlreadyChanged):
        apply_change(change=change, by=clinic.alice.user, now=NOW)


def test_another_client_may_not_look_at_a_move():
    clinic = make_small_clinic()

    with pytest.raises(NotAllowed):
        move(clinic, make_course(clinic), TUESDAY, by=clinic.bea.user)


def test_who_treats_moves_a_session_and_it_does_not_count():
    clinic = make_small_clinic()
    course = make_course(clinic)

    change = move(clinic, course, TUESDAY, by=clinic.chen.user)
    apply_change(change=change, by=clinic.chen.user, now=NOW)

    visit = view_of(course).sessions[2].visit
    assert (visit.client_moves, visit.changed_by_clinic) == (0, True)


def test_ready_by_date_binds_a_move():
    clinic = make_small_clinic()
    course = make_course(
        clinic, event_date=date(2027, 8, 20), wishes=Wishes(ready_by=date(2027, 8, 10))
    )
    last = view_of(course).sessions[9]

    assert last.date == date(2027, 8, 9)
    with pytest.raises(BreaksCourse):
        move(clinic, course, date(2027, 8, 12), number=10)


@pytest.mark.parametrize("now", [at(date(2027, 10, 4), 8), at(date(2027, 2, 8), 8)])
def test_weekly_ten_stays_at_its_hour_across_a_clock_change(now):
    clinic = make_small_clinic()
    clinic.location.horizon_days = 365
    clinic.location.save()
    protocol = make_protocol(clinic)
    course = make_course_at(clinic, protocol, now)

    change = preview_move(
        view=view_of(course),
        number=3,
        starts_at=view_of(course).sessions[2].visit.starts_at + timedelta(days=2),
        repair=RepairWay.SHIFT,
        by=clinic.alice.user,
        now=now,
    )
    apply_change(change=change, by=clinic.alice.user, now=now)

    local = [item.visit.starts_at.astimezone(NEW_YORK) for item in view_of(course).sessions]
    assert {(at.hour, at.minute) for at in local} == {(10, 0)}
    assert len({at.utcoffset() for at in local}) == 2


def make_course_at(clinic, protocol, now):
    """Book ten weekly sessions at 10 on the clock."""
    verify_email(clinic.alice)
    question = course_question(
        clinic, protocol, client=clinic.alice, wishes=Wishes(around_minute=600)
    )
    return book_planned(proposal_of(question, now), clinic.alice, now=now)
