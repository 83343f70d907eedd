"""What a client is told of a course: the difference to what they know, and nothing else."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from treatments.domain.telling import (
    Change,
    Told,
    Unsent,
    changes,
    differing,
    is_urgent,
    last_told,
)

NINE = datetime(2027, 6, 15, 13, tzinfo=UTC)
DAY = timedelta(days=1)


def on(day: int, who: int = 1) -> Told:
    return Told(NINE + day * DAY, who)


def difference(told, now):
    return changes(differing(told, now), now)


def test_visits_that_stay_are_not_told() -> None:
    assert difference({1: on(0), 2: on(7)}, {1: on(0), 2: on(7)}) == []


def test_moved_visit_is_told_with_both_times() -> None:
    assert difference({1: on(0), 2: on(7)}, {1: on(0), 2: on(8)}) == [Change(2, on(7), on(8))]


def test_visit_called_off_is_told_with_its_time() -> None:
    assert difference({1: on(0), 2: on(7)}, {1: on(0)}) == [Change(2, on(7), None)]


def test_new_visit_stands_for_the_one_called_off() -> None:
    told, now = {1: on(0), 2: on(7), 3: on(14)}, {1: on(0), 3: on(15), 4: on(9)}

    assert difference(told, now) == [Change(4, on(7), on(9)), Change(3, on(14), on(15))]


def test_visit_added_with_nothing_called_off_is_new() -> None:
    assert difference({1: on(0)}, {1: on(0), 2: on(7)}) == [Change(2, None, on(7))]


def test_somebody_else_at_the_same_time_is_a_change_and_no_move() -> None:
    [line] = difference({1: on(0, 1)}, {1: on(0, 2)})

    assert (line, line.is_move) == (Change(1, on(0, 1), on(0, 2)), False)


def test_second_change_before_the_first_was_sent_is_told_from_the_start() -> None:
    unsent = [Unsent({1: on(0)}, by_client=True)]

    assert last_told({1: on(1)}, {1: on(2)}, unsent, by_client=True) == {1: on(0)}


def test_moved_and_moved_back_leaves_nothing_to_tell() -> None:
    unsent = [Unsent({1: on(0)}, by_client=True)]

    told = last_told({1: on(1)}, {1: on(0)}, unsent, by_client=True)

    assert difference(told, {1: on(0)}) == []


def test_visit_nobody_was_told_of_and_that_is_gone_leaves_nothing() -> None:
    unsent = [Unsent({2: None}, by_client=False)]

    told = last_told({1: on(0), 2: on(7)}, {1: on(0)}, unsent, by_client=False)

    assert difference(told, {1: on(0)}) == []


def test_clinics_change_is_told_from_what_the_client_saw_on_the_page() -> None:
    unsent = [Unsent({1: on(0), 2: on(7)}, by_client=True)]
    before, after = {1: on(1), 2: on(8)}, {1: on(2), 2: on(8)}

    told = last_told(before, after, unsent, by_client=False)

    # The second visit's own move still waits, so this message tells of it too.
    assert told == {1: on(1), 2: on(7)}


def test_only_the_clinics_change_of_a_visit_within_a_day_is_urgent() -> None:
    at = NINE - timedelta(hours=23)
    soon, late = [Change(1, on(0), on(3))], [Change(1, on(2), on(3))]

    answers = [
        is_urgent(soon, at=at, by_client=False),
        is_urgent(soon, at=at, by_client=True),
        is_urgent(late, at=at, by_client=False),
        is_urgent([Change(1, None, on(0))], at=at, by_client=False),
        is_urgent([Change(1, on(0), None)], at=at, by_client=False),
        is_urgent([Change(1, on(0), None)], at=NINE, by_client=False),
    ]

    assert answers == [True, False, False, False, True, False]


dates = st.dictionaries(
    st.integers(1, 6), st.builds(on, st.integers(0, 40), st.integers(1, 2)), max_size=6
)


@given(dates, dates)
def test_difference_leads_from_what_was_told_to_what_is(told, now) -> None:
    lines = difference(told, now)

    gone = [line.was for line in lines if line.was is not None]
    come = [line.now for line in lines if line.now is not None]
    stays = sorted(told[pk] for pk in told if now.get(pk) == told[pk])
    assert sorted([*stays, *gone]) == sorted(told.values())
    assert sorted([*stays, *come]) == sorted(now.values())
    assert all(line.was != line.now or line.visit_id not in told for line in lines)
    # Nothing is both called off and new: such two are told as one.
    assert not (any(line.was is None for line in lines) and any(line.now is None for line in lines))
