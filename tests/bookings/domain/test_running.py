"""A staggered morning as it goes: two rooms, one pair of hands, visits of 20 + 25 + 15 (+ 10)."""

import datetime as dt
from dataclasses import replace

import pytest

from bookings.domain.lifecycle import State
from bookings.domain.running import (
    Expected,
    HandsTask,
    LateRemoval,
    Run,
    Work,
    expected,
    late_removals,
    next_for_hands,
)
from clinic.domain.segments import SegmentPlan

A, B, C, D = 1, 2, 3, 4


def part(kind: str, minutes: int, holds: str) -> SegmentPlan:
    return SegmentPlan(kind, minutes, "p" in holds, "c" in holds, "r" in holds)


FOLLOW_UP = (
    part("insertion", 20, "pcr"),
    part("retention", 25, "cr"),
    part("removal", 15, "pcr"),
    part("turnover", 10, "r"),
)
TALK = (part("consultation", 30, "pcr"), part("turnover", 10, "r"))


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2027, 6, 7, hour, minute, tzinfo=dt.UTC)


def run(visit: int, starts_at: dt.datetime, room: int, **fields) -> Run:
    fields = {"plan": FOLLOW_UP, "state": State.BOOKED, **fields}
    return Run(id=visit, practitioner=7, room=room, starts_at=starts_at, **fields)


def morning(**changes: dict) -> list[Run]:
    """Four follow-ups, staggered in two rooms: at 9:00, 9:20, 10:20 and 10:40."""
    return [
        run(A, at(9), 1, **changes.get("a", {})),
        run(B, at(9, 20), 2, **changes.get("b", {})),
        run(C, at(10, 20), 1, **changes.get("c", {})),
        run(D, at(10, 40), 2, **changes.get("d", {})),
    ]


def begun(hour: int, minute: int = 0, **fields) -> dict:
    return {"state": State.IN_SESSION, "begun_at": at(hour, minute), **fields}


ARRIVED = {"state": State.ARRIVED}


def lateness(runs: list[Run], now: dt.datetime) -> dict[int, int]:
    return {visit: item.late_minutes for visit, item in expected(runs, now).items()}


def test_morning_ahead_is_expected_as_planned():
    assert expected(morning(), at(8)) == {
        A: Expected(at(9), at(9, 45), at(10), 0),
        B: Expected(at(9, 20), at(10, 5), at(10, 20), 0),
        C: Expected(at(10, 20), at(11, 5), at(11, 20), 0),
        D: Expected(at(10, 40), at(11, 25), at(11, 40), 0),
    }


def test_hands_go_from_start_to_start_to_removal():
    assert next_for_hands(morning()[:2], at(8)) == [
        HandsTask(A, Work.START, at(9)),
        HandsTask(B, Work.START, at(9, 20)),
        HandsTask(A, Work.REMOVAL, at(9, 45)),
        HandsTask(B, Work.REMOVAL, at(10, 5)),
    ]


def test_late_start_pushes_all_that_follow():
    runs = morning(a=begun(9, 15), b=ARRIVED)

    assert expected(runs, at(9, 16)) == {
        A: Expected(at(9, 15), at(10), at(10, 15), 15),
        B: Expected(at(9, 35), at(10, 20), at(10, 35), 15),
        C: Expected(at(10, 35), at(11, 20), at(11, 35), 15),
        D: Expected(at(10, 55), at(11, 40), at(11, 55), 15),
    }


def test_timer_runs_from_needles_in_not_from_the_plan():
    runs = [run(A, at(9), 1, **begun(9, in_count=40, in_at=at(9, 12)))]

    assert expected(runs, at(9, 13))[A] == Expected(at(9), at(9, 37), at(9, 52), 0)


def test_removal_that_waits_a_little_for_a_start_is_expected_after_it():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 12)), b=ARRIVED)

    assert expected(runs, at(9, 13))[A] == Expected(at(9), at(9, 40), at(9, 55), 0)


def test_insertion_that_takes_long_is_still_under_way():
    runs = morning(a=begun(9), b=ARRIVED)

    assert expected(runs, at(9, 32))[A] == Expected(at(9), at(9, 57), at(10, 12), 10)
    assert expected(runs, at(9, 32))[B].starts_at == at(9, 33)


