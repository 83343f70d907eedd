"""A session is lost: a repair is planned, held, accepted, released, or no longer needed."""

from datetime import date, timedelta

import pytest

from bookings.domain.lifecycle import State
from bookings.models import Appointment, Reservation, TimeOff
from bookings.refusals import SlotTaken
from bookings.services.cancelling import cancel_appointment
from bookings.services.holding import expire_hold
from bookings.services.status import record_status
from bookings.services.time_off import take_time_off
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.bookings import book_visit
from tests.factories.clinic import NEW_YORK, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course
from treatments.domain.wishes import Wishes
from treatments.models import Course, Repair, Session
from treatments.selectors.courses import view_of
from treatments.services.accepting import accept_repair
from treatments.services.repairing import plan_repair, plan_repairs
from treatments.services.repairs import (
    release_expired,
    release_repair,
    settle_repairs,
    want_repair,
)

pytestmark = pytest.mark.django_db

MONDAYS = Wishes(only_weekdays=frozenset({1, 2, 3, 4, 5}), around_minute=10 * 60)


@pytest.fixture
def clinic():
    return make_small_clinic()


@pytest.fixture
def course(clinic):
    return make_course(clinic, wishes=MONDAYS, length=5)


def fresh(course):
    return Course.objects.with_people().get(pk=course.pk)


def starts(course):
    zone = NEW_YORK
    return [
        item.visit.starts_at.astimezone(zone).strftime("%m-%d %H:%M") if item.visit else None
        for item in view_of(fresh(course)).sessions
    ]


def visit_of(course, number):
    visit = view_of(fresh(course)).session(number).visit
    return Appointment.objects.with_people().get(pk=visit.pk)


def complete(course, *numbers):
    for number in numbers:
        Appointment.objects.filter(pk=visit_of(course, number).pk).update(state="completed")


def lose(course, number, clinic, cause=Repair.Cause.NO_SHOW, now=None):
    visit = visit_of(course, number)
    now = now or visit.starts_at + timedelta(minutes=30)
    if cause is Repair.Cause.CANCELLED:
        cancel_appointment(appointment=visit, by=clinic.rosa, now=now)
    elif cause is Repair.Cause.NO_SHOW:
        record_status(appointment=visit, to_state=State.NO_SHOW, by=clinic.rosa, now=now)
    else:
        record_status(appointment=visit, to_state=State.ARRIVED, by=clinic.rosa, now=now)
        record_status(appointment=visit, to_state=State.NOT_TREATED, by=clinic.rosa, now=now)
    repair = want_repair(course=fresh(course), number=number, cause=cause, now=now)
    return Repair.objects.select_related("course__client").get(pk=repair.pk), now


def proposed(course, number, clinic, cause=Repair.Cause.NO_SHOW, now=None):
    repair, now = lose(course, number, clinic, cause, now)
    return plan_repair(repair=repair, now=now), now


def away(clinic, first, end):
    time_off = TimeOff(
        kind="away", practitioner=clinic.chen, starts_at=at(first, 0), ends_at=at(end, 0)
    )
    take_time_off(time_off=time_off, by=clinic.mia)


def local(instant):
    return instant.astimezone(NEW_YORK).strftime("%m-%d %H:%M")


def test_no_show_gets_the_smallest_repair_and_holds_only_that_visit(course, clinic):
    assert starts(course) == [
        "06-07 10:00",
        "06-14 10:00",
        "06-21 10:00",
        "06-28 10:00",
        "07-05 10:00",
    ]
    complete(course, 1)

    repair, _now = proposed(course, 2, clinic)

    assert repair.state == Repair.State.OPEN
    assert [(step.number, local(step.starts_at), step.was) for step in repair.planned.steps] == [
        (2, "06-16 10:00", None)
    ]
    assert (repair.hold.state, repair.hold.client) == ("held", clinic.alice)
    assert list(Appointment.objects.filter(state="held")) == [repair.hold]
    assert repair.expires_at == at(date(2027, 6, 15), 10)  # the visit's own notice, before 24 h
    assert repair.hold.held_until == repair.expires_at


def test_held_time_is_the_clients_too_and_nobody_elses(course, clinic):
    complete(course, 1)
    repair, _now = proposed(course, 2, clinic)

    taken = Reservation.objects.filter(appointment=repair.hold)

    assert clinic.alice.resource_id in set(taken.values_list("resource_id", flat=True))
    assert set(taken.values_list("held_until", flat=True)) == {repair.expires_at}


