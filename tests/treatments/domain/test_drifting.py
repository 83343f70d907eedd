"""A course drifts: missed twice, no next date, a gap longer than recommended."""

from datetime import date

from treatments.domain.drifting import CourseDates, Drift, drifts, has_missed_twice, long_gap
from treatments.domain.spacing import GapRule, Pause

RULE = GapRule(floor_days=5, min_days=7, target_days=7, max_days=14, ceiling_days=28)
TODAY = date(2027, 6, 7)


def course(*dates, done=1, ended=("completed",), pauses=(), let_be=()):
    booked = [on for on in dates[done:] if on is not None]
    return CourseDates(
        dates=dates,
        done=done,
        last_date=dates[done - 1] if done else None,
        next_date=min(booked, default=None),
        ended=ended,
        rules=[RULE] * (len(dates) - 1),
        pauses=pauses,
        let_be=let_be,
    )


def test_course_on_its_way_does_not_drift():
    one = course(date(2027, 6, 1), date(2027, 6, 15), date(2027, 6, 29))

    assert drifts(one, TODAY) == []


def test_no_next_date_drifts_and_so_does_the_gap_that_runs():
    recent = course(date(2027, 5, 24), None, None)
    long_ago = course(date(2027, 5, 23), None, None)

    assert drifts(recent, TODAY) == [Drift.NO_NEXT]  # 14 days: the recommended maximum
    assert drifts(long_ago, TODAY) == [Drift.NO_NEXT, Drift.GAP_RUNNING]


def test_gap_ahead_is_too_long_from_its_fifteenth_day():
    assert drifts(course(date(2027, 6, 1), date(2027, 6, 15)), TODAY) == []
    assert drifts(course(date(2027, 6, 1), date(2027, 6, 16)), TODAY) == [Drift.GAP_AHEAD]


def test_paused_days_count_for_nothing():
    pause = Pause(date(2027, 6, 5), date(2027, 6, 19))

    ahead = course(date(2027, 6, 1), date(2027, 6, 29), pauses=(pause,))
    nothing_booked = course(date(2027, 5, 1), None, pauses=(pause,))

    assert drifts(ahead, TODAY) == []
    assert drifts(nothing_booked, TODAY) == []


def test_gap_between_sessions_done_is_history():
    one = course(date(2027, 3, 1), date(2027, 6, 1), date(2027, 6, 8), done=2)

    assert drifts(one, TODAY) == []


def test_gap_over_a_session_without_date_counts():
    one = course(date(2027, 6, 1), None, date(2027, 6, 20))

    assert drifts(one, TODAY) == [Drift.GAP_AHEAD]


def test_gap_ahead_that_staff_let_be_is_no_drift_and_the_next_one_is():
    dates = (date(2027, 6, 1), date(2027, 6, 20), date(2027, 7, 9))

    assert long_gap(course(*dates, let_be=[2])) == 3
    assert drifts(course(*dates, let_be=[2, 3]), TODAY) == []


def test_gap_that_runs_is_not_let_be_while_nothing_is_booked():
    one = course(date(2027, 5, 1), None, let_be=[2])

    assert drifts(one, TODAY) == [Drift.NO_NEXT, Drift.GAP_RUNNING]


def test_two_misses_in_a_row_come_first():
    one = course(date(2027, 6, 1), None, ended=("completed", "no_show", "no_show"))

    assert drifts(one, TODAY) == [Drift.TWO_MISSES, Drift.NO_NEXT]


def test_misses_count_only_when_nothing_came_between():
    assert has_missed_twice(["no_show", "no_show"])
    assert not has_missed_twice(["no_show", "completed", "no_show"])
    assert not has_missed_twice(["no_show", "no_show", "completed"])
    assert not has_missed_twice(["no_show"])