def test_start_waits_for_hands_that_are_still_inserting():
    runs = morning(a=begun(9), b=ARRIVED)

    assert next_for_hands(runs, at(9, 32))[0] == HandsTask(B, Work.START, at(9, 33))


UNEQUAL = {"in_count": 40, "in_at": at(9, 20), "out_count": 39, "out_at": at(9, 50)}


def test_search_comes_before_any_start():
    runs = morning(a=begun(9, **UNEQUAL), b={"state": State.NO_SHOW}, c=ARRIVED, d=ARRIVED)

    tasks = next_for_hands(runs, at(10, 45))

    assert tasks[:2] == [
        HandsTask(A, Work.SEARCH, at(10, 45)),
        HandsTask(C, Work.START, at(10, 56)),
    ]


def test_room_not_searched_yet_is_never_forgotten():
    runs = morning(a=begun(9, **UNEQUAL), b={"state": State.NO_SHOW}, c=ARRIVED)

    assert next_for_hands(runs, at(14))[0] == HandsTask(A, Work.SEARCH, at(14))


def test_client_who_has_not_come_makes_nobody_late():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)))

    assert lateness(runs, at(9, 35)) == {A: 0, B: 0, C: 0, D: 0}
    assert expected(runs, at(9, 35))[B] == Expected(at(9, 35), at(10, 20), at(10, 35), 0)


def test_late_client_who_comes_waits_for_the_removal_that_is_due():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=ARRIVED)

    tasks = next_for_hands(runs, at(9, 35))

    assert tasks[:2] == [HandsTask(A, Work.REMOVAL, at(9, 45)), HandsTask(B, Work.START, at(10))]
    assert expected(runs, at(9, 35))[B].late_minutes == 40


def test_few_minutes_late_client_goes_first():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=ARRIVED)

    tasks = next_for_hands(runs, at(9, 28))

    assert tasks[:2] == [HandsTask(B, Work.START, at(9, 28)), HandsTask(A, Work.REMOVAL, at(9, 45))]


def test_overdue_removal_comes_before_everything():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=begun(9, 20), c=ARRIVED)

    tasks = next_for_hands(runs, at(9, 50))

    assert tasks[0] == HandsTask(A, Work.REMOVAL, at(9, 45))
    assert expected(runs, at(9, 50))[A].removal_at == at(9, 51)


def test_removed_early_visit_ends_early():
    out = {"in_count": 40, "in_at": at(9, 20), "out_count": 40, "out_at": at(9, 30)}
    runs = morning(a=begun(9, **out))

    assert expected(runs, at(9, 31))[A] == Expected(at(9), at(9, 30), at(9, 45), 0)


def test_visit_not_completed_goes_on_and_keeps_its_room():
    out = {"in_count": 40, "in_at": at(9, 20), "out_count": 40, "out_at": at(9, 50)}
    runs = morning(a=begun(9, **out))

    seen = expected(runs, at(10, 30))

    assert seen[A] == Expected(at(9), at(9, 50), at(10, 30), 30)
    assert expected(runs, at(10, 15))[C].starts_at == at(10, 25)


def test_arrived_visit_that_the_line_has_passed_is_forgotten_at_its_end():
    runs = morning(a=ARRIVED, b=begun(9, 20, in_count=40, in_at=at(9, 40)), c=ARRIVED)

    assert lateness(runs, at(9, 59))[C] == 70
    assert lateness(runs, at(10)) == {A: 0, B: 0, C: 0, D: 0}
    assert expected(runs, at(10))[A] == Expected(at(9), at(9, 45), at(10), 0)


def test_client_who_has_waited_long_still_comes_first():
    runs = morning(a=ARRIVED, b=ARRIVED)

    assert next_for_hands(runs, at(10, 45))[0] == HandsTask(A, Work.START, at(10, 45))
    assert lateness(runs, at(10, 45))[A] == 105


@pytest.mark.parametrize(
    "fields", [ARRIVED, begun(9), begun(9, in_count=4, in_at=at(9, 20), out_count=4, out_at=at(10))]
)
def test_visit_that_nobody_tapped_on_for_an_hour_is_forgotten(fields):
    runs = [run(A, at(9), 1, **fields), run(C, at(11), 1, **ARRIVED)]

    assert expected(runs, at(11))[C] == Expected(at(11), at(11, 45), at(12), 0)
    assert [task.run_id for task in next_for_hands(runs, at(11))] == [C, C]