def test_hold_ends_before_the_visits_own_notice(course, clinic):
    clinic.location.late_change_hours = 24
    clinic.location.save()
    complete(course, 1)
    late = visit_of(course, 2).starts_at + timedelta(hours=6)  # 4pm: the day after is too soon

    repair, now = proposed(course, 2, clinic, now=late)

    assert repair.expires_at <= repair.hold.starts_at - timedelta(hours=24)
    assert repair.expires_at > now


def test_accepting_books_the_held_visit_as_the_session(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)

    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert starts(course) == [
        "06-07 10:00",
        "06-16 10:00",
        "06-21 10:00",
        "06-28 10:00",
        "07-05 10:00",
    ]
    session = view_of(fresh(course)).session(2)
    assert [visit.state for visit in session.attempts] == ["no_show", "booked"]
    assert session.visit.held_until is None
    held = Reservation.objects.filter(appointment=session.visit).values_list("held_until")
    assert set(held) == {(None,)}
    repair.refresh_from_db()
    assert (repair.state, repair.answered_by) == ("accepted", clinic.alice.user)
    assert fresh(course).version > repair.course_version


def test_accepting_twice_books_once(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)

    accept_repair(repair=repair, by=clinic.alice.user, now=now)
    accept_repair(repair=Repair.objects.get(pk=repair.pk), by=clinic.rosa, now=now)

    assert Appointment.objects.filter(state="booked").count() == 4
    assert Repair.objects.count() == 1


def test_later_date_moves_where_the_new_visit_needs_room(course, clinic):
    away(clinic, date(2027, 6, 8), date(2027, 6, 11))

    repair, now = proposed(course, 1, clinic)
    accept_repair(repair=repair, by=clinic.rosa, now=now)

    assert repair.planned.dates_changed == 1
    assert starts(course) == [
        "06-11 10:00",
        "06-16 10:00",  # was the 14th, three days after: five are the least
        "06-21 10:00",
        "06-28 10:00",
        "07-05 10:00",
    ]
    moved = view_of(fresh(course)).session(2).visit
    assert (moved.client_moves, moved.changed_by_clinic) == (0, False)


def test_weekly_course_on_one_day_closes_ranks_and_changes_no_date(clinic):
    only = Wishes(only_weekdays=frozenset({1}), around_minute=600)
    course = make_course(clinic, wishes=only, length=5)
    complete(course, 1)

    repair, now = proposed(course, 2, clinic)
    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert [(step.number, local(step.starts_at), step.was) for step in repair.planned.steps] == [
        (5, "07-12 10:00", None)
    ]
    assert starts(course) == [
        "06-07 10:00",
        "06-21 10:00",
        "06-28 10:00",
        "07-05 10:00",
        "07-12 10:00",
    ]
    view = view_of(fresh(course))
    assert [len(item.attempts) for item in view.sessions] == [1, 1, 1, 1, 2]
    assert [item.gap_days for item in view.sessions] == [None, 14, 7, 7, 7]


def test_no_show_14_days_after_the_last_visit_has_a_repair(clinic):
    course = make_course(
        clinic, wishes=Wishes(only_weekdays=frozenset({1}), around_minute=600), length=4
    )
    complete(course, 1)
    Appointment.objects.filter(pk=visit_of(course, 2).pk).update(state="cancelled")

    repair, now = proposed(course, 3, clinic)
    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert view_of(fresh(course)).unbooked == []


def test_gap_of_a_no_show_passes_its_ceiling_by_the_least_and_says_why(clinic):
    course = make_course(clinic, wishes=MONDAYS, length=2)
    complete(course, 1)
    now = at(date(2027, 7, 12), 9)  # 35 days after session 1; never more than 28
    Appointment.objects.filter(pk=visit_of(course, 2).pk).update(state="no_show")
    repair = want_repair(course=fresh(course), number=2, cause=Repair.Cause.NO_SHOW, now=now)

    repair = plan_repair(repair=repair, now=now)
    accept_repair(repair=repair, by=clinic.rosa, now=now)

    assert local(repair.hold.starts_at) == "07-14 10:00"  # the first day that leaves a day's notice
    session = Session.objects.get(course=course, number=2)
    assert (session.gap_excused, session.gap_reason) == (True, "did not come")


