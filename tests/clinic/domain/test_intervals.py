import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.intervals import Interval, merge, subtract

UTC = dt.UTC
NEW_YORK = ZoneInfo("America/New_York")
MIDNIGHT = dt.datetime(2026, 11, 24, tzinfo=UTC)


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, tzinfo=UTC)


def minutes(first: int, end: int) -> Interval:
    return Interval(MIDNIGHT + dt.timedelta(minutes=first), MIDNIGHT + dt.timedelta(minutes=end))


def minutes_of(intervals: list[Interval]) -> list[int]:
    found: list[int] = []
    for interval in intervals:
        first = (interval.starts_at - MIDNIGHT) // dt.timedelta(minutes=1)
        end = (interval.ends_at - MIDNIGHT) // dt.timedelta(minutes=1)
        found += range(first, end)
    return found


def test_interval_refuses_to_be_empty() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Interval(at(9), at(9))


def test_interval_refuses_to_run_backwards() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Interval(at(10), at(9))


@pytest.mark.parametrize("naive_end", ["start", "end"])
def test_interval_refuses_naive_times(naive_end: str) -> None:
    starts_at, ends_at = at(9), at(10)
    if naive_end == "start":
        starts_at = starts_at.replace(tzinfo=None)
    else:
        ends_at = ends_at.replace(tzinfo=None)

    with pytest.raises(ValueError, match="with a zone"):
        Interval(starts_at, ends_at)


def test_interval_turns_local_times_into_utc() -> None:
    interval = Interval(
        dt.datetime(2026, 11, 24, 9, tzinfo=NEW_YORK),
        dt.datetime(2026, 11, 24, 10, tzinfo=NEW_YORK),
    )

    assert interval == Interval(at(14), at(15))
    assert interval.starts_at.tzinfo is UTC
    assert interval.ends_at.tzinfo is UTC


def test_interval_holds_the_hour_that_autumn_repeats() -> None:
    first_half_past_one = dt.datetime(2027, 11, 7, 1, 30, tzinfo=NEW_YORK)
    second_half_past_one = first_half_past_one.replace(fold=1)

    interval = Interval(first_half_past_one, second_half_past_one)

    assert interval.ends_at - interval.starts_at == dt.timedelta(hours=1)


def test_merge_joins_what_overlaps_or_touches() -> None:
    merged = merge(
        [
            Interval(at(14), at(15)),
            Interval(at(9), at(10)),
            Interval(at(10), at(11)),
            Interval(at(14, 30), at(16)),
            Interval(at(14, 40), at(14, 50)),
        ]
    )

    assert merged == [Interval(at(9), at(11)), Interval(at(14), at(16))]


def test_subtract_leaves_what_lies_between() -> None:
    free = subtract(
        Interval(at(9), at(13)),
        [Interval(at(11), at(12)), Interval(at(8), at(9, 30)), Interval(at(11, 30), at(12, 15))],
    )

    assert free == [Interval(at(9, 30), at(11)), Interval(at(12, 15), at(13))]


def test_subtract_nothing_leaves_all() -> None:
    assert subtract(Interval(at(9), at(13)), []) == [Interval(at(9), at(13))]


def test_subtract_all_leaves_nothing() -> None:
    assert subtract(Interval(at(9), at(13)), [Interval(at(9), at(13))]) == []


def test_subtract_ignores_what_only_touches() -> None:
    neighbours = [Interval(at(8), at(9)), Interval(at(13), at(14))]

    assert subtract(Interval(at(9), at(13)), neighbours) == [Interval(at(9), at(13))]


some_minutes = st.builds(
    lambda first, length: minutes(first, first + length), st.integers(0, 80), st.integers(1, 30)
)


@given(st.lists(some_minutes, max_size=8))
def test_merge_keeps_every_minute_once_and_in_order(intervals: list[Interval]) -> None:
    merged = merge(intervals)

    assert minutes_of(merged) == sorted(set(minutes_of(intervals)))
    assert all(one.ends_at < other.starts_at for one, other in pairwise(merged))


@given(some_minutes, st.lists(some_minutes, max_size=8))
def test_subtract_keeps_exactly_the_free_minutes(whole: Interval, taken: list[Interval]) -> None:
    free = subtract(whole, taken)

    assert minutes_of(free) == sorted(set(minutes_of([whole])) - set(minutes_of(taken)))