def test_needles_that_are_in_are_never_forgotten():
    runs = [run(A, at(9), 1, **begun(9, in_count=40, in_at=at(9, 20)))]

    assert next_for_hands(runs, at(15)) == [HandsTask(A, Work.REMOVAL, at(9, 45))]


def test_completed_visit_is_told_as_it_went():
    done = {"state": State.COMPLETED, "begun_at": at(9, 2), "ended_at": at(10, 7)}
    done |= {"in_count": 40, "in_at": at(9, 20), "out_count": 40, "out_at": at(9, 55)}

    seen = expected(morning(a=done), at(10, 8))

    assert seen[A] == Expected(at(9, 2), at(9, 55), at(10, 7), 0)
    assert seen[C].starts_at == at(10, 20)


@pytest.mark.parametrize("state", [State.CANCELLED, State.NO_SHOW, State.NOT_TREATED])
def test_visit_that_left_takes_no_place(state):
    runs = morning(a={"state": state}, b=ARRIVED)

    seen = expected(runs, at(9))

    assert A not in seen
    assert seen[B].starts_at == at(9, 20)


def test_talk_without_needles_runs_by_the_clock():
    runs = [run(A, at(9), 1, plan=TALK, **begun(9, 5)), run(B, at(9, 30), 2, **ARRIVED)]

    assert expected(runs, at(9, 10)) == {
        A: Expected(at(9, 5), None, at(9, 35), 5),
        B: Expected(at(9, 35), at(10, 20), at(10, 35), 5),
    }


def test_rested_visit_without_needles_needs_no_number():
    runs = [run(A, at(9), 1, uses_needles=False, **begun(9))]

    assert expected(runs, at(9, 50))[A] == Expected(at(9), None, at(10), 0)


def test_room_of_another_practitioner_is_waited_for():
    long_talk = replace(run(A, at(9), 1, plan=TALK, **begun(9, 20)), practitioner=8)
    runs = [long_talk, run(B, at(9, 40), 1, **ARRIVED)]

    assert expected(runs, at(9, 40))[B] == Expected(at(10), at(10, 45), at(11), 20)


@pytest.mark.parametrize(
    ("minutes_late", "told"), [(0, 0), (2, 0), (3, 5), (7, 5), (8, 10), (17, 15), (18, 20)]
)
def test_lateness_is_told_to_the_nearest_five_minutes(minutes_late, told):
    now = at(9, minutes_late)

    assert lateness([run(A, at(9), 1, **ARRIVED)], now) == {A: told}


def test_start_that_keeps_needles_in_warns():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=ARRIVED)

    assert late_removals(runs, B, at(9, 40)) == [LateRemoval(A, at(9, 45), 15)]


def test_start_that_ends_as_the_removal_is_due_does_not_warn():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=ARRIVED)

    assert late_removals(runs, B, at(9, 25)) == []


def test_second_removal_waits_for_the_first():
    runs = [
        run(A, at(9), 1, **begun(9, in_count=40, in_at=at(9, 20))),
        run(B, at(9, 20), 2, **begun(9, 20, in_count=30, in_at=at(9, 22))),
        run(C, at(9, 40), 3, **ARRIVED),
    ]

    assert late_removals(runs, C, at(9, 40)) == [
        LateRemoval(A, at(9, 45), 15),
        LateRemoval(B, at(9, 47), 28),
    ]


def test_needles_of_another_practitioner_do_not_warn():
    other = replace(run(A, at(9), 1, **begun(9, in_count=40, in_at=at(9, 20))), practitioner=8)

    assert late_removals([other, run(B, at(9, 20), 2, **ARRIVED)], B, at(9, 40)) == []


def test_part_of_a_minute_late_counts_as_one():
    runs = morning(a=begun(9, in_count=40, in_at=at(9, 20)), b=ARRIVED)

    assert late_removals(runs, B, at(9, 25) + dt.timedelta(seconds=1))[0].late_minutes == 1
