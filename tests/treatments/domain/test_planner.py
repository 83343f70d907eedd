"""Plans by example, in a diary with every hour of every day free unless it says otherwise."""

from dataclasses import replace

import pytest

from tests.treatments.domain.diaries import (
    BODY_8,
    PROTOCOLS,
    SETTLE_12,
    WEEKLY_10,
    course,
    day,
    days_of,
    diary,
)
from tests.treatments.domain.generated import slot
from treatments.domain.bends import Bend, BendKind
from treatments.domain.course import PlanProblem, PlanSession, VisitKind
from treatments.domain.planner import plan
from treatments.domain.spacing import Gap, GapRule, Pause
from treatments.domain.starts import Candidate, ListedTimes
from treatments.domain.wishes import Hours, Wishes

NOON = 720


def two_sessions(free: list[Candidate], wishes: Wishes | None = None) -> PlanProblem:
    return course((Gap(),), free, wishes)


def slots(problem: PlanProblem) -> tuple[Candidate, ...]:
    made = plan(problem)
    assert made is not None
    return made.candidates


def test_weekly_10_in_a_free_diary_is_weekly() -> None:
    made = plan(course(WEEKLY_10, diary()))

    assert days_of(made) == [0, 7, 14, 21, 28, 35, 42, 49, 56, 63]
    assert made is not None
    assert (made.cost, made.moves, made.excess_days) == (0, 0, 0)
    assert {start.minute for start in made.candidates} == {540}


def test_intensive_then_settle_slows_down_after_six() -> None:
    assert days_of(plan(course(SETTLE_12, diary()))) == [
        *(0, 7, 14, 21, 28, 35),
        *(47, 59, 71, 83, 95, 107),
    ]


def test_body_8_is_eight_weeks() -> None:
    assert days_of(plan(course(BODY_8, diary()))) == [0, 7, 14, 21, 28, 35, 42, 49]


def test_one_session_takes_the_earliest_start() -> None:
    assert slots(course((), diary())) == (slot(0, 540, 1),)


def test_each_visit_kind_has_its_own_starts() -> None:
    problem = replace(
        two_sessions([]),
        first=ListedTimes([slot(1), slot(7)]),
        follow_up=ListedTimes([slot(0), slot(8), slot(14)]),
    )

    assert slots(problem) == (slot(1), slot(8))


def test_gap_off_its_target_costs_ten_a_day() -> None:
    made = plan(two_sessions([slot(0), slot(9)]))

    assert made is not None
    assert made.cost == 20
    assert made.sessions[1].bends == ()
    assert made.sessions[1].gap_days == 9


def test_gap_outside_the_window_costs_forty_more_a_day_and_bends() -> None:
    made = plan(two_sessions([slot(0), slot(16)]))

    assert made is not None
    assert made.cost == 90 + 80
    assert made.sessions[1].bends == (Bend(BendKind.GAP_TOO_LONG, 2),)


@pytest.mark.parametrize(("days", "is_planned"), [(4, False), (5, True), (28, True), (29, False)])
def test_floor_and_ceiling_are_hard(days: int, is_planned: bool) -> None:
    assert (plan(two_sessions([slot(0), slot(days)])) is not None) == is_planned


def test_each_day_after_not_before_costs_two() -> None:
    made = plan(course((), [slot(6)], Wishes(not_before=day(2))))

    assert made is not None
    assert made.cost == 8


def test_change_of_practitioner_costs_fifteen_and_is_avoided_for_a_day() -> None:
    free = [slot(0, NOON, 1), slot(7, NOON, 2), slot(8, NOON, 1)]

    assert slots(two_sessions(free)) == (slot(0, NOON, 1), slot(8, NOON, 1))


def test_ties_fall_to_the_earlier_times_before_the_lower_practitioners() -> None:
    free = [slot(0, NOON, 1), slot(0, NOON, 2), slot(7, NOON, 1), slot(7, 540, 2)]

    assert slots(two_sessions(free)) == (slot(0, NOON, 2), slot(7, 540, 2))


def test_ties_of_all_times_fall_to_the_lower_practitioner() -> None:
    free = [slot(0, NOON, 3), slot(0, NOON, 2), slot(7, NOON, 2), slot(7, NOON, 3)]

    assert slots(two_sessions(free)) == (slot(0, NOON, 2), slot(7, NOON, 2))


