"""A session cancelled, a pause, sessions that lack a date: look first, then change."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, TimeOff
from bookings.refusals import TooLateToChange
from bookings.services.cancelling import cancel_appointment
from bookings.services.series import SeriesTaken
from bookings.services.time_off import take_time_off
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NEW_YORK, NOW, at, make_small_clinic
from tests.factories.courses import make_course
from treatments.domain.wishes import Wishes
from treatments.models import Course, CourseStep
from treatments.selectors.courses import view_of
from treatments.services.changing import apply_change
from treatments.services.choosing import PAGE, free_for_session
from treatments.services.courses import BreaksCourse
from treatments.services.missing import preview_missing
from treatments.services.proposing import (
    NotAPause,
    preview_cancel,
    preview_pause,
)

pytestmark = pytest.mark.django_db

# Ten Mondays from 7 June 2027, at 9; session 3 is on 21 June.
THREE_WEEKS = (date(2027, 6, 21), date(2027, 7, 12))


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    return make_course(clinic)


def fresh(course):
    return Course.objects.with_people().get(pk=course.pk)


def dates(course):
    return [item.date for item in view_of(fresh(course)).sessions]


def visit(course, number):
    found = view_of(fresh(course)).session(number).visit
    return Appointment.objects.with_people().get(pk=found.pk)


def cancel(course, by, *, again, number=3, now=NOW):
    return preview_cancel(
        view=view_of(fresh(course)), number=number, book_again=again, by=by, now=now
    )


def pause(course, by, first, end, now=NOW):
    return preview_pause(
        view=view_of(fresh(course)), first_date=first, end_date=end, by=by, now=now
    )


def apply(change, by, now=NOW):
    return apply_change(change=change, by=by, now=now)


def test_cancelled_session_is_booked_again_and_the_others_stay(clinic, course):
    before, old = dates(course), visit(course, 3)

    change = cancel(course, clinic.alice.user, again=True)
    apply(change, clinic.alice.user)

    view = view_of(fresh(course))
    assert [item.number for item in change.sessions] == [3]
    assert view.sessions[2].date != before[2]
    assert [*dates(course)[:2], *dates(course)[3:]] == [*before[:2], *before[3:]]
    assert len(view.sessions[2].attempts) == 2
    old.refresh_from_db()
    assert (old.state, old.cancelled_by_client, old.cancelled_late) == ("cancelled", True, False)


def test_session_only_cancelled_waits_for_a_date(clinic, course):
    before = dates(course)

    apply(cancel(course, clinic.alice.user, again=False), clinic.alice.user)

    view = view_of(fresh(course))
    assert dates(course) == [*before[:2], None, *before[3:]]
    assert [item.number for item in view.unbooked] == [3]
    assert (view.progress.length, view.sessions[3].gap_days) == (10, 14)


def test_cancelling_late_is_marked_late_and_replaced_by_a_later_date(clinic, course):
    first = visit(course, 1)
    now = first.starts_at - timedelta(hours=2)

    change = cancel(course, clinic.alice.user, again=True, number=1, now=now)
    apply(change, clinic.alice.user, now)

    first.refresh_from_db()
    assert first.cancelled_late
    assert visit(course, 1).starts_at > first.starts_at


def test_session_that_has_begun_is_not_cancelled_by_its_client(clinic, course):
    now = visit(course, 1).starts_at

    with pytest.raises(TooLateToChange):
        cancel(course, clinic.alice.user, again=False, number=1, now=now)


def test_second_click_on_cancel_finds_the_course_changed(clinic, course):
    change = cancel(course, clinic.alice.user, again=True)
    apply(change, clinic.alice.user)

    with pytest.raises(AlreadyChanged):
        apply(change, clinic.alice.user)

    assert Appointment.objects.filter(state="cancelled").count() == 1


def test_of_two_who_change_a_course_the_second_looks_anew(clinic, course):
    hers = cancel(course, clinic.alice.user, again=True)
    desks = pause(course, clinic.rosa, *THREE_WEEKS)

    apply(hers, clinic.alice.user)
    standing = dates(course)
    with pytest.raises(AlreadyChanged):
        apply(desks, clinic.rosa)

    assert dates(course) == standing
    assert view_of(fresh(course)).course.known_pauses == ()


def test_three_week_pause_moves_sessions_out_of_it_within_the_limits(clinic, course):
    before = dates(course)

    change = pause(course, clinic.alice.user, *THREE_WEEKS)
    apply(change, clinic.alice.user)

    after, view = dates(course), view_of(fresh(course))
    assert not any(THREE_WEEKS[0] <= on < THREE_WEEKS[1] for on in after)
    assert after[:2] == before[:2]
    assert (after[2] - after[1]).days <= 14 + 21
    assert all(5 <= item.gap_days <= 14 for item in view.sessions[3:])
    assert [(row.first_date, row.end_date) for row in view.course.known_pauses] == [THREE_WEEKS]


def test_pause_without_a_session_in_it_moves_nothing(clinic, course):
    before = dates(course)

    change = pause(course, clinic.alice.user, date(2027, 6, 22), date(2027, 6, 26))
    apply(change, clinic.alice.user)

    assert change.sessions == ()
    assert dates(course) == before


def test_pause_over_a_visit_too_soon_is_not_the_clients(clinic, course):
    now = visit(course, 2).starts_at - timedelta(hours=3)
    days = (date(2027, 6, 14), date(2027, 6, 20))

    with pytest.raises(TooLateToChange):
        pause(course, clinic.alice.user, *days, now=now)

    assert pause(course, clinic.rosa, *days, now=now).sessions[0].number == 2


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (date(2027, 7, 1), date(2027, 7, 1)),
        (date(2027, 7, 2), date(2027, 7, 1)),
        (date(2027, 7, 1), date(2028, 7, 1)),
        (date(2027, 6, 6), date(2027, 6, 20)),
    ],
)
def test_pause_that_makes_no_sense_is_refused(clinic, course, first, end):
    with pytest.raises(NotAPause):
        pause(course, clinic.alice.user, first, end)


def test_pause_that_the_event_does_not_bear_is_refused(clinic):
    course = make_course(
        clinic, event_date=date(2027, 8, 23), wishes=Wishes(ready_by=date(2027, 8, 13))
    )

    with pytest.raises(BreaksCourse):
        pause(course, clinic.alice.user, date(2027, 6, 21), date(2027, 8, 9))


def test_completed_sessions_never_move(clinic, course):
    Appointment.objects.filter(pk__in=[visit(course, 1).pk, visit(course, 2).pk]).update(
        state=State.COMPLETED
    )
    now = at(date(2027, 6, 15), 8)

    change = pause(course, clinic.alice.user, *THREE_WEEKS, now=now)
    apply(change, clinic.alice.user, now)

    assert min(item.number for item in change.sessions) == 3
    assert dates(course)[:2] == [date(2027, 6, 7), date(2027, 6, 14)]
    with pytest.raises(AlreadyChanged):
        cancel(course, clinic.alice.user, again=True, number=1, now=now)


def test_missing_session_is_booked_and_the_others_stay(clinic, course):
    before = dates(course)
    apply(cancel(course, clinic.alice.user, again=False), clinic.alice.user)

    change = preview_missing(view=view_of(fresh(course)), by=clinic.alice.user, now=NOW)
    apply(change, clinic.alice.user)

    assert [item.number for item in change.sessions] == [3]
    assert dates(course) == before
    assert visit(course, 3).in_series
    with pytest.raises(AlreadyChanged):
        preview_missing(view=view_of(fresh(course)), by=clinic.alice.user, now=NOW)


def test_lost_time_of_a_missing_session_books_nothing(clinic, course):
    apply(cancel(course, clinic.alice.user, again=False), clinic.alice.user)
    change = preview_missing(view=view_of(fresh(course)), by=clinic.alice.user, now=NOW)
    book_visit(clinic.bea, clinic.first_visit, clinic.location, change.sessions[0].starts_at)

    with pytest.raises(SeriesTaken):
        apply(change, clinic.alice.user)

    assert [item.number for item in view_of(fresh(course)).unbooked] == [3]


def test_practitioners_fortnight_off_has_a_repair(clinic, course):
    # Cancelled by the clinic for her holiday: sessions 3 and 4.
    for number in (3, 4):
        cancel_appointment(appointment=visit(course, number), by=clinic.rosa, now=NOW)
    off = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=at(date(2027, 6, 21), 0),
        ends_at=at(date(2027, 7, 5), 0),
    )
    take_time_off(time_off=off, by=clinic.mia)

    change = preview_missing(view=view_of(fresh(course)), by=clinic.alice.user, now=NOW)
    apply(change, clinic.alice.user)

    after = dates(course)
    assert None not in after
    assert not any(date(2027, 6, 21) <= on < date(2027, 7, 5) for on in after)
    assert all(item.gap_days >= 5 for item in view_of(fresh(course)).sessions[1:])


def test_weekly_sessions_keep_their_hour_after_a_pause(clinic, course):
    apply(pause(course, clinic.alice.user, *THREE_WEEKS), clinic.alice.user)

    local = [
        item.visit.starts_at.astimezone(NEW_YORK).hour for item in view_of(fresh(course)).sessions
    ]
    assert set(local) == {9}


def test_steps_say_who_did_what(clinic, course):
    apply(cancel(course, clinic.alice.user, again=True), clinic.alice.user)
    apply(pause(course, clinic.rosa, *THREE_WEEKS), clinic.rosa)

    steps = CourseStep.objects.filter(course=course).order_by("pk")
    assert [(step.kind, step.number, step.by) for step in steps] == [
        ("cancel", 3, clinic.alice.user),
        ("pause", None, clinic.rosa),
    ]


def test_stranger_changes_nothing(clinic, course):
    stranger = clinic.bea.user
    view = view_of(fresh(course))
    change = cancel(course, clinic.alice.user, again=True)

    with pytest.raises(NotAllowed):
        cancel(course, stranger, again=True)
    with pytest.raises(NotAllowed):
        pause(course, stranger, *THREE_WEEKS)
    with pytest.raises(NotAllowed):
        preview_missing(view=view, by=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        free_for_session(view=view, number=3, by=stranger, now=NOW)
    with pytest.raises(NotAllowed):
        apply(change, stranger)


def test_picker_shows_the_nearest_dates_and_what_else_moves(clinic, course):
    found = free_for_session(view=view_of(fresh(course)), number=3, by=clinic.alice.user, now=NOW)

    assert len(found.dates) == PAGE
    assert found.dates == tuple(sorted(found.dates, key=lambda choice: choice.date))
    others = {choice.date: choice.others for choice in found.dates}
    assert (others[date(2027, 6, 22)], others[date(2027, 6, 25)]) == (0, 1)
    assert found.chosen == date(2027, 6, 21)
    assert visit(course, 3).starts_at not in {choice.slot.starts_at for choice in found.times}
    assert found.has_more


def test_pages_of_the_picker_run_outwards_and_share_no_date(clinic, course):
    view = view_of(fresh(course))
    pages = [
        free_for_session(view=view, number=3, by=clinic.alice.user, now=NOW, page=page)
        for page in (0, 1)
    ]

    near, far = ({choice.date for choice in found.dates} for found in pages)
    assert near & far == set()
    distance = [{abs(on - date(2027, 6, 21)) for on in dates} for dates in (near, far)]
    assert max(distance[0]) <= min(distance[1])


@pytest.mark.parametrize("length", [3, 10])
def test_a_look_costs_the_same_queries_for_any_length(clinic, length, django_assert_num_queries):
    view = view_of(fresh(make_course(clinic, length=length)))

    with django_assert_num_queries(2):
        preview_cancel(view=view, number=2, book_again=True, by=clinic.alice.user, now=NOW)


def test_new_dates_keep_the_hour_that_most_sessions_have(clinic):
    course = make_course(clinic, wishes=Wishes(around_minute=11 * 60))
    Course.objects.filter(pk=course.pk).update(wishes={})

    change = pause(course, clinic.alice.user, *THREE_WEEKS)

    hours = {item.starts_at.astimezone(NEW_YORK).hour for item in change.sessions}
    assert hours == {11}
