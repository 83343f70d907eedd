"""Courses of full size: every plan passes the separate checker, and moves what it must."""

import random
from dataclasses import replace

import pytest

from tests.treatments.domain.diaries import PROTOCOLS, booked, course, day, done, half_full, lose
from treatments.domain.contract import check
from treatments.domain.course import PlanProblem
from treatments.domain.planner import plan
from treatments.domain.spacing import Pause
from treatments.domain.wishes import Hours, Wishes


def some_wishes(rng: random.Random) -> Wishes:
    return Wishes(
        only_weekdays=frozenset(rng.choice([(), (2, 4), (1, 2, 3, 4, 5)])),
        only_hours=rng.choice([None, Hours(900, 1080)]),
        only_practitioner_id=rng.choice([None, None, 1]),
        rather_weekdays=frozenset(rng.choice([(), (2,)])),
        rather_hours=rng.choice([None, Hours(960, 1080)]),
        around_minute=rng.choice([None, 1000]),
        rather_practitioner_id=rng.choice([None, 2]),
        not_before=day(rng.randint(0, 20)),
        ready_by=rng.choice([None, day(120)]),
    )


def some_course(rng: random.Random) -> PlanProblem:
    gaps = PROTOCOLS[rng.choice(list(PROTOCOLS))]
    share = rng.choice([0.04, 0.1, 0.5])
    return course(gaps, half_full(rng.randint(0, 5), share), some_wishes(rng))


def disturbed(rng: random.Random, problem: PlanProblem) -> PlanProblem:
    """Complete some sessions, lose some of the others, put a pause in."""
    count = rng.randint(0, 4)
    numbers = rng.sample(range(count + 1, len(problem.sessions) + 1), rng.randint(0, 2))
    problem = lose(done(problem, count), *numbers)
    first = rng.randint(10, 90)
    pauses = (Pause(day(first), day(first + rng.randint(1, 21))),) if rng.random() < 0.5 else ()
    gaps = tuple(replace(gap, may_exceed_ceiling=rng.random() < 0.2) for gap in problem.gaps)
    return replace(problem, pauses=pauses, gaps=gaps, now=problem.now)


@pytest.mark.parametrize("seed", range(60))
def test_generated_plan_keeps_the_contract_and_so_does_its_repair(seed: int) -> None:
    rng = random.Random(seed)
    problem = some_course(rng)
    made = plan(problem)
    if made is None:
        return

    assert check(problem, made) == []

    broken = disturbed(rng, booked(problem, made))
    repaired = plan(broken)
    if repaired is not None:
        assert check(broken, repaired) == []
        done_then = [s.completed for s in broken.sessions if s.completed]
        assert list(repaired.candidates[: len(done_then)]) == done_then


def test_most_generated_courses_have_a_plan() -> None:
    planned = [plan(some_course(random.Random(seed))) for seed in range(60)]

    assert sum(made is not None for made in planned) >= 20
