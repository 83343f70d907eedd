"""What holds of every line of hands and rooms, however the day goes."""

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.lifecycle import State
from bookings.domain.line import line_of
from bookings.domain.running import (
    LEEWAY,
    Run,
    Work,
    expected,
    late_removals,
    next_for_hands,
)
from bookings.domain.runs import in_line, is_awaited
from clinic.domain.segments import SegmentPlan

NINE = dt.datetime(2027, 6, 7, 13, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def part(kind: str, minutes: int, holds: str) -> SegmentPlan:
    return SegmentPlan(kind, minutes, "p" in holds, "c" in holds, "r" in holds)


def plan(opening: int, rest: int, closing: int, after: int) -> tuple[SegmentPlan, ...]:
    return (
        part("insertion", opening, "pcr"),
        part("retention", rest, "cr"),
        part("removal", closing, "pcr"),
        *((part("aftercare", after, "cr"),) if after else ()),
        part("turnover", 10, "r"),
    )


PLANS = st.one_of(
    st.builds(
        plan,
        st.sampled_from([15, 20, 28, 45]).map(lambda minutes: minutes // 5 * 5),
        st.sampled_from([15, 25, 40]),
        st.sampled_from([5, 15, 20]),
        st.sampled_from([0, 5]),
    ),
    st.just((part("consultation", 30, "pcr"), part("turnover", 10, "r"))),
    st.just((part("aftercare", 10, "cr"), part("insertion", 20, "pcr"))),
)


@st.composite
def a_run(draw: st.DrawFn, number: int) -> Run:
    starts_at = NINE + draw(st.integers(0, 36)) * 5 * MINUTE
    state = draw(
        st.sampled_from(
            [State.BOOKED, State.ARRIVED, State.IN_SESSION, State.COMPLETED, State.NO_SHOW]
        )
    )
    begun_at = in_at = out_at = ended_at = None
    if state in (State.IN_SESSION, State.COMPLETED):
        begun_at = starts_at + draw(st.integers(-10, 40)) * MINUTE
        if draw(st.booleans()):
            in_at = begun_at + draw(st.integers(0, 40)) * MINUTE
            if draw(st.booleans()):
                out_at = in_at + draw(st.integers(0, 60)) * MINUTE
    if state is State.COMPLETED:
        ended_at = (out_at or in_at or begun_at) + draw(st.integers(0, 30)) * MINUTE
    return Run(
        id=number,
        practitioner=draw(st.integers(1, 2)),
        room=draw(st.integers(11, 13)),
        plan=draw(PLANS),
        starts_at=starts_at,
        state=state,
        uses_needles=draw(st.booleans()),
        begun_at=begun_at,
        ended_at=ended_at,
        in_count=None if in_at is None else 40,
        in_at=in_at,
        out_count=None if out_at is None else 40,
        out_at=out_at,
    )


RUNS = st.integers(0, 6).flatmap(lambda count: st.tuples(*[a_run(n) for n in range(count)]))
NOWS = st.integers(-60, 300).map(lambda minutes: NINE + minutes * MINUTE)


@given(RUNS, NOWS)
def test_every_visit_that_takes_a_place_is_expected_and_no_other(runs, now):
    there = {run.id for run in runs if run.state is not State.NO_SHOW}

    assert expected(runs, now).keys() == there


@given(RUNS, NOWS)
def test_what_lies_ahead_is_never_expected_before_now(runs, now):
    seen = expected(runs, now)

    for run in runs:
        if run.state is State.BOOKED or (run.state is State.ARRIVED and run in in_line(runs, now)):
            assert seen[run.id].starts_at >= max(now, run.starts_at)
        if run.state is State.IN_SESSION and run in in_line(runs, now):
            assert seen[run.id].ends_at >= now


@given(RUNS, NOWS)
def test_lateness_is_told_in_fives_and_never_below_zero(runs, now):
    for item in expected(runs, now).values():
        assert item.late_minutes >= 0
        assert item.late_minutes % 5 == 0


@given(RUNS, NOWS)
def test_awaited_client_changes_nothing_for_others(runs, now):
    here = [run for run in runs if not is_awaited(run, now)]

    seen = expected(runs, now)

    assert expected(here, now) == {run.id: seen[run.id] for run in here if run.id in seen}
    assert all(seen[run.id].late_minutes == 0 for run in runs if is_awaited(run, now))


@given(RUNS, NOWS)
def test_forgotten_visit_is_nobody_late_and_takes_no_place(runs, now):
    forgotten = [
        run
        for run in runs
        if run.state in (State.ARRIVED, State.IN_SESSION) and run not in in_line(runs, now)
    ]

    seen = expected(runs, now)

    assert all(run.due_at is None and run.planned_ends_at <= now for run in forgotten)
    assert all(seen[run.id].late_minutes == 0 for run in forgotten)
    assert not {task.run_id for task in next_for_hands(runs, now)} & {run.id for run in forgotten}


@given(RUNS, NOWS)
def test_room_takes_one_visit_at_a_time(runs, now):
    seen = expected(runs, now)
    ahead = [run for run in in_line(runs, now) if run.state is State.ARRIVED]

    for one in ahead:
        for other in ahead:
            if one.id < other.id and one.room == other.room:
                first, second = sorted((one, other), key=lambda run: seen[run.id].starts_at)
                assert seen[second.id].starts_at >= seen[first.id].ends_at


@given(RUNS, NOWS)
def test_hands_do_one_thing_at_a_time(runs, now):
    for practitioner in (1, 2):
        line = line_of([run for run in runs if run.practitioner == practitioner], now)
        openings = [
            (going.starts_at, going.run.outline.blocks[0])
            for going in line.visits
            if going.run.state is not State.IN_SESSION
        ]
        spans = sorted(
            (starts_at + block.offset * MINUTE, block.minutes * MINUTE)
            for starts_at, block in openings
        )
        for (start, minutes), (following, _more) in pairwise(spans):
            assert following >= start + minutes


@given(RUNS, NOWS)
def test_every_block_that_is_left_comes_up_once(runs, now):
    tasks = next_for_hands(runs, now)

    starts = [task.run_id for task in tasks if task.what is Work.START]
    waiting = [run.id for run in in_line(runs, now) if run.state in (State.BOOKED, State.ARRIVED)]
    assert sorted(starts) == sorted(waiting)
    lying = [
        run.id
        for run in runs
        if run.state is State.IN_SESSION
        and run.due_at is not None
        and run.uses_needles
        and run.outline.removal is not None
    ]
    removals = [task.run_id for task in tasks if task.what is Work.REMOVAL]
    assert set(lying) <= set(removals)


@given(RUNS, NOWS)
def test_nothing_recorded_later_than_planned_is_nobody_late(runs, now):
    booked = [run for run in runs if run.state is State.BOOKED and run.starts_at >= now]
    alone = booked[:1]

    assert [item.late_minutes for item in expected(alone, now).values()] == [0] * len(alone)


@given(RUNS, NOWS, st.data())
def test_warning_names_needles_that_fall_due_before_the_hands_are_free(runs, now, data):
    if not runs:
        return
    starting = data.draw(st.sampled_from(runs))
    first = starting.outline.blocks[0]
    free_at = now + (first.offset + first.minutes) * MINUTE

    found = late_removals(runs, starting.id, now)

    by_id = {run.id: run for run in runs}
    for late in found:
        assert late.late_minutes >= 1
        assert late.due_at < free_at
        assert by_id[late.run_id].practitioner == starting.practitioner
    assert [late.due_at for late in found] == sorted(late.due_at for late in found)


@given(NOWS, st.integers(0, 60), st.sampled_from([15, 20, 30, 45]))
def test_expected_start_keeps_no_needles_in_beyond_the_leeway(now, ago, opening):
    in_at = now - ago * MINUTE
    lying = Run(
        id=1, practitioner=1, room=11, plan=plan(20, 25, 15, 0), starts_at=in_at - 20 * MINUTE,
        state=State.IN_SESSION, begun_at=in_at - 20 * MINUTE, in_count=40, in_at=in_at,
    )  # fmt: skip
    coming = Run(
        id=2, practitioner=1, room=12, plan=plan(opening, 25, 15, 0), starts_at=in_at,
        state=State.ARRIVED,
    )  # fmt: skip

    tasks = next_for_hands([lying, coming], now)
    seen = expected([lying, coming], now)

    if tasks[0].what is Work.START:
        assert seen[2].starts_at + opening * MINUTE <= lying.due_at + LEEWAY
    else:
        assert seen[2].starts_at >= seen[1].removal_at


STARTS = [(0, 11), (20, 12), (80, 11), (100, 12), (160, 11), (180, 12)]
"""Six visits of 20 + 25 + 15 (+ 10) in two rooms and four hours (domain.md 4)."""


def as_planned(number: int, now: dt.datetime, late: int = 0) -> Run:
    """Give a visit of the six as recorded by `now`, when it all goes by the plan plus `late`."""
    minutes, room = STARTS[number]
    starts_at = NINE + minutes * MINUTE
    begun_at = starts_at + late * MINUTE
    in_at, ended_at = begun_at + 20 * MINUTE, begun_at + 60 * MINUTE
    state = State.COMPLETED if ended_at <= now else State.IN_SESSION
    if begun_at > now:
        state = State.BOOKED if starts_at >= now else State.ARRIVED
    return Run(
        id=number,
        practitioner=1,
        room=room,
        plan=plan(20, 25, 15, 0),
        starts_at=starts_at,
        state=state,
        begun_at=begun_at if begun_at <= now else None,
        in_count=40 if in_at <= now else None,
        in_at=in_at if in_at <= now else None,
        out_count=40 if ended_at <= now else None,
        out_at=ended_at if ended_at <= now else None,
        ended_at=ended_at if ended_at <= now else None,
    )


@given(NOWS)
def test_day_that_goes_by_the_plan_is_expected_as_planned_all_day(now):
    runs = [as_planned(number, now) for number in range(6)]

    seen = expected(runs, now)

    for run in runs:
        item = seen[run.id]
        assert (item.starts_at, item.ends_at) == (run.starts_at, run.starts_at + 60 * MINUTE)
        assert item.late_minutes == 0
        if run.state is not State.COMPLETED:
            assert item.removal_at in (run.starts_at + 45 * MINUTE, now)


@given(NOWS, st.integers(1, 40))
def test_day_that_runs_late_all_the_same_stays_as_late_as_it_is(now, late):
    runs = [as_planned(number, now, late) for number in range(6)]

    seen = expected(runs, now)

    for run in runs:
        if run.state is State.IN_SESSION:
            assert seen[run.id].ends_at == run.starts_at + (60 + late) * MINUTE
        if run.state is State.BOOKED:
            assert run.starts_at <= seen[run.id].starts_at <= run.starts_at + late * MINUTE
