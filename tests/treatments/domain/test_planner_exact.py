"""The planner's answer is the best there is: compared with trying out every chain."""

import random

import pytest

from tests.treatments.domain.generated import key_of, new_course, running_course
from treatments.domain.planner import plan

BATCHES = range(8)
COURSES_A_BATCH = 125


def seeds(batch: int) -> range:
    return range(batch * COURSES_A_BATCH, (batch + 1) * COURSES_A_BATCH)


@pytest.mark.parametrize("batch", BATCHES)
def test_new_courses_get_the_very_plan_of_brute_force(batch: int) -> None:
    for seed in seeds(batch):
        case = new_course(random.Random(seed))

        assert key_of(plan(case.problem)) == case.tried(), f"seed {seed}"


@pytest.mark.parametrize("batch", BATCHES)
def test_running_courses_get_the_very_plan_of_brute_force(batch: int) -> None:
    for seed in seeds(batch):
        case = running_course(random.Random(seed))

        assert key_of(plan(case.problem)) == case.tried(), f"seed {seed}"


def test_generated_courses_reach_every_part_of_the_rules() -> None:
    found = [plan(running_course(random.Random(seed)).problem) for seed in range(300)]

    assert any(made is None for made in found)
    assert any(made and made.excess_days for made in found)
    assert any(made and made.moves >= 3 for made in found)
    assert any(made and made.moves == 0 and made.cost for made in found)