def test_only_wishes_and_dates_bind() -> None:
    wishes = Wishes(
        only_weekdays=frozenset({2, 4}),
        only_hours=Hours(1020, 1140),
        only_practitioner_id=2,
        not_before=day(2),
        ready_by=day(66),
    )
    free = diary(minutes=(540, 1020, 1080))

    made = plan(course(WEEKLY_10, free, wishes))

    assert days_of(made) == [3, 10, 17, 24, 31, 38, 45, 52, 59, 66]
    assert made is not None
    assert {(start.minute, start.practitioner_id) for start in made.candidates} == {(1020, 2)}


def test_rather_wishes_bend_when_nothing_else_is_free() -> None:
    wishes = Wishes(rather_weekdays=frozenset({1}), around_minute=NOON, rather_practitioner_id=1)

    made = plan(two_sessions([slot(0, NOON, 1), slot(8, 750, 2)], wishes))

    assert made is not None
    assert made.sessions[1].bends == (
        Bend(BendKind.OTHER_DAY),
        Bend(BendKind.AWAY_FROM_TIME, 30),
        Bend(BendKind.OTHER_PRACTITIONER),
    )
    assert made.cost == 10 + 25 + 1 + 40 + 15


def begun(problem: PlanProblem) -> PlanProblem:
    """Return the course with its first visit done on 23 November."""
    first = PlanSession(VisitKind.FIRST, completed=slot(0, 540, 1))
    return replace(problem, sessions=(first, *problem.sessions[1:]))


def test_fortnight_of_closure_has_a_plan_with_a_long_gap_as_a_bend() -> None:
    closed = Pause(day(20), day(34))

    made = plan(begun(course(WEEKLY_10, diary(closed=closed))))

    assert days_of(made) == [0, 7, 19, 34, 41, 48, 55, 62, 69, 76]
    assert made is not None
    assert made.cost == 50 + 80 + 40
    assert {session.number: session.bends for session in made.sessions if session.bends} == {
        4: (Bend(BendKind.GAP_TOO_LONG, 1),)
    }


def test_pause_longer_than_the_ceiling_has_a_plan_around_it() -> None:
    problem = replace(begun(course(WEEKLY_10, diary())), pauses=(Pause(day(22), day(57)),))

    made = plan(problem)

    assert days_of(made) == [0, 7, 14, 21, 57, 64, 71, 78, 85, 92]
    assert made is not None
    assert made.sessions[4].bends == (Bend(BendKind.GAP_TOO_LONG, 22),)
    assert made.excess_days == 0


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_session_lies_behind_the_ready_by_date(name: str) -> None:
    gaps = PROTOCOLS[name]
    ready_by = day(len(gaps) * 6)

    made = plan(course(gaps, diary(), Wishes(not_before=day(0), ready_by=ready_by)))

    assert made is not None
    assert made.finish_date <= ready_by


def test_last_visit_of_a_half_way_course_is_where_the_rest_begins() -> None:
    problem = course(WEEKLY_10, diary())
    done = tuple(
        PlanSession(VisitKind.FOLLOW_UP, completed=slot(days, NOON, 1)) for days in (-90, -60, -3)
    )

    made = plan(replace(problem, sessions=(*done, *problem.sessions[3:])))

    assert days_of(made) == [-90, -60, -3, 4, 11, 18, 25, 32, 39, 46]
    assert made is not None
    assert made.sessions[1].bends == ()
    assert made.cost == 0


def test_gap_between_two_completed_sessions_is_never_judged() -> None:
    problem = course((Gap(),), [])
    done = tuple(
        PlanSession(VisitKind.FOLLOW_UP, completed=slot(days, NOON, who))
        for days, who in ((-90, 1), (-89, 2))
    )

    made = plan(replace(problem, sessions=done))

    assert made is not None
    assert (made.excess_days, made.moves, made.cost) == (0, 0, 0)
    assert made.sessions[1].bends == ()


def test_number_of_gaps_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="one gap fewer"):
        replace(course((), []), gaps=(Gap(GapRule()),))


def test_course_without_sessions_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one session"):
        replace(course((), []), sessions=())


def test_completed_session_that_is_booked_too_is_refused() -> None:
    with pytest.raises(ValueError, match="neither booked nor pinned"):
        PlanSession(VisitKind.FIRST, completed=slot(0), booked=slot(0))


def test_lost_session_without_a_booking_is_refused() -> None:
    with pytest.raises(ValueError, match="only a booked slot"):
        PlanSession(VisitKind.FIRST, lost=True)
