"""Without a plan: why, and what would help."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.treatments.domain.diaries import WEEKLY_10, course, day, diary
from tests.treatments.domain.generated import Case, new_course, running_course, slot
from treatments.domain.contract import check
from treatments.domain.course import PlanProblem
from treatments.domain.diagnosis import (
    Diagnosis,
    Reason,
    ReasonKind,
    RelaxationKind,
    earliest_finish,
    why_not,
)
from treatments.domain.planner import plan
from treatments.domain.starts import Candidate, ListedTimes
from treatments.domain.wishes import Hours, Wishes

TUESDAYS = frozenset({2})
EVENINGS = Hours(1020, 1080)


def weekly(free: list[Candidate], wishes: Wishes) -> PlanProblem:
    return course(WEEKLY_10, free, wishes)


def helped(problem: PlanProblem) -> list[tuple[RelaxationKind, ...]]:
    return [relaxation.kinds for relaxation in why_not(problem).relaxations]


def test_course_that_has_a_plan_has_no_diagnosis() -> None:
    assert why_not(weekly(diary(), Wishes())) == Diagnosis((), ())


def test_ready_by_too_early_names_the_earliest_finish_and_offers_it() -> None:
    wishes = Wishes(not_before=day(0), ready_by=day(44))

    found = why_not(weekly(diary(), wishes))

    assert found.reasons == (Reason(ReasonKind.READY_BY_TOO_EARLY, 10, day(45)),)
    (relaxation,) = found.relaxations
    assert relaxation.kinds == (RelaxationKind.LATER_READY_BY,)
    assert relaxation.wishes == replace(wishes, ready_by=day(45))
    assert relaxation.finish_date == day(45)


def test_nobody_free_at_all_is_said_once_for_each_visit() -> None:
    problem = replace(weekly(diary(), Wishes()), follow_up=ListedTimes([]))

    assert why_not(problem) == Diagnosis((Reason(ReasonKind.NOTHING_FREE, 2),), ())


def test_practitioner_without_a_free_time_leads_to_any_other() -> None:
    wishes = Wishes(only_practitioner_id=9, not_before=day(0))

    found = why_not(weekly(diary(), wishes))

    assert found.reasons == (
        Reason(ReasonKind.PRACTITIONER_NOT_FREE, 1),
        Reason(ReasonKind.PRACTITIONER_NOT_FREE, 2),
    )
    (relaxation,) = found.relaxations
    assert relaxation.kinds == (RelaxationKind.ANY_PRACTITIONER,)
    assert relaxation.wishes == Wishes(rather_practitioner_id=9, not_before=day(0))
    assert relaxation.finish_date == day(63)


def test_days_without_a_free_time_lead_to_other_days() -> None:
    free = [start for start in diary() if start.date.isoweekday() != 2]

    found = why_not(weekly(free, Wishes(only_weekdays=TUESDAYS)))

    assert {reason.kind for reason in found.reasons} == {ReasonKind.NOTHING_AS_WISHED}
    assert [relaxation.kinds for relaxation in found.relaxations] == [(RelaxationKind.OTHER_DAYS,)]


def test_each_wish_that_helps_alone_is_offered() -> None:
    free = [
        start
        for start in diary(minutes=(540, 1020))
        if start.minute == 540 or start.date.isoweekday() != 2
    ]
    wishes = Wishes(only_weekdays=TUESDAYS, only_hours=EVENINGS, only_practitioner_id=1)

    assert helped(weekly(free, wishes)) == [
        (RelaxationKind.OTHER_DAYS,),
        (RelaxationKind.OTHER_HOURS,),
    ]


def test_wishes_that_help_only_together_are_offered_as_the_last_resort() -> None:
    free = [start for start in diary(minutes=(540,)) if start.date.isoweekday() != 2]

    assert helped(weekly(free, Wishes(only_weekdays=TUESDAYS, only_hours=EVENINGS))) == [
        (RelaxationKind.OTHER_DAYS, RelaxationKind.OTHER_HOURS)
    ]


def test_later_ready_by_joins_the_last_resort_only_if_needed() -> None:
    free = [start for start in diary() if start.date.isoweekday() != 2]
    wishes = Wishes(only_weekdays=TUESDAYS, not_before=day(0), ready_by=day(40))

    found = why_not(weekly(free, wishes))

    (relaxation,) = found.relaxations
    assert relaxation.kinds == (RelaxationKind.OTHER_DAYS, RelaxationKind.LATER_READY_BY)
    assert relaxation.finish_date == day(47)


def test_hole_in_the_diary_names_the_session_and_its_last_date() -> None:
    stuck = course(WEEKLY_10, [slot(0), slot(7), slot(40)])

    assert why_not(stuck).reasons == (Reason(ReasonKind.OUT_OF_REACH, 3, day(35)),)


def strict(problem: PlanProblem, rng: random.Random) -> PlanProblem:
    """Return the problem under wishes that can often not be had."""
    some = frozenset(rng.sample(range(1, 8), 3))
    wishes = replace(
        problem.wishes,
        only_weekdays=some if rng.random() < 0.6 else frozenset(),
        only_hours=Hours(540, 900) if rng.random() < 0.4 else None,
        only_practitioner_id=1 if rng.random() < 0.3 else None,
        ready_by=day(len(problem.sessions) * 6) if rng.random() < 0.5 else None,
    )
    return problem.with_wishes(wishes)


@pytest.mark.parametrize("maker", [new_course, running_course])
def test_each_relaxation_really_leads_to_its_plan(
    maker: Callable[[random.Random], Case],
) -> None:
    kinds = set()
    for seed in range(400):
        rng = random.Random(seed)
        problem = strict(maker(rng).problem, rng)
        found = why_not(problem)
        assert bool(found.reasons) == (plan(problem) is None), f"seed {seed}"
        for relaxation in found.relaxations:
            relaxed = problem.with_wishes(relaxation.wishes)
            made = plan(relaxed)
            assert made is not None, f"seed {seed}"
            assert made.finish_date == relaxation.finish_date
            assert check(relaxed, made) == []
            kinds.add(relaxation.kinds)

    assert {(kind,) for kind in RelaxationKind} < kinds


def test_earliest_finish_is_the_first_ready_by_date_that_has_a_plan() -> None:
    for seed in range(150):
        problem = new_course(random.Random(seed)).problem
        finish_date = earliest_finish(problem)
        if finish_date is None:
            continue
        until = replace(problem.wishes, ready_by=finish_date)
        too_early = replace(until, ready_by=day((finish_date - day(0)).days - 1))

        assert plan(problem.with_wishes(until)) is not None, f"seed {seed}"
        assert plan(problem.with_wishes(too_early)) is None, f"seed {seed}"
