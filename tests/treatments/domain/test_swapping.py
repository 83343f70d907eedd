"""One session set by hand: the others planned around it, kept, or shifted."""

import random
from dataclasses import replace

from tests.treatments.domain.diaries import WEEKLY_10, booked, course, day, days_of, diary
from tests.treatments.domain.generated import new_course, slot
from treatments.domain.course import PlanProblem
from treatments.domain.planner import plan
from treatments.domain.spacing import Pause
from treatments.domain.starts import Candidate, ListedTimes
from treatments.domain.swapping import dates_to_swap, keep_rest, shift_rest, swap
from treatments.domain.wishes import Wishes

STANDING = [slot(7 * index, 540, 1) for index in range(10)]


def weekly() -> PlanProblem:
    return course(WEEKLY_10, diary())


def stood() -> PlanProblem:
    return booked(weekly(), plan(weekly()))


def test_swap_of_a_proposal_plans_the_others_anew() -> None:
    made = swap(weekly(), 3, slot(16, 600, 1))

    assert days_of(made) == [2, 9, 16, 23, 30, 37, 44, 51, 58, 65]
    assert made is not None
    assert made.moves == 0


def test_swap_of_a_booked_session_moves_no_other_if_it_can() -> None:
    made = swap(stood(), 3, slot(16, 600, 1))

    assert days_of(made) == [0, 7, 16, 21, 28, 35, 42, 49, 56, 63]
    assert made is not None
    assert made.changed_numbers == (3,)


def test_swap_further_than_the_floor_allows_moves_one_more() -> None:
    made = swap(stood(), 3, slot(17, 600, 1))

    assert days_of(made) == [0, 7, 17, 22, 28, 35, 42, 49, 56, 63]
    assert made is not None
    assert made.changed_numbers == (3, 4)


def test_swap_into_a_pause_has_no_plan() -> None:
    problem = replace(weekly(), pauses=(Pause(day(14), day(15)),))

    assert swap(problem, 3, slot(14, 600, 1)) is None


def test_chosen_slot_may_miss_an_only_wish() -> None:
    problem = weekly().with_wishes(Wishes(only_weekdays=frozenset({1}), not_before=day(0)))

    assert days_of(swap(problem, 3, slot(16, 600, 2)))[:4] == [0, 7, 16, 28]


def test_keep_rest_changes_only_the_one() -> None:
    made = keep_rest(weekly(), STANDING, 3, slot(16, 600, 1))

    assert days_of(made) == [0, 7, 16, 21, 28, 35, 42, 49, 56, 63]


def test_keep_rest_is_refused_when_a_gap_breaks() -> None:
    assert keep_rest(weekly(), STANDING, 3, slot(17, 600, 1)) is None


def test_shift_rest_takes_the_later_ones_along() -> None:
    made = shift_rest(stood(), STANDING, 3, slot(17, 600, 2))

    assert days_of(made) == [0, 7, 17, 24, 31, 38, 45, 52, 59, 66]
    assert made is not None
    assert made.changed_numbers == (3, 4, 5, 6, 7, 8, 9, 10)
    assert made.candidates[2] == slot(17, 600, 2)
    assert {(s.minute, s.practitioner_id) for s in made.candidates[3:]} == {(540, 1)}


def test_shift_rest_by_no_day_keeps_the_rest() -> None:
    made = shift_rest(stood(), STANDING, 3, slot(14, 600, 2))

    assert made is not None
    assert made.changed_numbers == (3,)


def test_shift_rest_is_refused_where_one_slot_is_taken() -> None:
    def is_free(start: Candidate) -> bool:
        return (start.date, start.minute, start.practitioner_id) != (day(45), 540, 1)

    problem = replace(stood(), follow_up=ListedTimes(filter(is_free, diary())))

    assert shift_rest(problem, STANDING, 3, slot(17, 600, 2)) is None
    assert shift_rest(problem, STANDING, 3, slot(18, 600, 2)) is not None


def test_shift_rest_is_refused_past_the_ready_by_date() -> None:
    problem = stood().with_wishes(Wishes(ready_by=day(65)))

    assert shift_rest(problem, STANDING, 3, slot(17, 600, 2)) is None
    assert shift_rest(problem, STANDING, 3, slot(16, 600, 2)) is not None


def test_dates_to_swap_are_nearest_first_and_say_what_stays() -> None:
    found = dates_to_swap(stood(), STANDING, 3)

    assert [(item.date, item.keeps_others) for item in found[:7]] == [
        (day(14), True),
        (day(13), True),
        (day(15), True),
        (day(12), True),
        (day(16), True),
        (day(11), False),
        (day(17), False),
    ]


def test_dates_to_swap_are_exactly_those_from_which_a_plan_can_be_made() -> None:
    asked = 0
    for seed in range(150):
        rng = random.Random(seed)
        case = new_course(rng)
        gaps = tuple(
            replace(gap, may_exceed_ceiling=rng.random() < 0.2) for gap in case.problem.gaps
        )
        problem = replace(case.problem, gaps=gaps)
        made = plan(problem)
        if made is None:
            continue
        problem, number = booked(problem, made), rng.randint(1, len(made.sessions))
        session = problem.sessions[number - 1]
        listed = {
            item.date: item.keeps_others for item in dates_to_swap(problem, made.candidates, number)
        }
        for offer in case.offers[session.visit.name]:
            if problem.wishes.not_before and offer.date < problem.wishes.not_before:
                assert offer.date not in listed
                continue
            asked += 1
            keeps = keep_rest(problem, made.candidates, number, offer) is not None
            assert (offer.date in listed) == (swap(problem, number, offer) is not None), seed
            assert listed.get(offer.date, False) == keeps, seed
    assert asked > 500