def test_not_treated_excuses_no_ceiling_and_so_fails(clinic):
    course = make_course(clinic, wishes=MONDAYS, length=2)
    complete(course, 1)
    now = at(date(2027, 7, 12), 9)
    Appointment.objects.filter(pk=visit_of(course, 2).pk).update(state="not_treated")
    repair = want_repair(course=fresh(course), number=2, cause=Repair.Cause.NOT_TREATED, now=now)

    assert plan_repair(repair=repair, now=now).state == Repair.State.FAILED
    assert not Appointment.objects.filter(state="held").exists()


def test_not_treated_uses_up_no_session_and_proposes_it_again(course, clinic):
    complete(course, 1)

    repair, now = proposed(course, 2, clinic, Repair.Cause.NOT_TREATED)
    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    view = view_of(fresh(course))
    assert (view.progress.done, view.progress.length) == (1, 5)
    assert [visit.state for visit in view.session(2).attempts] == ["not_treated", "booked"]


def test_clinics_cancellation_moves_are_the_clinics(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 3, clinic, Repair.Cause.CANCELLED, now=at(date(2027, 6, 8), 9))

    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert view_of(fresh(course)).unbooked == []


def test_time_that_the_clinic_cancelled_is_not_proposed_again(course, clinic):
    complete(course, 1)
    cancelled = visit_of(course, 3).starts_at

    repair, _now = proposed(course, 3, clinic, Repair.Cause.CANCELLED, now=at(date(2027, 6, 8), 9))

    [step] = repair.planned.steps
    assert step.starts_at.astimezone(NEW_YORK).date() != cancelled.astimezone(NEW_YORK).date()


def test_day_that_the_clinic_cancelled_is_proposed_with_somebody_else(clinic):
    course = make_course(clinic, wishes=Wishes(only_weekdays=frozenset({1})), length=5)
    emil = make_practitioner("Emil Ode", services=[clinic.follow_up], location=clinic.location)
    complete(course, 1)
    lost = visit_of(course, 3)

    repair, _now = proposed(course, 3, clinic, Repair.Cause.CANCELLED, now=at(date(2027, 6, 8), 9))

    [step] = repair.planned.steps
    assert (step.starts_at, step.practitioner_id) == (lost.starts_at, emil.pk)


def drop(course, number):
    """Cancel a session as its client does, who chooses a date later."""
    visit = visit_of(course, number)
    Appointment.objects.filter(pk=visit.pk).update(state="cancelled", cancelled_by_client=True)


def test_sessions_at_the_end_that_the_client_left_open_stay_open(course, clinic):
    complete(course, 1)
    drop(course, 5)

    repair, now = proposed(course, 3, clinic, Repair.Cause.CANCELLED, now=at(date(2027, 6, 8), 9))
    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert [step.number for step in repair.planned.steps] == [3]
    assert [item.number for item in view_of(fresh(course)).unbooked] == [5]


def test_only_the_lost_visit_is_held_where_one_before_it_has_no_date(course, clinic):
    complete(course, 1)
    drop(course, 2)

    repair, now = proposed(course, 3, clinic, Repair.Cause.CANCELLED, now=at(date(2027, 6, 8), 9))
    new = {step.number: step.starts_at for step in repair.planned.steps if step.was is None}

    assert repair.hold.starts_at == new[3]
    accept_repair(repair=repair, by=clinic.alice.user, now=now)
    assert visit_of(course, 3).pk == repair.hold_id
    assert view_of(fresh(course)).unbooked == []


def test_event_margin_is_kept_by_the_repair(clinic):
    course = make_course(clinic, wishes=MONDAYS, length=3, event_date=date(2027, 7, 2))
    complete(course, 1, 2)

    repair, _now = proposed(course, 3, clinic)

    # Ready by 22 June; session 3 was the 21st, and a day's notice leaves nothing before.
    assert repair.state == Repair.State.FAILED


def test_run_out_hold_releases_the_repair_and_frees_the_time(course, clinic):
    complete(course, 1)
    repair, _now = proposed(course, 2, clinic)
    later = repair.expires_at

    assert release_expired(later - timedelta(seconds=1)) == 0
    assert release_expired(later) == 1
    assert expire_hold(hold=repair.hold, now=later)

    repair.refresh_from_db()
    assert (repair.state, repair.answered_by) == ("released", None)
    assert not Reservation.objects.filter(appointment=repair.hold).exists()


