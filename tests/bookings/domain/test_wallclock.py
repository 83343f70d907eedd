import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.timegrid import Grid, cells_in
from bookings.domain.wallclock import roster_bits, start_cells_on_step, twice_over
from clinic.domain.roster import Roster, WeeklyHours, day_bounds

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
SYDNEY = ZoneInfo("Australia/Sydney")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
KATHMANDU = ZoneInfo("Asia/Kathmandu")
ZONES = [NEW_YORK, LONDON, SYDNEY, LORD_HOWE, KATHMANDU, ZoneInfo("America/Havana")]


def grid_of(zone: ZoneInfo, day: str) -> Grid:
    bounds = day_bounds(zone, dt.date.fromisoformat(day))
    return Grid.covering(bounds.starts_at, bounds.ends_at)


def local_times(grid: Grid, zone: ZoneInfo, bits: int) -> list[str]:
    return [f"{grid.instant(cell).astimezone(zone):%H:%M}" for cell in cells_in(bits)]


def test_roster_bits_are_the_cells_wholly_worked() -> None:
    grid = grid_of(NEW_YORK, "2027-03-14")
    sunday = WeeklyHours(7, dt.time(9, 2), dt.time(9, 19), dt.date(2027, 1, 1))

    worked = local_times(grid, NEW_YORK, roster_bits(grid, NEW_YORK, Roster((sunday,))))

    assert worked == ["09:05", "09:10"]


def test_roster_bits_reach_both_edges_of_a_grid_within_two_days() -> None:
    grid = Grid(dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC), 24)
    always = Roster(
        tuple(
            WeeklyHours(weekday, dt.time(0), dt.time(0), dt.date(2026, 1, 1))
            for weekday in range(1, 8)
        )
    )

    assert roster_bits(grid, NEW_YORK, always) == grid.mask


def test_steps_follow_the_wall_clock_in_a_zone_of_odd_quarters() -> None:
    grid = grid_of(KATHMANDU, "2026-11-24")

    steps = local_times(grid, KATHMANDU, start_cells_on_step(grid, KATHMANDU, 30))

    assert steps[:3] == ["00:00", "00:30", "01:00"]
    assert len(steps) == 48


def test_step_that_does_not_divide_the_day_begins_anew_at_midnight() -> None:
    bounds = Grid(dt.datetime(2026, 11, 24, 20, tzinfo=dt.UTC), 96)

    steps = local_times(bounds, LONDON, start_cells_on_step(bounds, LONDON, 50))

    assert steps == [
        *("20:00", "20:50", "21:40", "22:30", "23:20"),
        *("00:00", "00:50", "01:40", "02:30", "03:20"),
    ]


def test_step_off_the_grid_keeps_only_the_cells_it_hits() -> None:
    grid = grid_of(LONDON, "2026-11-24")

    steps = local_times(grid, LONDON, start_cells_on_step(grid, LONDON, 12))

    assert steps[:4] == ["00:00", "01:00", "02:00", "03:00"]


def test_step_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one minute"):
        start_cells_on_step(grid_of(LONDON, "2026-11-24"), LONDON, 0)


def test_steps_after_a_half_hour_change_stay_on_the_wall_clock() -> None:
    grid = grid_of(LORD_HOWE, "2027-10-03")

    steps = local_times(grid, LORD_HOWE, start_cells_on_step(grid, LORD_HOWE, 60))

    assert steps[:4] == ["00:00", "01:00", "03:00", "04:00"]


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        (NEW_YORK, "2027-11-07", "06:00", "06:55"),
        (LONDON, "2027-10-31", "01:00", "01:55"),
        (SYDNEY, "2027-04-04", "16:00", "16:55"),
        (LORD_HOWE, "2027-04-04", "15:00", "15:25"),
    ],
)
def test_second_pass_of_a_repeated_hour_is_known(
    zone: ZoneInfo, day: str, first: str, last: str
) -> None:
    grid = grid_of(zone, day)

    repeated = local_times(grid, ZoneInfo("UTC"), twice_over(grid, zone))

    assert (repeated[0], repeated[-1]) == (first, last)
    assert len(repeated) == (6 if zone is LORD_HOWE else 12)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (NEW_YORK, "2027-03-14"),
        (LONDON, "2027-03-28"),
        (SYDNEY, "2027-10-03"),
        (LORD_HOWE, "2027-10-03"),
        (NEW_YORK, "2026-11-24"),
    ],
)
def test_nothing_repeats_in_spring_or_on_plain_days(zone: ZoneInfo, day: str) -> None:
    assert twice_over(grid_of(zone, day), zone) == 0


def test_repeated_hour_that_began_before_the_grid_is_seen() -> None:
    grid = Grid(dt.datetime(2027, 11, 7, 6, 30, tzinfo=dt.UTC), 24)

    repeated = local_times(grid, NEW_YORK, twice_over(grid, NEW_YORK))

    assert repeated == ["01:30", "01:35", "01:40", "01:45", "01:50", "01:55"]


grids = st.builds(
    lambda first, cells: Grid(
        dt.datetime(2027, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=5 * first), cells
    ),
    st.integers(0, 105_000) | st.sampled_from([20_800, 26_700, 79_500, 86_900, 89_300]),
    st.integers(1, 900),
)


@given(grids, st.sampled_from(ZONES), st.sampled_from([5, 10, 12, 15, 20, 30, 45, 60, 90]))
def test_steps_agree_with_reading_the_clock_in_each_cell(
    grid: Grid, zone: ZoneInfo, step: int
) -> None:
    expected = []
    for cell in range(grid.cells):
        local = grid.instant(cell).astimezone(zone)
        if (local.hour * 60 + local.minute) % step == 0:
            expected.append(cell)

    assert list(cells_in(start_cells_on_step(grid, zone, step))) == expected


@given(grids, st.sampled_from(ZONES))
def test_second_passes_agree_with_reading_the_clock_in_each_cell(
    grid: Grid, zone: ZoneInfo
) -> None:
    expected = [cell for cell in range(grid.cells) if grid.instant(cell).astimezone(zone).fold == 1]

    assert list(cells_in(twice_over(grid, zone))) == expected
