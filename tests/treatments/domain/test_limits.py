"""Between which dates a session may lie while the others stay: as the whole plan would say."""

import random
from dataclasses import replace

from tests.treatments.domain.diaries import WEEKLY_10, booked, course, day, diary
from tests.treatments.domain.generated import slot
from treatments.domain.limits import DateLimits, Neighbour
from treatments.domain.planner import plan
from treatments.domain.spacing import Gap, GapRule, Pause
from treatments.domain.swapping import keep_rest
from treatments.domain.wishes import Wishes

FREE = diary(days=100, minutes=(540,), people=1)


def test_limits_agree_with_the_contract_on_every_date() -> None:
    compared = 0
    for seed in range(40):
        rng = random.Random(seed)
        floor = rng.randint(1, 7)
        rule = GapRule(floor_days=floor, min_days=7, ceiling_days=rng.choice([14, 21, 28]))
        gaps = tuple(Gap(rule, may_exceed_ceiling=rng.random() < 0.2) for _ in WEEKLY_10)
        problem = course(gaps, FREE)
        if rng.random() < 0.5:
            first = rng.randint(15, 40)
            problem = replace(problem, pauses=(Pause(day(first), day(first + 9)),))
        made = plan(problem)
        assert made is not None
        standing = list(made.candidates)
        ready_by = standing[-1].date if rng.random() < 0.5 else None
        problem = booked(problem, made).with_wishes(Wishes(not_before=day(0), ready_by=ready_by))
        number = rng.randint(1, 10)
        limits = DateLimits(
            before=Neighbour(standing[number - 2].date, [gaps[number - 2]]) if number > 1 else None,
            after=Neighbour(standing[number].date, [gaps[number - 1]]) if number < 10 else None,
            pauses=problem.pauses,
            ready_by=ready_by,
        )
        for days in range(100):
            compared += 1
            kept = keep_rest(problem, standing, number, slot(days, 540, 1))
            assert limits.allow(day(days)) == (kept is not None), (seed, number, days)
    assert compared == 4000


def test_session_without_a_date_between_adds_both_gaps() -> None:
    limits = DateLimits(before=Neighbour(day(0), [Gap(), Gap()]), after=None)

    allowed = [days for days in range(100) if limits.allow(day(days))]

    assert (allowed[0], allowed[-1]) == (10, 56)


def test_one_excused_gap_of_two_lifts_the_ceiling_and_not_the_floor() -> None:
    excused = Gap(may_exceed_ceiling=True)
    limits = DateLimits(before=Neighbour(day(0), [Gap(), excused]), after=None)

    allowed = [days for days in range(100) if limits.allow(day(days))]

    assert (allowed[0], allowed[-1]) == (10, 99)
