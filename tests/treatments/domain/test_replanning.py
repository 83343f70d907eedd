"""A running course is mended with the smallest change."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.treatments.domain.diaries import (
    PROTOCOLS,
    WEEKLY_10,
    booked,
    course,
    day,
    days_of,
    diary,
    done,
    half_full,
    lose,
)
from tests.treatments.domain.generated import slot
from treatments.domain.bends import Bend, BendKind
from treatments.domain.contract import check
from treatments.domain.course import CoursePlan, PlanProblem, assemble
from treatments.domain.planner import plan
from treatments.domain.spacing import Pause
from treatments.domain.starts import ListedTimes
from treatments.domain.swapping import swap
from treatments.domain.wishes import Wishes


def weekly() -> PlanProblem:
    problem = course(WEEKLY_10, diary())
    return booked(problem, plan(problem))


def mended(problem: PlanProblem) -> CoursePlan:
    made = plan(problem)
    assert made is not None
    assert check(problem, made) == []
    return made


def flagged(problem: PlanProblem, *numbers: int) -> PlanProblem:
    """Let the gaps before these sessions pass their ceilings."""
    gaps = tuple(
        replace(gap, may_exceed_ceiling=index + 2 in numbers)
        for index, gap in enumerate(problem.gaps)
    )
    return replace(problem, gaps=gaps)


def test_course_that_fits_is_kept_as_it_stands() -> None:
    problem = weekly()

    made = mended(problem)

    assert made.changed_numbers == ()
    assert (made.moves, made.cost) == (0, 0)


@pytest.mark.parametrize("days", [-2, -1, 1, 2])
@pytest.mark.parametrize("number", range(1, 11))
def test_session_moved_by_a_day_or_two_moves_no_other(number: int, days: int) -> None:
    problem = replace(weekly(), now=slot(-30).starts_at)
    problem = problem.with_wishes(Wishes())
    first = 7 * (number - 1)
    chosen = slot(first + days, 600, 2)

    made = swap(problem, number, chosen)

    assert made is not None
    assert made.changed_numbers == (number,)
    assert made.moves == 1
    assert made.candidates[number - 1] == chosen


@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_lost_slot_in_a_half_full_diary_moves_itself_alone(name: str, share: float) -> None:
    free = half_full(7, share)
    problem = course(PROTOCOLS[name], free)
    problem = lose(done(booked(problem, plan(problem)), 2), 4)
    lost = problem.sessions[3].booked
    assert lost is not None
    left = [start for start in free if start.starts_at != lost.starts_at]

    made = mended(replace(problem, follow_up=ListedTimes(left)))

    assert made.changed_numbers == (4,)


def test_completed_sessions_never_move() -> None:
    problem = lose(done(weekly(), 4), 5)

    made = mended(problem)

    assert made.candidates[:4] == tuple(session.completed for session in problem.sessions[:4])


def test_visit_within_72_hours_weighs_three() -> None:
    problem = lose(weekly(), 1)
    starts_at = slot(0, 540).starts_at

    soon = replace(problem, now=starts_at - dt.timedelta(hours=72), first=ListedTimes([slot(1)]))
    later = replace(soon, now=starts_at - dt.timedelta(hours=73))

    assert mended(soon).moves == 3
    assert mended(later).moves == 1


def test_two_later_moves_are_less_than_one_soon() -> None:
    problem = course(WEEKLY_10[:2], [slot(0), slot(3), slot(10), slot(17)])
    sessions = tuple(
        replace(session, booked=slot(days))
        for session, days in zip(problem.sessions, (0, 3, 8), strict=True)
    )
    broken = replace(problem, sessions=sessions, now=slot(-1).starts_at)

    made = mended(broken)

    assert made.changed_numbers == (2, 3)
    assert days_of(made) == [0, 10, 17]


def test_other_practitioner_at_the_same_start_is_no_move() -> None:
    problem = lose(weekly(), 3).with_wishes(Wishes(rather_practitioner_id=1))
    elsewhere = [slot(14, 540, 2), slot(14, 600, 1)]
    kept = [start for start in diary() if start.date != day(14)]

    made = mended(replace(problem, follow_up=ListedTimes([*kept, *elsewhere])))

    assert made.candidates[2] == slot(14, 540, 2)
    assert (made.moves, made.changed_numbers) == (0, ())
    assert made.cost == 40 + 2 * 15
    assert [session.number for session in made.sessions if session.changes_hands] == [3]


def test_kept_visits_do_not_change_hands_for_nothing() -> None:
    problem = course(WEEKLY_10, diary(people=2))
    plan_with_two = plan(problem.with_wishes(Wishes(only_practitioner_id=2)))
    assert plan_with_two is not None

    made = mended(booked(problem, plan_with_two))

    assert made.candidates == plan_with_two.candidates
    assert made.handovers == 0


def test_kept_slot_may_miss_an_only_wish_that_came_later() -> None:
    problem = weekly().with_wishes(
        Wishes(only_weekdays=frozenset({2}), only_practitioner_id=2, not_before=day(40))
    )

    assert mended(problem).moves == 0


def test_pause_moves_out_what_lies_in_it_and_nothing_else() -> None:
    problem = replace(weekly(), pauses=(Pause(day(27), day(30)),))

    made = mended(problem)

    assert made.changed_numbers == (5,)
    assert days_of(made)[4] == 26


def test_three_week_pause_has_a_repair() -> None:
    pause = Pause(day(20), day(41))

    made = mended(replace(done(weekly(), 3), pauses=(pause,)))

    assert not any(pause.holds(start.date) for start in made.candidates)
    assert made.excess_days == 0


def test_practitioner_away_for_a_fortnight_costs_no_date_if_another_is_free() -> None:
    away = Pause(day(13), day(27))
    free = [s for s in diary() if s.practitioner_id == 2 or not away.holds(s.date)]
    problem = replace(lose(weekly(), 3, 4), follow_up=ListedTimes(free))

    made = mended(problem.with_wishes(Wishes(rather_practitioner_id=1)))

    assert (made.moves, made.handovers) == (0, 2)
    assert [start.practitioner_id for start in made.candidates] == [1, 1, 2, 2, *[1] * 6]


def test_ready_by_date_holds_for_repairs() -> None:
    problem = lose(weekly(), 10).with_wishes(Wishes(not_before=day(0), ready_by=day(63)))
    free = [start for start in diary() if start.date != day(63)]

    made = mended(replace(problem, follow_up=ListedTimes(free)))

    assert made.finish_date <= day(63)
    assert made.changed_numbers == (10,)


def test_no_show_long_after_the_last_visit_passes_its_ceiling_by_the_least() -> None:
    problem = lose(done(weekly(), 2), 3)
    late = [start for start in diary() if start.date >= day(40)]
    problem = replace(problem, follow_up=ListedTimes(late))

    made = mended(flagged(problem, 3))

    assert days_of(made)[2] == 40
    assert made.excess_days == 5
    assert made.sessions[2].bends == (
        Bend(BendKind.GAP_TOO_LONG, 19),
        Bend(BendKind.OVER_CEILING, 5),
    )


def test_ceiling_without_the_flag_stays_hard() -> None:
    problem = lose(done(weekly(), 2), 3)
    late = [start for start in diary() if start.date >= day(40)]

    assert plan(replace(problem, follow_up=ListedTimes(late))) is None


def test_fewer_days_over_the_ceiling_come_before_fewer_moves() -> None:
    gaps = (replace(WEEKLY_10[0], may_exceed_ceiling=True), WEEKLY_10[0])
    problem = course(gaps, [slot(29), slot(36), slot(43)])
    sessions = (
        replace(problem.sessions[0], completed=slot(0)),
        replace(problem.sessions[1], booked=slot(36)),
        replace(problem.sessions[2], booked=slot(43)),
    )

    made = mended(replace(problem, sessions=sessions))

    assert (made.excess_days, days_of(made)) == (1, [0, 29, 43])


def test_no_show_14_days_after_the_last_visit_has_a_repair() -> None:
    problem = lose(done(weekly(), 2), 3)
    after = [start for start in diary() if start.date >= day(22)]
    problem = flagged(replace(problem, follow_up=ListedTimes(after)), 3)

    made = mended(problem)

    assert made.excess_days == 0
    assert days_of(made)[:3] == [0, 7, 22]


@pytest.mark.parametrize(("days", "is_planned"), [(30, True), (31, False)])
def test_pause_around_a_completed_visit_counts_with_the_days_after_it(
    days: int, is_planned: bool
) -> None:
    problem = course(WEEKLY_10[:1], [slot(days)])
    sessions = (replace(problem.sessions[0], completed=slot(0)), problem.sessions[1])
    problem = replace(problem, sessions=sessions, pauses=(Pause(day(-3), day(3)),))

    made = plan(problem)

    assert (made is not None) == is_planned
    assert (check(problem, assemble(problem, [slot(0), slot(days)])) == []) == is_planned


def test_paused_days_are_not_days_over_the_ceiling() -> None:
    gaps = tuple(replace(gap, may_exceed_ceiling=True) for gap in WEEKLY_10[:2])
    problem = course(gaps, [slot(27), slot(41)]).pin(3, slot(70))
    sessions = (replace(problem.sessions[0], completed=slot(0)), *problem.sessions[1:])

    made = mended(replace(problem, sessions=sessions, pauses=(Pause(day(30), day(40)),)))

    assert days_of(made) == [0, 41, 70]
    assert made.excess_days == 3 + 1
