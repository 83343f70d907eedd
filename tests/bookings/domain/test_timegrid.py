import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.timegrid import (
    Grid,
    bits_between,
    bits_from_edges,
    cells_in,
    runs,
)
from clinic.domain.intervals import Interval

UTC = dt.UTC


def at(hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 24, hour, minute, second, tzinfo=UTC)


HOUR = Grid(at(9), 12)


class TestGrid:
    def test_covering_rounds_outward_to_five_minutes(self) -> None:
        grid = Grid.covering(at(9, 2), at(9, 58, 1))

        assert grid == Grid(at(9), 12)

    def test_covering_keeps_what_is_on_the_grid(self) -> None:
        assert Grid.covering(at(9), at(10)) == Grid(at(9), 12)

    def test_covering_leap_day_has_a_day_of_cells(self) -> None:
        grid = Grid.covering(
            dt.datetime(2028, 2, 29, tzinfo=UTC), dt.datetime(2028, 3, 1, tzinfo=UTC)
        )

        assert grid.cells == 288

    @pytest.mark.parametrize(
        ("instant", "cell"),
        [
            (at(9), 0),
            (at(9, 4, 59), 0),
            (at(9, 5), 1),
            (at(9, 59), 11),
            (at(10), 12),
            (at(8, 59), -1),
        ],
    )
    def test_cell_of_rounds_down(self, instant: dt.datetime, cell: int) -> None:
        assert HOUR.cell_of(instant) == cell

    def test_instant_is_the_start_of_the_cell(self) -> None:
        assert HOUR.instant(0) == at(9)
        assert HOUR.instant(11) == at(9, 55)
        assert HOUR.ends_at == at(10)

    def test_mask_has_every_cell(self) -> None:
        assert HOUR.mask == 0b1111_1111_1111

    @pytest.mark.parametrize(
        "starts_at",
        [
            at(9, 1),
            at(9, 5, 1),
            at(9).replace(tzinfo=None),
            dt.datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("America/New_York")),
        ],
    )
    def test_start_off_the_grid_or_not_utc_is_refused(self, starts_at: dt.datetime) -> None:
        with pytest.raises(ValueError, match="multiple of five minutes UTC"):
            Grid(starts_at, 12)

    def test_empty_grid_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one cell"):
            Grid.covering(at(9), at(9))


class TestBitsOf:
    def test_half_open_interval_leaves_its_last_cell_free(self) -> None:
        bits = HOUR.bits_of([Interval(at(9, 10), at(9, 20))], outward=True)

        assert bits == 0b1100

    def test_taken_time_is_rounded_outward(self) -> None:
        bits = HOUR.bits_of([Interval(at(9, 11), at(9, 16))], outward=True)

        assert bits == 0b1100

    def test_free_time_is_rounded_inward(self) -> None:
        bits = HOUR.bits_of([Interval(at(9, 9), at(9, 21))], outward=False)

        assert bits == 0b1100

    def test_free_time_shorter_than_a_cell_is_nothing(self) -> None:
        assert HOUR.bits_of([Interval(at(9, 11), at(9, 14))], outward=False) == 0

    def test_what_lies_outside_is_left_out(self) -> None:
        intervals = [
            Interval(at(7), at(8)),
            Interval(at(8), at(9, 5)),
            Interval(at(9, 55), at(11)),
            Interval(at(12), at(13)),
        ]

        assert HOUR.bits_of(intervals, outward=True) == 0b1000_0000_0001
        assert HOUR.bits_of(intervals, outward=False) == 0b1000_0000_0001

    def test_overlapping_intervals_are_joined(self) -> None:
        intervals = [Interval(at(9), at(9, 15)), Interval(at(9, 10), at(9, 20))]

        assert HOUR.bits_of(intervals, outward=True) == 0b1111


class TestBitsFromEdges:
    @pytest.mark.parametrize(
        ("ranges", "expected"),
        [
            ([], 0),
            ([(0, 3)], 0b111),
            ([(1, 2), (4, 6)], 0b110010),
            ([(1, 3), (3, 5)], 0b11110),
            ([(1, 4), (2, 6)], 0b111110),
            ([(0, 6), (2, 4)], 0b111111),
            ([(4, 6), (1, 2)], 0b110010),
            ([(2, 2), (2, 5)], 0b11100),
            ([(2, 5), (5, 5)], 0b11100),
            ([(1, 2), (1, 2)], 0b10),
        ],
    )
    def test_ranges_of_any_kind_become_cells(
        self, ranges: list[tuple[int, int]], expected: int
    ) -> None:
        starts = [first for first, _ in ranges]
        ends = [end for _, end in ranges]

        assert bits_from_edges(starts, ends) == expected

    @given(st.lists(st.integers(0, 400), max_size=80, unique=True))
    def test_disjoint_ranges_agree_with_cell_by_cell(self, edges: list[int]) -> None:
        ordered = sorted(edges[: len(edges) // 2 * 2])
        starts, ends = ordered[::2], ordered[1::2]

        assert set(cells_in(bits_from_edges(starts, ends))) == _cells(starts, ends)

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=12))
    def test_overlapping_ranges_agree_with_cell_by_cell(
        self, ranges: list[tuple[int, int]]
    ) -> None:
        starts = [first for first, _ in ranges]
        ends = [first + length for first, length in ranges]

        assert set(cells_in(bits_from_edges(starts, ends))) == _cells(starts, ends)


class TestRuns:
    @pytest.mark.parametrize(
        ("length", "expected"), [(1, 0b01110011), (2, 0b00110001), (3, 0b00010000), (4, 0)]
    )
    def test_runs_start_where_enough_cells_follow(self, length: int, expected: int) -> None:
        assert runs(0b01110011, length) == expected

    def test_run_as_long_as_the_free_time_fits_once(self) -> None:
        assert runs(bits_between(3, 15), 12) == 0b1000

    def test_run_without_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one cell"):
            runs(0b111, 0)

    @given(st.integers(0, 2**90 - 1), st.integers(1, 40))
    def test_runs_agree_with_looking_at_each_cell(self, free: int, length: int) -> None:
        naive = {
            cell for cell in range(90) if all(free >> one & 1 for one in range(cell, cell + length))
        }

        assert set(cells_in(runs(free, length))) == naive


class TestCellsIn:
    def test_cells_come_in_ascending_order(self) -> None:
        assert list(cells_in(0b100101 | 1 << 17_000)) == [0, 2, 5, 17_000]

    def test_nothing_has_no_cells(self) -> None:
        assert list(cells_in(0)) == []

    @given(st.sets(st.integers(0, 500)))
    def test_cells_come_back_as_they_went_in(self, cells: set[int]) -> None:
        assert list(cells_in(sum(1 << cell for cell in cells))) == sorted(cells)


def test_bits_between_is_half_open() -> None:
    assert bits_between(2, 5) == 0b11100
    assert bits_between(5, 5) == 0
    assert bits_between(5, 2) == 0


def _cells(starts: list[int], ends: list[int]) -> set[int]:
    return {cell for first, end in zip(starts, ends, strict=True) for cell in range(first, end)}
