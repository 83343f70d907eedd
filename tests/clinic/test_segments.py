"""What a list of segments may look like."""

import pytest

from clinic.domain.segments import (
    Problem,
    SegmentPlan,
    client_minutes,
    from_json,
    problems,
    to_json,
    total_minutes,
)


def part(minutes: int, holds: str) -> SegmentPlan:
    return SegmentPlan("insertion", minutes, "p" in holds, "c" in holds, "r" in holds)


FOLLOW_UP = [part(20, "pcr"), part(25, "cr"), part(15, "pcr"), part(10, "r")]


def test_follow_up_is_a_visit_of_60_minutes_and_70_of_the_room():
    assert problems(FOLLOW_UP, longest_day_minutes=480) == []
    assert (client_minutes(FOLLOW_UP), total_minutes(FOLLOW_UP)) == (60, 70)


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([], [Problem.EMPTY]),
        ([part(7, "pcr")], [Problem.OFF_GRID]),
        ([part(10, "r"), part(20, "pcr")], [Problem.CLIENT_NOT_FIRST]),
        (
            [part(20, "pcr"), part(10, "r"), part(5, "pcr")],
            [Problem.CLIENT_LEAVES_AND_RETURNS],
        ),
        ([part(20, "pc")], [Problem.CLIENT_WITHOUT_ROOM]),
        ([part(20, "cr")], [Problem.NO_HANDS]),
        ([part(20, "pcr"), part(5, "pr")], [Problem.HANDS_AFTER_CLIENT]),
        ([part(485, "pcr")], [Problem.LONGER_THAN_A_DAY]),
    ],
)
def test_what_is_no_visit_is_named(segments, expected):
    assert problems(segments, longest_day_minutes=480) == expected


def test_segments_survive_being_stored():
    assert from_json(to_json(FOLLOW_UP)) == tuple(FOLLOW_UP)
