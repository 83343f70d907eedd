"""What a visit that needs cover becomes: somebody else, another room or time, or a call."""

from datetime import timedelta

import pytest

from bookings.models import Appointment, TimeOff
from bookings.services.cancelling import cancel_appointment
from bookings.services.time_off import take_time_off
from clinic.domain.intervals import Interval
from clinic.models import CallEntry
from tests.factories.bookings import book_visit
from tests.factories.clinic import NOW, TODAY, SmallClinic, at, make_practitioner, make_small_clinic
from tests.factories.courses import make_course
from tests.factories.cover import ILL_WEEK, away
from tests.support.cover_plans import MONDAY, TEN, TWO, booked, fresh, kinds, planned, steps
from treatments.domain.wishes import Wishes
from treatments.models import Course, CoverOffer, CoverPlan
from treatments.models.cover_steps import StepKind
from treatments.selectors.cover_scope import CoverScope
from treatments.services.cover_applying import apply_cover

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> SmallClinic:
    return make_small_clinic()


@pytest.fixture
def eve(clinic):
    return make_practitioner("Eve Dahl", services=[clinic.follow_up], location=clinic.location)


@pytest.fixture
def visit(clinic) -> Appointment:
    return booked(clinic, TEN)


def test_somebody_else_at_the_same_time_keeps_the_room(clinic, eve, visit):
    [step] = steps(planned(clinic))

    assert (step.kind, step.practitioner_id, step.starts_at) == (StepKind.SAME_TIME, eve.pk, TEN)
    assert (step.room_id, step.asks, step.need) == (visit.room_id, False, "away")


def test_blocked_room_is_left_for_the_other_one_with_the_same_practitioner(clinic, visit):
    off = TimeOff(kind="blocked", room=visit.room, starts_at=TEN, ends_at=TWO)
    take_time_off(time_off=off, by=clinic.rosa)
    scope = CoverScope(
        CoverPlan.Scope.ROOM, CoverPlan.Cause.CLOSED, Interval(TEN, TWO), room_id=visit.room_id
    )

    plan = planned(clinic, scope)
    apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    moved = fresh(visit)
    assert (moved.practitioner, moved.starts_at, moved.version) == (clinic.chen, TEN, 0)
    assert moved.room_id not in (None, visit.room_id)


def test_closed_location_leaves_no_time_inside_the_closure(clinic, eve, visit):
    scope = CoverScope(
        CoverPlan.Scope.LOCATION,
        CoverPlan.Cause.CLOSED,
        Interval(at(MONDAY, 0), at(MONDAY + timedelta(days=1), 0)),
        location_id=clinic.location.pk,
    )

    [step] = steps(planned(clinic, scope))

    assert step.kind is StepKind.OTHER_TIME
    assert step.starts_at >= at(MONDAY + timedelta(days=1), 0) or step.starts_at < at(MONDAY, 0)


def test_other_visits_hole_in_the_time_off_is_offered_to_nobody(clinic, visit):
    other = booked(clinic, TWO, client=clinic.bea)
    off = TimeOff(
        kind="away",
        practitioner=clinic.chen,
        starts_at=ILL_WEEK.starts_at,
        ends_at=ILL_WEEK.ends_at,
    )
    take_time_off(time_off=off, by=clinic.rosa)
    cancel_appointment(appointment=other, by=clinic.rosa, now=NOW)

    [step] = steps(planned(clinic))

    assert step.kind is StepKind.OTHER_TIME
    assert not ILL_WEEK.starts_at <= step.starts_at < ILL_WEEK.ends_at


def test_only_this_practitioner_is_asked_before_somebody_else_treats(clinic, eve):
    wishes = Wishes(only_weekdays=frozenset({1}), only_practitioner_id=clinic.chen.pk)
    make_course(clinic, wishes=wishes, length=4)

    [step] = [step for step in steps(planned(clinic)) if step.kind is not StepKind.CALL]
    apply_cover(plan=CoverPlan.objects.get(), by=clinic.rosa, now=NOW)

    offer = CoverOffer.objects.get()
    assert (step.kind, step.practitioner_id, step.asks) == (StepKind.SAME_TIME, eve.pk, True)
    assert offer.appointment.practitioner == clinic.chen
    assert (offer.hold.practitioner, offer.hold.starts_at) == (eve, offer.appointment.starts_at)


def test_session_is_offered_within_the_gaps_to_its_neighbours(clinic):
    make_course(clinic, wishes=Wishes(only_weekdays=frozenset({3})), length=4)
    Course.objects.update(wishes={})
    week = Interval(at(MONDAY + timedelta(days=2), 0), at(MONDAY + timedelta(days=3), 0))

    [step] = steps(planned(clinic, away(clinic.chen, week)))

    # Wednesdays 16 and 30 stay, at least five days from the one between.
    assert at(MONDAY, 0) <= step.starts_at < at(MONDAY + timedelta(days=5), 0)


def test_only_days_and_hours_bind_another_time(clinic):
    wishes = Wishes(only_weekdays=frozenset({3}), rather_practitioner_id=clinic.chen.pk)
    make_course(clinic, wishes=wishes, length=4)
    week = Interval(at(MONDAY + timedelta(days=2), 0), at(MONDAY + timedelta(days=3), 0))

    [step] = steps(planned(clinic, away(clinic.chen, week)))

    assert step.kind is StepKind.CALL


def test_visit_of_tomorrow_is_called_about_not_asked(clinic):
    tomorrow = TODAY + timedelta(days=1)
    booked(clinic, at(tomorrow, 10))
    day = Interval(at(tomorrow, 0), at(tomorrow + timedelta(days=1), 0))

    plan = planned(clinic, away(clinic.chen, day))
    apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    assert kinds(plan) == ["call"]
    assert list(CallEntry.objects.values_list("reason", flat=True)) == ["cover"]


def test_stand_in_today_needs_no_notice(clinic, eve):
    type(clinic.location).objects.update(minimum_notice_minutes=24 * 60)
    visit = book_visit(
        clinic.alice,
        clinic.follow_up,
        clinic.location,
        at(TODAY, 10),
        practitioner=clinic.chen,
        by=clinic.rosa,
        override_reason="now",
    )
    today = Interval(NOW, at(TODAY + timedelta(days=1), 0))

    [step] = steps(planned(clinic, away(clinic.chen, today)))

    assert (step.visit, step.practitioner_id) == (visit.public_id, eve.pk)


def test_step_free_room_stays_step_free(clinic, eve):
    clinic.alice.needs_step_free = True
    clinic.alice.save()
    clinic.rooms[1].is_step_free = True
    clinic.rooms[1].save()
    visit = booked(clinic, TEN)

    [step] = steps(planned(clinic))

    assert visit.room_id == step.room_id == clinic.rooms[1].pk


def test_two_visits_of_a_course_keep_their_gap_at_new_times(clinic):
    make_course(clinic, wishes=Wishes(only_weekdays=frozenset({3})), length=4)
    Course.objects.update(wishes={})
    fortnight = Interval(at(TODAY + timedelta(days=9), 0), at(TODAY + timedelta(days=17), 0))

    found = sorted(step.starts_at for step in steps(planned(clinic, away(clinic.chen, fortnight))))

    assert len(found) == 2
    assert (found[1].date() - found[0].date()).days >= 5
