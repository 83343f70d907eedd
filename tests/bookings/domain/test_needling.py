"""Where the needles of a visit stand, and when they are due out."""

import datetime as dt

import pytest

from bookings.domain.needling import (
    Stage,
    removal_due_at,
    retention_minutes,
    stage_of,
    with_retention,
)
from clinic.domain.segments import SegmentPlan, client_minutes

TEN = dt.datetime(2027, 6, 7, 14, tzinfo=dt.UTC)


def part(kind: str, minutes: int) -> SegmentPlan:
    return SegmentPlan(kind, minutes, kind not in ("retention", "turnover"), True, True)


FOLLOW_UP = (part("insertion", 20), part("retention", 25), part("removal", 15))
TWO_RESTS = (part("retention", 10), part("massage", 5), part("retention", 15))


@pytest.mark.parametrize(
    ("in_count", "out_count", "searched", "stage"),
    [
        (None, None, False, Stage.NONE),
        (40, None, False, Stage.IN),
        (40, 40, False, Stage.OUT),
        (40, 38, False, Stage.UNEQUAL),
        (40, 41, False, Stage.UNEQUAL),
        (40, 0, False, Stage.UNEQUAL),
        (40, 38, True, Stage.OUT),
    ],
)
def test_stage_follows_from_the_numbers(in_count, out_count, searched, stage):
    assert stage_of(in_count=in_count, out_count=out_count, searched=searched) is stage


def test_needles_are_due_out_when_the_retention_is_over():
    assert removal_due_at(in_at=TEN, plan=FOLLOW_UP) == dt.datetime(
        2027, 6, 7, 14, 25, tzinfo=dt.UTC
    )


def test_two_rests_are_one_retention():
    assert retention_minutes(TWO_RESTS) == 25


def test_visit_without_rest_has_no_retention_and_is_due_at_once():
    talk = (part("consultation", 30),)

    assert retention_minutes(talk) is None
    assert removal_due_at(in_at=TEN, plan=talk) == TEN


def test_other_retention_changes_the_length_by_as_much():
    longer = with_retention(FOLLOW_UP, 40)

    assert [segment.minutes for segment in longer] == [20, 40, 15]
    assert client_minutes(longer) == 75


def test_of_several_rests_the_last_one_changes():
    assert [segment.minutes for segment in with_retention(TWO_RESTS, 20)] == [10, 5, 10]


def test_nothing_left_of_the_last_rest_is_refused():
    three = (*TWO_RESTS[:2], part("retention", 5), part("massage", 5), part("retention", 5))

    with pytest.raises(ValueError, match="fewer"):
        with_retention(three, 15)


def test_visit_without_retention_has_none_to_set():
    with pytest.raises(ValueError, match="without retention"):
        with_retention((part("consultation", 30),), 20)
