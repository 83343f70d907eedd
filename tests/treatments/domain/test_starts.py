"""Free starts by date and practitioner: given one by one, or as bits of a grid."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.domain.slots import FreeStarts
from bookings.domain.timegrid import Grid, cells_in
from clinic.domain.roster import day_bounds
from treatments.domain.starts import Candidate, GridTimes, ListedTimes, WithoutPerson
from treatments.domain.wishes import Hours, PlanWeights, SlotCosts, Wishes

NEW_YORK = ZoneInfo("America/New_York")
WEEKENDS = [
    (ZoneInfo("America/New_York"), dt.date(2027, 3, 13)),
    (ZoneInfo("America/New_York"), dt.date(2026, 10, 31)),
    (ZoneInfo("Europe/London"), dt.date(2027, 3, 27)),
    (ZoneInfo("Australia/Lord_Howe"), dt.date(2027, 4, 3)),
    (ZoneInfo("Australia/Lord_Howe"), dt.date(2027, 10, 2)),
    (ZoneInfo("America/Havana"), dt.date(2027, 3, 13)),
    (ZoneInfo("Asia/Kathmandu"), dt.date(2026, 11, 24)),
]

any_wishes = st.builds(
    Wishes,
    only_weekdays=st.sampled_from([frozenset(), frozenset({6, 7})]),
    only_hours=st.sampled_from([None, Hours(60, 900)]),
    only_practitioner_id=st.sampled_from([None, 2]),
    rather_weekdays=st.sampled_from([frozenset(), frozenset({7})]),
    rather_hours=st.sampled_from([None, Hours(100, 200)]),
    around_minute=st.sampled_from([None, 130]),
    rather_practitioner_id=st.sampled_from([None, 1]),
)


def costs(wishes: Wishes | None = None) -> SlotCosts:
    return SlotCosts(wishes or Wishes(), PlanWeights())


def weekend(zone: ZoneInfo, saturday: dt.date, *, early: int = 0) -> Grid:
    """Cover three local days, from `early` cells after the first one's midnight."""
    first = day_bounds(zone, saturday).starts_at + dt.timedelta(minutes=5 * early)
    return Grid.covering(first, day_bounds(zone, saturday + dt.timedelta(days=2)).ends_at)


def listed(grid: Grid, zone: ZoneInfo, free: list[FreeStarts]) -> list[Candidate]:
    found = []
    for starts in free:
        for cell in cells_in(starts.starts):
            local = grid.instant(cell).astimezone(zone)
            if not local.fold:
                minute = local.hour * 60 + local.minute
                found.append(
                    Candidate(local.date(), minute, grid.instant(cell), starts.practitioner_id)
                )
    return found


@given(st.data(), st.sampled_from(WEEKENDS), st.integers(0, 300), any_wishes)
def test_bits_and_single_starts_agree_across_clock_changes(
    data: st.DataObject, place: tuple[ZoneInfo, dt.date], early: int, wishes: Wishes
) -> None:
    zone, saturday = place
    grid = weekend(zone, saturday, early=early)
    bits = st.lists(st.integers(0, grid.cells - 1), max_size=12)
    free = [FreeStarts(who, sum(1 << cell for cell in set(data.draw(bits))), 0) for who in (1, 2)]
    single = listed(grid, zone, free)

    on_grid = GridTimes(grid, zone, free)

    assert on_grid.best(costs(wishes)) == ListedTimes(single).best(costs(wishes))
    for start in single:
        assert start in on_grid.at(start.date, start.minute)


@given(st.data(), any_wishes)
def test_best_is_the_least_of_all_admitted_starts(data: st.DataObject, wishes: Wishes) -> None:
    places = st.tuples(st.integers(0, 6), st.integers(0, 1439), st.integers(1, 3))
    starts = [
        Candidate(
            dt.date(2026, 11, 23 + days), minute, dt.datetime(2026, 11, 23, tzinfo=dt.UTC), who
        )
        for days, minute, who in data.draw(st.lists(places, max_size=30))
    ]
    priced = costs(wishes)

    found = ListedTimes(starts).best(priced)

    expected: dict[int, dict[int, tuple[int, int]]] = {}
    for start in starts:
        weekday, who = start.date.isoweekday(), start.practitioner_id
        if (
            priced.admits_weekday(weekday)
            and priced.admits_minute(start.minute)
            and priced.admits_practitioner(who)
        ):
            price = priced.of_start(weekday, start.minute) + priced.of_practitioner(who)
            row = expected.setdefault(start.date.toordinal(), {})
            row[who] = min((price, start.minute), row.get(who, (price, start.minute)))
    assert found == expected


def test_best_is_the_cheapest_then_the_earliest_start() -> None:
    date = dt.date(2026, 11, 24)
    starts = [
        Candidate(date, minute, dt.datetime(2026, 11, 24, minute // 60, tzinfo=dt.UTC), 7)
        for minute in (1080, 960, 600)
    ]

    found = ListedTimes(starts).best(costs(Wishes(rather_hours=Hours(900, 1200))))

    assert found == {date.toordinal(): {7: (0, 960)}}


def test_who_is_free_comes_ascending_and_whatever_the_wishes() -> None:
    date = dt.date(2026, 11, 24)
    grid = weekend(NEW_YORK, date)
    ten = grid.cell_of(dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC))
    times = GridTimes(grid, NEW_YORK, [FreeStarts(9, 1 << ten, 0), FreeStarts(3, 1 << ten, 0)])

    found = times.at(date, 600)

    instant = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
    assert found == [Candidate(date, 600, instant, 3), Candidate(date, 600, instant, 9)]
    assert times.at(date, 601) == []
    assert times.at(dt.date(2026, 12, 24), 600) == []


def test_second_pass_of_a_repeated_hour_is_left_out() -> None:
    sunday = dt.date(2026, 11, 1)
    grid = weekend(NEW_YORK, dt.date(2026, 10, 31))
    second = grid.cell_of(dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC))
    times = GridTimes(grid, NEW_YORK, [FreeStarts(1, 1 << second, 0)])

    assert times.best(costs()) == {}
    assert times.at(sunday, 90) == []


@pytest.mark.parametrize("minute", [-1, 1440])
def test_start_outside_the_day_is_refused(minute: int) -> None:
    with pytest.raises(ValueError, match="minute of the day"):
        Candidate(dt.date(2026, 11, 24), minute, dt.datetime(2026, 11, 24, tzinfo=dt.UTC), 1)


def test_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with a zone"):
        Candidate(dt.date(2026, 11, 24), 0, dt.datetime(2026, 11, 24), 1)  # noqa: DTZ001


def test_one_persons_day_is_left_out_and_nothing_else() -> None:
    date, later = dt.date(2026, 11, 24), dt.date(2026, 11, 25)
    ten = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
    slots = [Candidate(date, 600, ten, 3), Candidate(date, 600, ten, 9)]
    slots.append(Candidate(later, 600, ten + dt.timedelta(days=1), 3))

    without = WithoutPerson(ListedTimes(slots), 3, date)
    nobody = WithoutPerson(ListedTimes([slots[0], slots[2]]), 3, date)

    assert without.at(date, 600) == [slots[1]]
    assert without.at(later, 600) == [slots[2]]
    assert {day: list(row) for day, row in without.best(costs()).items()} == {
        date.toordinal(): [9],
        later.toordinal(): [3],
    }
    assert list(nobody.best(costs())) == [later.toordinal()]
