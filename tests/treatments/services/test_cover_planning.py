"""Plans of cover: who may ask, how they are worked out, adjusted, and overtaken."""

from datetime import timedelta
from unittest import mock

import pytest

from bookings.models import Appointment, TimeOff
from bookings.services.cancelling import cancel_appointment
from bookings.services.time_off import end_time_off, take_time_off
from clinic.refusals import AlreadyChanged, NotAllowed
from tests.factories.clinic import NOW, SmallClinic, at, make_practitioner, make_small_clinic
from tests.factories.cover import ILL_WEEK, away
from tests.support.cover_plans import MONDAY, TEN, TWO, booked, fresh, kinds, planned, steps
from treatments.domain.cover_solver import NoAnswer
from treatments.models import CoverOffer, CoverPlan
from treatments.models.cover_steps import CoverFigures, StepKind
from treatments.selectors.cover_scope import CoverScope
from treatments.services import cover_proposing
from treatments.services.cover_applying import CoverChanged, apply_cover
from treatments.services.cover_planning import (
    adjust_cover,
    choices_for,
    discard_cover,
    propose_again,
    want_cover,
    work_out,
    work_out_wanted,
)
from treatments.tasks import work_out_cover

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


def test_practitioner_wants_cover_for_nobody_else(clinic, eve):
    plan = want_cover(scope=away(clinic.chen), by=clinic.chen.user, now=NOW)

    assert plan.state == "wanted"
    with pytest.raises(NotAllowed):
        want_cover(scope=away(eve), by=clinic.chen.user, now=NOW)
    assert CoverPlan.objects.count() == 1


def test_practitioner_may_not_apply_own_cover(clinic, eve, visit):
    plan = planned(clinic)

    with pytest.raises(NotAllowed):
        apply_cover(plan=plan, by=clinic.chen.user, now=NOW)

    assert fresh(visit).practitioner == clinic.chen


def test_client_may_ask_for_nothing(clinic):
    with pytest.raises(NotAllowed):
        want_cover(scope=away(clinic.chen), by=clinic.alice.user, now=NOW)


def test_worker_takes_up_what_is_wanted_once(clinic, eve, visit):
    want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)

    assert [work_out_wanted(NOW), work_out_wanted(NOW)] == [1, 0]
    assert CoverPlan.objects.get().state == "ready"


def test_plan_taken_up_by_one_worker_is_left_to_it_for_a_minute(clinic, eve, visit):
    want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)
    CoverPlan.objects.update(taken_at=NOW)

    early = work_out_wanted(NOW + timedelta(seconds=59))

    assert (early, CoverPlan.objects.get().state) == (0, "wanted")
    assert work_out_wanted(NOW + timedelta(minutes=1)) == 1
    assert CoverPlan.objects.get().state == "ready"


def test_plan_that_nobody_could_work_out_fails(clinic, visit):
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)

    assert work_out_wanted(NOW + timedelta(minutes=10)) == 1

    plan.refresh_from_db()
    assert plan.state == "failed"


def test_task_works_out_what_waits(clinic):
    want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)

    assert work_out_cover() == 1
    assert CoverPlan.objects.get().state == "ready"


def test_plan_without_visits_is_ready_and_empty(clinic):
    plan = planned(clinic)

    assert (plan.state, plan.proposal) == ("ready", [])


def test_without_an_answer_of_the_solver_the_simple_way_is_proposed(clinic, eve, visit, caplog):
    with mock.patch.object(cover_proposing, "solve", side_effect=NoAnswer("UNKNOWN")):
        plan = planned(clinic)

    figures = CoverFigures.from_json(plan.figures)
    assert (figures.winner, figures.solver, figures.trouble) == ("greedy", None, "UNKNOWN")
    assert kinds(plan) == ["same_time"]
    assert "no answer from the solver for 1 visits" in caplog.text
    caplog.clear()


def test_worse_answer_of_the_solver_is_not_taken(clinic, eve, visit):
    with mock.patch.object(cover_proposing, "solve") as solve:
        solve.return_value.picked = {visit.pk: None}
        solve.return_value.is_proven = False
        plan = planned(clinic)

    assert CoverFigures.from_json(plan.figures).winner == "greedy"
    assert kinds(plan) == ["same_time"]


def test_choices_end_with_the_call_list_and_hold_the_proposed_one(clinic, eve, visit):
    plan = planned(clinic)

    found = choices_for(plan=plan, visit=visit, now=NOW)

    assert found[0].key == steps(plan)[0].key
    assert found[-1].kind is StepKind.CALL
    assert len({step.key for step in found}) == len(found)


def test_person_picks_another_choice(clinic, eve, visit):
    plan = planned(clinic)
    other = choices_for(plan=plan, visit=visit, now=NOW)[1]

    adjust_cover(plan=plan, visit=visit, key=other.key, by=clinic.rosa, now=NOW)

    [step] = steps(CoverPlan.objects.get())
    assert (step.key, step.is_chosen) == (other.key, True)


def test_choice_taken_by_another_visit_is_not_offered(clinic, eve, visit):
    # Eve treats one at a time: only one of the two can keep its time.
    booked(clinic, TEN + timedelta(minutes=20), client=clinic.bea)
    plan = planned(clinic)
    moved = next(step for step in steps(plan) if step.kind is StepKind.OTHER_TIME)
    item = Appointment.objects.get(public_id=moved.visit)

    found = choices_for(plan=plan, visit=item, now=NOW)

    assert StepKind.SAME_TIME not in {step.kind for step in found}


