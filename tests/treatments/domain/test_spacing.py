import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.domain.spacing import (
    GapRule,
    Pause,
    days_over_ceiling,
    is_paused,
    merge_pauses,
    paused_days_between,
)


def nov(day: int) -> dt.date:
    return dt.date(2026, 11, day)


dates = st.dates(nov(1), dt.date(2027, 1, 31))
pauses = st.builds(
    lambda first, days: Pause(first, first + dt.timedelta(days=days)), dates, st.integers(1, 30)
)


@pytest.mark.parametrize(
    "figures", [(0, 7, 7, 14, 28), (8, 7, 7, 14, 28), (5, 7, 6, 14, 28), (5, 7, 15, 14, 28)]
)
def test_rule_out_of_order_is_refused(figures: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="floor <= min <= target <= max <= ceiling"):
        GapRule(*figures)


def test_rule_of_one_figure_is_allowed() -> None:
    assert GapRule(7, 7, 7, 7, 7).days_outside(7) == 0


@pytest.mark.parametrize(("days", "outside"), [(5, -2), (7, 0), (14, 0), (15, 1), (28, 14)])
def test_days_outside_the_window_are_signed(days: int, outside: int) -> None:
    assert GapRule().days_outside(days) == outside


def test_pause_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Pause(nov(5), nov(5))


def test_pause_is_half_open() -> None:
    pause = [Pause(nov(5), nov(8))]

    assert [is_paused(pause, nov(day)) for day in (4, 5, 7, 8)] == [False, True, True, False]


def test_pauses_that_touch_or_overlap_become_one() -> None:
    merged = merge_pauses(
        [
            Pause(nov(8), nov(10)),
            Pause(nov(1), nov(4)),
            Pause(nov(5), nov(8)),
            Pause(nov(6), nov(7)),
        ]
    )

    assert merged == (Pause(nov(1), nov(4)), Pause(nov(5), nov(10)))


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [(2, 23, 14), (5, 23, 13), (2, 18, 13), (10, 12, 1), (10, 11, 0), (2, 5, 0), (18, 25, 0)],
)
def test_only_days_strictly_between_two_sessions_count(
    earlier: int, later: int, expected: int
) -> None:
    pause = merge_pauses([Pause(nov(5), nov(19))])

    assert paused_days_between(pause, nov(earlier), nov(later)) == expected


def test_pause_inside_lengthens_the_ceiling_by_its_days() -> None:
    pause = merge_pauses([Pause(nov(5), nov(19))])
    rule = GapRule(ceiling_days=14)

    assert days_over_ceiling(rule, pause, nov(2), nov(30)) == 0
    assert days_over_ceiling(rule, (), nov(2), nov(30)) == 14
    assert days_over_ceiling(rule, pause, nov(1), nov(30)) == 1


@given(st.lists(pauses, max_size=4), dates, st.integers(1, 80))
def test_paused_days_are_those_counted_one_by_one(
    some: list[Pause], earlier: dt.date, days: int
) -> None:
    between = [earlier + dt.timedelta(days=n) for n in range(1, days)]

    counted = paused_days_between(merge_pauses(some), earlier, earlier + dt.timedelta(days=days))

    assert counted == sum(any(pause.holds(date) for pause in some) for date in between)