def test_accepting_after_the_time_ran_out_books_nothing_and_proposes_anew(course, clinic):
    complete(course, 1)
    repair, _now = proposed(course, 2, clinic)

    with pytest.raises(AlreadyChanged):
        accept_repair(repair=repair, by=clinic.alice.user, now=repair.expires_at)

    repair.refresh_from_db()
    assert repair.state == Repair.State.OBSOLETE
    assert Repair.objects.get(state=Repair.State.WANTED).number == 2
    assert view_of(fresh(course)).session(2).state == "missed"


def test_changed_course_makes_the_proposal_obsolete_and_proposes_anew(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)
    Course.objects.filter(pk=course.pk).update(version=99)

    with pytest.raises(AlreadyChanged):
        accept_repair(repair=repair, by=clinic.alice.user, now=now)

    assert plan_repairs(now) == 1
    newer = Repair.objects.get(state=Repair.State.OPEN)
    assert (newer.course_version, newer.number) == (99, 2)
    repair.refresh_from_db()
    assert (repair.state, repair.hold.held_until) == ("obsolete", now)


def test_lost_slot_books_nothing_and_proposes_anew(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)
    away(clinic, date(2027, 6, 16), date(2027, 6, 17))

    with pytest.raises(SlotTaken):
        accept_repair(repair=repair, by=clinic.alice.user, now=now)

    expire_hold(hold=repair.hold, now=now)
    plan_repairs(now)
    newer = Repair.objects.get(state=Repair.State.OPEN)
    assert newer.planned.dates_changed == 0
    assert [step.number for step in newer.planned.steps] == [5]


def test_any_other_change_settles_what_waits(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)

    settle_repairs(course=course, by=clinic.rosa, now=now)

    repair.refresh_from_db()
    assert (repair.state, repair.answered_by) == ("obsolete", clinic.rosa)
    rival = book_visit(
        clinic.bea,
        clinic.follow_up,
        clinic.location,
        repair.hold.starts_at,
        by=clinic.rosa,
        now=now,
    )
    assert rival.state == State.BOOKED


def test_releasing_frees_the_time_at_once_and_twice_is_fine(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)

    release_repair(repair=repair, by=clinic.rosa, now=now)
    release_repair(repair=repair, by=clinic.rosa, now=now)

    assert repair.state == Repair.State.RELEASED
    with pytest.raises(AlreadyChanged):
        accept_repair(repair=repair, by=clinic.alice.user, now=now)


def test_accepted_repair_is_not_released(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)
    accept_repair(repair=repair, by=clinic.alice.user, now=now)

    with pytest.raises(AlreadyChanged):
        release_repair(
            repair=Repair.objects.select_related("course__client").get(pk=repair.pk),
            by=clinic.rosa,
            now=now,
        )


def test_second_loss_takes_the_first_proposals_place(course, clinic):
    complete(course, 1)
    first, now = proposed(course, 2, clinic)

    second, now = proposed(course, 4, clinic, Repair.Cause.CANCELLED, now=now)

    first.refresh_from_db()
    assert first.state == Repair.State.OBSOLETE
    assert [step.number for step in second.planned.steps if step.was is None] == [2, 4]


def test_planning_twice_holds_one_visit(course, clinic):
    complete(course, 1)
    repair, now = lose(course, 2, clinic)
    twin = Repair.objects.get(pk=repair.pk)

    plan_repair(repair=repair, now=now)
    plan_repair(repair=twin, now=now)

    assert twin.state == Repair.State.OPEN
    assert Appointment.objects.filter(state="held").count() == 1
    assert plan_repairs(now) == 0


def test_taken_back_loss_makes_what_is_wanted_obsolete(course, clinic):
    complete(course, 1)
    repair, now = lose(course, 2, clinic)
    Appointment.objects.filter(pk=visit_of(course, 2).pk).update(state="booked")

    assert plan_repair(repair=repair, now=now).state == Repair.State.OBSOLETE


def test_stranger_answers_nothing(course, clinic):
    complete(course, 1)
    repair, now = proposed(course, 2, clinic)

    for who in (clinic.bea.user, clinic.dora.user):
        with pytest.raises(NotAllowed):
            accept_repair(repair=repair, by=who, now=now)
        with pytest.raises(NotAllowed):
            release_repair(repair=repair, by=who, now=now)
