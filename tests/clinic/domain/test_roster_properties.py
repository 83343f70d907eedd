import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.roster import (
    DatedHours,
    Roster,
    WeeklyHours,
    day_bounds,
    local_instant,
    overlapping_weekly,
    stretches,
)

ONE_DAY = dt.timedelta(days=1)
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "America/Los_Angeles",
        "Europe/London",
        "Australia/Sydney",
        "Australia/Lord_Howe",
        "Africa/Cairo",
        "America/Havana",
        "Asia/Kathmandu",
    )
]
CLOCK_CHANGES = [
    dt.date(2027, 3, 14),
    dt.date(2027, 11, 7),
    dt.date(2027, 3, 28),
    dt.date(2027, 10, 31),
    dt.date(2027, 4, 4),
    dt.date(2027, 10, 3),
]

zones = st.sampled_from(ZONES)
dates = st.dates(dt.date(2026, 1, 1), dt.date(2029, 12, 31)) | st.sampled_from(CLOCK_CHANGES)
times = st.integers(0, 287).map(lambda cell: dt.time(cell // 12, cell % 12 * 5))


@st.composite
def hours(draw: st.DrawFn) -> tuple[dt.time, dt.time]:
    first = draw(st.integers(0, 287))
    end = draw(st.integers(first + 1, 288))
    return dt.time(first // 12, first % 12 * 5), dt.time(end // 12 % 24, end % 12 * 5)


@st.composite
def weekly_hours(draw: st.DrawFn) -> WeeklyHours:
    starts, ends = draw(hours())
    valid_from = draw(dates)
    valid_to = draw(st.none() | st.integers(0, 400).map(lambda days: valid_from + days * ONE_DAY))
    return WeeklyHours(draw(st.integers(1, 7)), starts, ends, valid_from, valid_to)


@st.composite
def rosters(draw: st.DrawFn, near: dt.date) -> Roster:
    close = st.integers(-1, 4).map(lambda days: near + days * ONE_DAY)
    working = st.builds(lambda date, pair: DatedHours(date, *pair), close, hours())
    off = close.map(lambda date: DatedHours(date, None, None))
    return Roster(
        tuple(draw(st.lists(weekly_hours(), max_size=8))),
        tuple(draw(st.lists(working | off, max_size=3))),
    )


@given(zones, dates, times)
def test_local_time_that_exists_round_trips(zone: ZoneInfo, date: dt.date, time: dt.time) -> None:
    instant = local_instant(zone, date, time)

    back = instant.astimezone(zone)
    wall = dt.datetime.combine(date, time)
    assert back.fold == 0
    assert back.replace(tzinfo=None) >= wall
    if back.replace(tzinfo=None) != wall:
        just_before = (instant - dt.timedelta(seconds=1)).astimezone(zone)
        assert just_before.replace(tzinfo=None) < wall


@given(zones, dates, times, times)
def test_later_wall_clock_is_never_an_earlier_instant(
    zone: ZoneInfo, date: dt.date, one: dt.time, other: dt.time
) -> None:
    first, second = sorted([one, other])

    assert local_instant(zone, date, first) <= local_instant(zone, date, second)


@given(zones, dates)
def test_days_follow_each_other_without_a_gap(zone: ZoneInfo, date: dt.date) -> None:
    assert day_bounds(zone, date).ends_at == day_bounds(zone, date + ONE_DAY).starts_at


@given(zones, dates, st.data())
def test_stretches_are_ordered_apart_and_within_the_days(
    zone: ZoneInfo, first: dt.date, data: st.DataObject
) -> None:
    roster = data.draw(rosters(first))
    end = first + data.draw(st.integers(1, 5)) * ONE_DAY

    found = stretches(roster, zone, first, end)

    assert all(one.ends_at < other.starts_at for one, other in pairwise(found))
    for stretch in found:
        assert stretch.starts_at >= day_bounds(zone, first).starts_at
        assert stretch.ends_at <= day_bounds(zone, end - ONE_DAY).ends_at


@given(zones, dates, st.data())
def test_an_instant_is_worked_when_its_wall_clock_is(
    zone: ZoneInfo, first: dt.date, data: st.DataObject
) -> None:
    roster = data.draw(rosters(first))
    bounds = day_bounds(zone, first)
    minutes = (bounds.ends_at - bounds.starts_at) // dt.timedelta(minutes=1)
    instant = bounds.starts_at + dt.timedelta(minutes=data.draw(st.integers(0, minutes - 1)))

    found = stretches(roster, zone, first, first + ONE_DAY)

    local = instant.astimezone(zone)
    if local.fold == 0 and _shown_once(zone, local):
        worked = any(stretch.starts_at <= instant < stretch.ends_at for stretch in found)
        assert worked == _is_worked(roster, first, local.time())


@given(st.lists(weekly_hours(), max_size=5))
def test_overlap_is_named_exactly_when_a_time_is_worked_twice(rows: list[WeeklyHours]) -> None:
    pair = overlapping_weekly(rows)

    if pair is None:
        assert not any(_both_worked(a, b) for n, a in enumerate(rows) for b in rows[:n])
    else:
        assert _both_worked(*pair)


def _shown_once(zone: ZoneInfo, local: dt.datetime) -> bool:
    return local.utcoffset() == local.replace(fold=1).utcoffset()


def _is_worked(roster: Roster, date: dt.date, time: dt.time) -> bool:
    pairs = [(row.starts, row.ends) for row in roster.dated if row.date == date]
    if not pairs:
        pairs = [
            (row.starts, row.ends)
            for row in roster.weekly
            if row.weekday == date.isoweekday()
            and row.valid_from <= date <= (row.valid_to or dt.date.max)
        ]
    return any(
        starts is not None and ends is not None and starts <= time and _is_before(time, ends)
        for starts, ends in pairs
    )


def _is_before(time: dt.time, ends: dt.time) -> bool:
    return ends == dt.time(0) or time < ends


def _both_worked(one: WeeklyHours, other: WeeklyHours) -> bool:
    date = max(one.valid_from, other.valid_from)
    time = max(one.starts, other.starts)
    return (
        one.weekday == other.weekday
        and date <= (one.valid_to or dt.date.max)
        and date <= (other.valid_to or dt.date.max)
        and _is_before(time, one.ends)
        and _is_before(time, other.ends)
    )
