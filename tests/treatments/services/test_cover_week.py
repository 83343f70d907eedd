"""A practitioner is ill for a week in which 30 visits are booked, 20 of them of courses."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment, Reservation, StatusChange
from clinic.models import CallEntry, Message
from tests.factories.clinic import NOW
from tests.factories.cover import ILL_WEEK, READY_BY, BusyClinic, away, make_busy_clinic
from tests.support.cover_checker import broken_limits, dates_after, overlaps
from treatments.models import Course, CoverOffer, CoverPlan
from treatments.models.cover_steps import CoverFigures, CoverStep, StepKind, steps_from_json
from treatments.services import cover_proposing
from treatments.services.cover_applying import apply_cover
from treatments.services.cover_offers import accept_offer
from treatments.services.cover_planning import want_cover, work_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy() -> BusyClinic:
    return make_busy_clinic()


@pytest.fixture(autouse=True)
def no_haste(monkeypatch) -> None:
    """Let a slow machine find the same answer."""
    monkeypatch.setattr(cover_proposing, "SECONDS", 120.0)


@pytest.fixture
def plan(busy) -> CoverPlan:
    wanted = want_cover(scope=away(busy.chen), by=busy.clinic.rosa, now=NOW)
    return work_out(plan=wanted, now=NOW)


def steps_of(plan: CoverPlan) -> list[CoverStep]:
    return list(steps_from_json(plan.proposal))


def everything() -> list:
    """All rows that applying a plan may touch."""
    return [
        list(Appointment.objects.order_by("pk").values()),
        list(Reservation.objects.order_by("resource_id", "pk").values()),
        list(Course.objects.order_by("pk").values_list("pk", "version")),
        list(CoverPlan.objects.values_list("state", flat=True)),
        StatusChange.objects.count(),
        Message.objects.count(),
        CallEntry.objects.count(),
        CoverOffer.objects.count(),
    ]


def test_week_of_30_visits_keeps_25_at_their_time(busy, plan):
    steps = steps_of(plan)

    assert len(busy.visits()) == 30
    assert Course.objects.count() == 20
    assert plan.state == "ready"
    assert Counter((step.kind, step.asks) for step in steps) == {
        (StepKind.SAME_TIME, False): 25,
        (StepKind.OTHER_TIME, True): 5,
    }


def test_solver_moves_fewer_than_the_simple_way(plan):
    figures = CoverFigures.from_json(plan.figures)

    assert (figures.greedy.calls, figures.greedy.moved, figures.greedy.minutes) == (0, 15, 250)
    assert figures.solver is not None
    assert (figures.solver.calls, figures.solver.moved, figures.solver.minutes) == (0, 5, 200)
    assert figures.winner == "solver"


def test_nobody_is_given_to_the_ill_and_all_limits_hold(busy, plan):
    steps = steps_of(plan)

    ill = [
        step
        for step in steps
        if step.practitioner_id == busy.chen.pk
        and step.starts_at is not None
        and ILL_WEEK.starts_at <= step.starts_at < ILL_WEEK.ends_at
    ]
    assert ill == []
    assert broken_limits(dates_after(steps)) == []


def test_without_stand_ins_times_are_offered_within_course_limits(busy):
    for person in busy.others:
        person.services.clear()
    wanted = want_cover(scope=away(busy.chen), by=busy.clinic.rosa, now=NOW)

    plan = work_out(plan=wanted, now=NOW)

    steps = steps_of(plan)
    figures = CoverFigures.from_json(plan.figures)
    assert StepKind.SAME_TIME not in {step.kind for step in steps}
    assert broken_limits(dates_after(steps)) == []
    assert (figures.solver.calls, figures.solver.moved) <= (
        figures.greedy.calls,
        figures.greedy.moved,
    )
    assert {course.ready_by for course in Course.objects.all()} == {READY_BY, None}


def test_apply_moves_the_same_times_and_offers_the_others(busy, plan):
    before = {visit.public_id: visit for visit in busy.visits()}

    apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)

    after = {visit.public_id: visit for visit in Appointment.objects.all()}
    for step in steps_of(plan):
        was, visit = before[step.visit], after[step.visit]
        assert visit.starts_at == was.starts_at
        if step.asks:
            offer = CoverOffer.objects.get(appointment=visit)
            assert (offer.state, offer.hold.starts_at) == ("open", step.starts_at)
            assert (visit.practitioner_id, visit.version) == (busy.chen.pk, was.version)
        else:
            assert visit.practitioner_id == step.practitioner_id
            assert (visit.room_id, visit.version) == (step.room_id, was.version + 1)
    assert CoverOffer.objects.count() == 5
    assert overlaps() == []


def test_apply_tells_each_client_once(busy, plan):
    Message.objects.all().delete()

    apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)

    told = Counter(Message.objects.filter(state="due").values_list("client_id", "kind"))
    kinds = Counter(kind for _client, kind in told)
    assert kinds == {"cover_moved": 25, "cover_offered": 5}
    assert set(told.values()) == {1}
    assert len({client for client, _kind in told}) == 30


def test_applying_twice_applies_once(busy, plan):
    apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)
    done = everything()

    apply_cover(plan=CoverPlan.objects.get(pk=plan.pk), by=busy.clinic.mia, now=NOW)

    assert everything() == done


@pytest.mark.parametrize("breaks_at", [5, 25, 45, 65])
def test_fault_in_the_middle_changes_nothing(busy, plan, breaks_at):
    before = everything()
    asked = []

    def ask(execute, sql, params, many, context):
        asked.append(sql)
        if len(asked) == breaks_at:
            raise ConnectionError("the power went")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ask), pytest.raises(ConnectionError):
        apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)

    # Whatever comes after the fault only takes back.
    assert all("SAVEPOINT" in sql for sql in asked[breaks_at:])
    assert everything() == before


def test_apply_asks_the_database_little_while_it_holds_the_locks(busy, plan):
    with CaptureQueriesContext(connection) as asked:
        apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)

    # Each visit's own row, or what is reserved beside it, is one of them.
    assert len(asked) - len(steps_of(plan)) == 50


def test_all_accepted_offers_keep_the_limits(busy, plan):
    apply_cover(plan=plan, by=busy.clinic.rosa, now=NOW)

    for offer in CoverOffer.objects.select_related("appointment__client", "hold"):
        accept_offer(offer=offer, by=busy.clinic.rosa, now=NOW)

    assert set(CoverOffer.objects.values_list("state", flat=True)) == {"accepted"}
    assert [visit.pk for visit in busy.visits()] == []
    assert broken_limits({}) == []
    assert overlaps() == []
