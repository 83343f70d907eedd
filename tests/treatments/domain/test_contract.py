"""The checker names each broken rule: a sound plan, spoilt in one way at a time."""

from dataclasses import replace

import pytest

from tests.treatments.domain.diaries import WEEKLY_10, booked, course, day, diary, done, lose
from tests.treatments.domain.generated import slot
from treatments.domain.contract import Breach, BreachKind, check
from treatments.domain.course import CoursePlan, PlanProblem, assemble
from treatments.domain.planner import plan
from treatments.domain.spacing import Pause
from treatments.domain.starts import Candidate
from treatments.domain.wishes import Hours, Wishes


def weekly() -> PlanProblem:
    return course(WEEKLY_10, diary())


def planned(problem: PlanProblem, changed: dict[int, Candidate] | None = None) -> CoursePlan:
    """Return the weekly plan in which some sessions have another slot."""
    slots = [slot(7 * index, 540, 1) for index in range(10)]
    for number, candidate in (changed or {}).items():
        slots[number - 1] = candidate
    return assemble(problem, slots)


def test_sound_plan_breaks_nothing() -> None:
    assert check(weekly(), planned(weekly())) == []


def test_plan_of_too_few_sessions_is_named() -> None:
    made = planned(weekly())

    found = check(weekly(), replace(made, sessions=made.sessions[:9]))

    assert found == [Breach(9, BreachKind.WRONG_NUMBER)]


def test_completed_session_elsewhere_is_named() -> None:
    problem = done(booked(weekly(), plan(weekly())), 1)

    found = check(problem, planned(problem, {1: slot(0, 600, 1)}))

    assert found == [Breach(1, BreachKind.COMPLETED_CHANGED)]


@pytest.mark.parametrize(
    ("wishes", "kind"),
    [
        (Wishes(only_weekdays=frozenset({1})), BreachKind.OTHER_WEEKDAY),
        (Wishes(only_hours=Hours(540, 600)), BreachKind.OTHER_HOURS),
        (Wishes(only_practitioner_id=1), BreachKind.OTHER_PRACTITIONER),
    ],
)
def test_only_wish_missed_by_a_new_slot_is_named(wishes: Wishes, kind: BreachKind) -> None:
    problem = weekly().with_wishes(wishes)

    found = check(problem, planned(problem, {4: slot(22, 600, 2)}))

    assert found == [Breach(4, kind)]


def test_only_wish_missed_by_a_kept_or_chosen_slot_is_not() -> None:
    strict = Wishes(only_weekdays=frozenset({2}), not_before=day(90))
    kept = booked(weekly(), plan(weekly())).with_wishes(strict)
    chosen = slot(22, 600, 2)

    assert check(kept.pin(4, chosen), planned(kept, {4: chosen})) == []


def test_chosen_slot_ignored_is_named() -> None:
    problem = weekly().pin(4, slot(22))

    assert check(problem, planned(problem)) == [Breach(4, BreachKind.PIN_IGNORED)]


def test_slot_that_nobody_offers_is_named() -> None:
    problem = weekly()

    found = check(problem, planned(problem, {4: slot(21, 541, 1)}))

    assert found == [Breach(4, BreachKind.NOT_FREE)]


def test_lost_slot_is_not_free() -> None:
    problem = course(WEEKLY_10, [start for start in diary() if start != slot(14, 540, 1)])
    stood = booked(problem, planned(problem))

    assert check(stood, planned(stood)) == []
    assert check(lose(stood, 3), planned(stood)) == [Breach(3, BreachKind.NOT_FREE)]


def test_dates_out_of_bounds_are_named() -> None:
    problem = weekly().with_wishes(Wishes(not_before=day(1), ready_by=day(62)))
    problem = replace(problem, pauses=(Pause(day(27), day(29)),))

    assert check(problem, planned(problem)) == [
        Breach(1, BreachKind.BEFORE_NOT_BEFORE),
        Breach(5, BreachKind.IN_PAUSE),
        Breach(10, BreachKind.AFTER_READY_BY),
    ]


def test_gaps_out_of_bounds_are_named() -> None:
    short = planned(weekly(), {2: slot(10, 540, 1)})
    late = planned(weekly(), {10: slot(85, 540, 1)})

    assert check(weekly(), short) == [Breach(3, BreachKind.GAP_BELOW_FLOOR)]
    assert check(weekly(), late) == [Breach(10, BreachKind.GAP_OVER_CEILING)]


def test_ceiling_passed_with_the_flag_or_over_a_pause_is_not() -> None:
    late = planned(weekly(), {10: slot(85, 540, 1)})
    gaps = (*WEEKLY_10[:-1], replace(WEEKLY_10[-1], may_exceed_ceiling=True))

    assert check(replace(weekly(), gaps=gaps), late) == []
    assert check(replace(weekly(), pauses=(Pause(day(60), day(61)),)), late) == []
    assert check(replace(weekly(), pauses=(Pause(day(50), day(56)),)), late) == [
        Breach(10, BreachKind.GAP_OVER_CEILING)
    ]
