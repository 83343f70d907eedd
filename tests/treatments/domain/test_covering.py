"""Who covers what: the simple way, and the solver against trying everything."""

import datetime as dt

import pytest

from tests.treatments.domain.cover_cases import (
    A_DAY,
    best_by_trying_all,
    case,
    choice,
    is_possible,
    made_up,
    worth,
)
from treatments.domain.cover_solver import NoAnswer, blocks_of, solve
from treatments.domain.covering import Link, Problem, fits, greedy, worth_of
from treatments.domain.spacing import Pause

SECONDS = 20.0


def solved(problem: Problem):
    return solve(problem, seconds=SECONDS, hint=greedy(problem))


def test_greedy_keeps_the_time_with_the_first_who_is_free():
    first, second = choice(0, who=1), choice(0, who=2)
    problem = Problem((case(1, 0, first, second),))

    assert greedy(problem) == {1: first}


def test_greedy_moves_to_the_nearest_time_when_nobody_is_free_then():
    far, near = choice(40, booked=0), choice(20, booked=0)
    problem = Problem((case(1, 0, far, near),))

    assert greedy(problem) == {1: near}


def test_greedy_calls_when_nothing_is_possible():
    assert greedy(Problem((case(1, 0),))) == {1: None}


def test_greedy_decides_in_order_of_start_so_the_later_one_loses():
    early, late = choice(0, client=1), choice(4, client=2)
    problem = Problem((case(2, 4, late), case(1, 0, early)))

    assert greedy(problem) == {1: early, 2: None}


def test_greedy_leaves_what_is_decided_already():
    early, late = choice(0, client=1), choice(4, client=2)
    problem = Problem((case(1, 0, early), case(2, 4, late)))

    assert greedy(problem, kept={2: late}) == {1: None, 2: late}


def test_solver_gives_the_first_to_the_one_whom_the_second_does_not_need():
    only = choice(4, who=1, room=12, client=2)
    by_one, by_two = choice(0, who=1, client=1), choice(0, who=2, client=1)
    problem = Problem((case(1, 0, by_one, by_two), case(2, 4, only)))

    assert greedy(problem) == {1: by_one, 2: None}
    assert solved(problem).picked == {1: by_two, 2: only}


def test_fewer_calls_come_before_fewer_moves():
    stays, goes = choice(0, client=1), choice(60, booked=0, client=1)
    other = choice(4, client=2)
    problem = Problem((case(1, 0, stays, goes), case(2, 4, other)))

    assert solved(problem).picked == {1: goes, 2: other}


def test_fewer_minutes_come_before_fewer_new_faces():
    near, far = choice(12, who=2, booked=0), choice(24, who=9, booked=0)
    problem = Problem((case(1, 0, far, near),))

    assert solved(problem).picked == {1: near}


def test_course_of_two_visits_meets_one_new_face():
    days = (0, A_DAY)
    cases = [
        case(
            number,
            cell,
            *(choice(cell, who=who, client=7) for who in people),
            whose="course 1",
        )
        for number, (cell, people) in enumerate(zip(days, ((1, 2), (2, 3)), strict=True))
    ]
    answer = solved(Problem(tuple(cases)))

    assert [answer.picked[n].practitioner_id for n in (0, 1)] == [2, 2]
    assert worth_of(Problem(tuple(cases)), answer.picked).new_faces == 1


def test_linked_visits_keep_their_gap_or_one_is_called():
    one, other = choice(A_DAY * 4, booked=0, client=1), choice(A_DAY * 8, booked=10, client=1)
    problem = Problem((case(1, 0, one), case(2, 10, other)), (Link(1, 2, 5, 28),))

    assert sorted(solved(problem).picked.values(), key=str) != [one, other]
    assert list(solved(problem).picked.values()).count(None) == 1
    assert not fits(problem, 2, other, {1: one})


@pytest.mark.parametrize(("days", "allowed"), [(4, False), (5, True), (28, True), (29, False)])
def test_link_allows_from_floor_to_ceiling(days, allowed):
    first = dt.date(2027, 6, 21)

    assert Link(1, 2, 5, 28).allows(first, first + dt.timedelta(days=days)) is allowed


def test_pause_lengthens_the_ceiling_of_a_link():
    first = dt.date(2027, 6, 21)
    pause = Pause(dt.date(2027, 7, 1), dt.date(2027, 7, 8))

    assert Link(1, 2, 5, 28, (pause,)).allows(first, first + dt.timedelta(days=35))
    assert not Link(1, 2, 5, 28, (pause,)).allows(first, first + dt.timedelta(days=36))
    assert Link(1, 2, 5, None).allows(first, first + dt.timedelta(days=99))


@pytest.mark.parametrize("seed", range(60))
def test_solver_is_as_good_as_trying_everything(seed):
    problem = made_up(seed, cases=5, choices=4)

    answer = solved(problem)

    assert is_possible(problem, answer.picked)
    assert answer.is_proven
    assert worth(problem, answer.picked) == best_by_trying_all(problem)


@pytest.mark.parametrize("seed", range(60))
def test_greedy_is_possible_and_counted_right(seed):
    problem = made_up(seed, cases=12, choices=8)

    picked = greedy(problem)

    assert is_possible(problem, picked)
    assert worth_of(problem, picked) == worth(problem, picked)


@pytest.mark.parametrize("seed", range(4))
def test_solver_is_never_worse_than_greedy_on_many_visits(seed):
    problem = made_up(seed, cases=40, choices=30, people=5, rooms=5, days=5)
    simple = greedy(problem)

    answer = solve(problem, seconds=SECONDS, hint=simple)

    assert is_possible(problem, answer.picked)
    assert worth(problem, answer.picked) <= worth(problem, simple)


def test_same_problem_has_the_same_answer():
    problem = made_up(3, cases=15, choices=10, people=4, rooms=3)

    assert solved(problem).picked == solved(problem).picked


def test_no_time_is_no_answer():
    problem = made_up(1, cases=40, choices=30)

    with pytest.raises(NoAnswer):
        solve(problem, seconds=0.0, hint=greedy(problem))


@pytest.mark.parametrize(
    ("cells", "blocks"),
    [(0, []), (0b1, [(0, 1)]), (0b110, [(1, 3)]), (0b1101110, [(1, 4), (5, 7)])],
)
def test_blocks_are_the_runs_of_cells(cells, blocks):
    assert blocks_of(cells) == blocks