def test_unknown_choice_is_refused(clinic, eve, visit):
    with pytest.raises(AlreadyChanged):
        adjust_cover(plan=planned(clinic), visit=visit, key="tomorrow", by=clinic.rosa, now=NOW)


def test_second_of_two_who_adjust_sees_what_the_first_did(clinic, eve, visit):
    plan = planned(clinic)
    same = CoverPlan.objects.get()
    adjust_cover(plan=plan, visit=visit, key="call", by=clinic.rosa, now=NOW)
    other = choices_for(plan=same, visit=visit, now=NOW)[1]

    with pytest.raises(AlreadyChanged):
        adjust_cover(plan=same, visit=visit, key=other.key, by=clinic.mia, now=NOW)

    assert kinds(CoverPlan.objects.get()) == ["call"]


def test_proposed_anew_it_keeps_what_was_chosen(clinic, eve, visit):
    other = booked(clinic, TWO, client=clinic.bea)
    plan = planned(clinic)
    adjust_cover(plan=plan, visit=visit, key="call", by=clinic.rosa, now=NOW)

    propose_again(plan=plan, by=clinic.rosa, now=NOW)
    work_out(plan=plan, now=NOW)

    found = {step.visit: (step.kind.value, step.is_chosen) for step in steps(plan)}
    assert found == {
        visit.public_id: ("call", True),
        other.public_id: ("same_time", False),
    }


def test_visit_cancelled_meanwhile_stops_all_of_it(clinic, eve, visit):
    other = booked(clinic, TWO, client=clinic.bea)
    plan = planned(clinic)
    cancel_appointment(appointment=visit, by=clinic.alice.user, now=NOW)

    with pytest.raises(CoverChanged) as refused:
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    assert refused.value.visits == {visit.public_id}
    assert fresh(other).practitioner == clinic.chen
    assert CoverPlan.objects.get().state == "ready"


def test_place_taken_meanwhile_is_named_and_the_rest_kept(clinic, eve, visit):
    other = booked(clinic, TWO, client=clinic.bea)
    plan = planned(clinic)
    kept = [step for step in steps(plan) if step.visit == other.public_id]
    off = TimeOff(kind="away", practitioner=eve, starts_at=TEN, ends_at=at(MONDAY, 12))
    take_time_off(time_off=off, by=clinic.rosa)

    with pytest.raises(CoverChanged) as refused:
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)
    propose_again(plan=plan, by=clinic.rosa, now=NOW)
    work_out(plan=plan, now=NOW)

    assert refused.value.visits == {visit.public_id}
    assert [step for step in steps(plan) if step.visit == other.public_id] == kept
    assert kinds(plan) == ["other_time", "same_time"]


def test_visit_that_needs_no_cover_any_more_stays_where_it_is(clinic, eve, visit):
    off = TimeOff(kind="away", practitioner=clinic.chen, starts_at=TEN, ends_at=TWO)
    take_time_off(time_off=off, by=clinic.rosa)
    scope = CoverScope(CoverPlan.Scope.LIST, CoverPlan.Cause.PAPERS, ILL_WEEK)
    plan = planned(clinic, scope)
    end_time_off(time_off=off, by=clinic.rosa)

    with pytest.raises(CoverChanged) as refused:
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    assert kinds(plan) == ["same_time"]
    assert refused.value.visits == {visit.public_id}
    assert fresh(visit).practitioner == clinic.chen


def test_plan_that_is_not_ready_is_not_applied(clinic):
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)

    with pytest.raises(AlreadyChanged):
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)


def test_discarded_plan_changes_nothing_and_stays_so(clinic, eve, visit):
    plan = planned(clinic)

    discard_cover(plan=plan, by=clinic.rosa, now=NOW)
    discard_cover(plan=plan, by=clinic.rosa, now=NOW)

    assert fresh(visit).practitioner == clinic.chen
    with pytest.raises(AlreadyChanged):
        apply_cover(plan=plan, by=clinic.rosa, now=NOW)
    with pytest.raises(AlreadyChanged):
        propose_again(plan=plan, by=clinic.rosa, now=NOW)


def test_applied_plan_is_not_discarded(clinic, eve, visit):
    plan = planned(clinic)
    apply_cover(plan=plan, by=clinic.rosa, now=NOW)

    with pytest.raises(AlreadyChanged):
        discard_cover(plan=plan, by=clinic.rosa, now=NOW)


def test_visit_with_an_open_offer_is_in_no_second_plan(clinic, visit):
    apply_cover(plan=planned(clinic), by=clinic.rosa, now=NOW)

    assert CoverOffer.objects.get().appointment == visit
    assert planned(clinic).proposal == []


@pytest.mark.parametrize("count", [1, 3])
def test_proposing_costs_the_same_queries_for_one_and_three(
    count, clinic, eve, django_assert_num_queries
):
    for number in range(count):
        booked(clinic, at(MONDAY + timedelta(days=number), 10))
    plan = want_cover(scope=away(clinic.chen), by=clinic.rosa, now=NOW)

    # Taking it up; the catalogue's version; who needs cover, who is inside the span, the
    # visits; their places in courses; free times; time off; the write and the fresh row.
    with django_assert_num_queries(12):
        work_out(plan=plan, now=NOW)
