"""What a change of hours makes of a roster, and clashes in instants across zones."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.intervals import Interval
from clinic.domain.roster import DatedHours, Roster, WeeklyHours, stretches
from clinic.domain.roster_changes import (
    HoursOn,
    WeekFrom,
    changed,
    first_clash,
    turns_after,
    weekly_on,
)

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
MONDAY, TUESDAY, SUNDAY = 1, 2, 7
LONG_AGO = dt.date(2020, 1, 1)
JUNE_7 = dt.date(2027, 6, 7)
"""A Monday."""
NINE, TEN, NOON, FIVE = (dt.time(hour) for hour in (9, 10, 12, 17))


def week(*rows: WeeklyHours) -> Roster:
    return Roster(weekly=rows)


def working(roster: Roster, zone: ZoneInfo, first: dt.date, days: int) -> list[Interval]:
    return stretches(roster, zone, first, first + dt.timedelta(days=days))


def test_new_week_ends_the_old_one_on_the_eve():
    old = WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO)

    after = changed(week(old), WeekFrom(JUNE_7, ((MONDAY, TEN, NOON),)))

    assert after.weekly == (
        WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO, dt.date(2027, 6, 6)),
        WeeklyHours(MONDAY, TEN, NOON, JUNE_7),
    )


def test_weekday_that_goes_on_keeps_its_row():
    monday = WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO)
    tuesday = WeeklyHours(TUESDAY, NINE, FIVE, LONG_AGO)

    after = changed(week(monday, tuesday), WeekFrom(JUNE_7, ((TUESDAY, NINE, FIVE),)))

    assert after.weekly == (
        WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO, dt.date(2027, 6, 6)),
        tuesday,
    )


def test_what_was_planned_for_later_is_replaced_and_the_past_is_kept():
    past = WeeklyHours(MONDAY, NINE, NOON, LONG_AGO, dt.date(2026, 12, 31))
    planned = WeeklyHours(MONDAY, TEN, FIVE, dt.date(2027, 9, 1))

    after = changed(week(past, planned), WeekFrom(JUNE_7, ((MONDAY, NINE, FIVE),)))

    assert after.weekly == (past, WeeklyHours(MONDAY, NINE, FIVE, JUNE_7))


def test_change_made_twice_is_made_once():
    change = WeekFrom(JUNE_7, ((MONDAY, TEN, NOON), (MONDAY, TEN, NOON)))
    once = changed(week(WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO)), change)

    assert changed(once, change) == once


@pytest.mark.parametrize(
    ("hours", "rows"),
    [
        (((NINE, NOON),), [DatedHours(JUNE_7, NINE, NOON)]),
        ((), [DatedHours(JUNE_7, None, None)]),
        (None, []),
    ],
)
def test_date_takes_other_hours_none_or_the_usual_ones(hours, rows):
    other_day = DatedHours(dt.date(2027, 6, 8), TEN, FIVE)
    roster = Roster(dated=(DatedHours(JUNE_7, TEN, FIVE), other_day))

    after = changed(roster, HoursOn(JUNE_7, hours))

    assert after.dated == (other_day, *rows)


def test_weekly_hours_of_a_date_and_when_others_begin():
    roster = week(
        WeeklyHours(MONDAY, TEN, NOON, LONG_AGO, dt.date(2027, 6, 30)),
        WeeklyHours(MONDAY, NINE, TEN, LONG_AGO),
        WeeklyHours(TUESDAY, NINE, FIVE, dt.date(2027, 7, 1), dt.date(2027, 7, 31)),
    )

    assert weekly_on(roster, JUNE_7) == {MONDAY: [(NINE, TEN), (TEN, NOON)]}
    assert turns_after(roster, JUNE_7) == [dt.date(2027, 7, 1), dt.date(2027, 8, 1)]


def test_same_wall_clock_in_two_zones_is_no_clash():
    # 9 to noon in London is 4 to 7am in New York.
    places = {
        "new-york": week(WeeklyHours(MONDAY, NINE, FIVE, LONG_AGO)),
        "london": week(WeeklyHours(MONDAY, NINE, NOON, LONG_AGO)),
    }
    zones = {"new-york": NEW_YORK, "london": LONDON}

    found = {name: working(places[name], zones[name], JUNE_7, 371) for name in places}

    assert first_clash(found) is None


def test_other_wall_clock_in_two_zones_clashes():
    found = {
        "new-york": working(week(WeeklyHours(MONDAY, NINE, NOON, LONG_AGO)), NEW_YORK, JUNE_7, 7),
        "london": working(
            week(WeeklyHours(MONDAY, dt.time(15), FIVE, LONG_AGO)), LONDON, JUNE_7, 7
        ),
    }

    # 3pm to 5pm in London is 10am to noon in New York.
    both = Interval(
        dt.datetime(2027, 6, 7, 14, tzinfo=dt.UTC), dt.datetime(2027, 6, 7, 16, tzinfo=dt.UTC)
    )
    assert first_clash(found) == ("new-york", "london", both)


def test_clash_in_the_weeks_between_two_clock_changes_alone_is_found():
    # New York changes on 14 March 2027, London on 28 March: in between it is four hours.
    found = {
        "new-york": working(
            week(WeeklyHours(MONDAY, NINE, NOON, LONG_AGO)), NEW_YORK, dt.date(2027, 1, 4), 364
        ),
        "london": working(
            week(WeeklyHours(MONDAY, NINE, dt.time(14), LONG_AGO)), LONDON, dt.date(2027, 1, 4), 364
        ),
    }

    both = Interval(
        dt.datetime(2027, 3, 15, 13, tzinfo=dt.UTC), dt.datetime(2027, 3, 15, 14, tzinfo=dt.UTC)
    )
    assert first_clash(found) == ("london", "new-york", both)


@pytest.mark.parametrize(
    ("night", "hours"),
    [(dt.date(2027, 3, 14), 7), (dt.date(2027, 11, 7), 9), (dt.date(2027, 6, 6), 8)],
)
def test_hours_over_a_night_of_a_clock_change_are_as_long_as_the_night(night, hours):
    roster = changed(Roster(), WeekFrom(LONG_AGO, ((SUNDAY, dt.time(0), dt.time(8)),)))

    [span] = working(roster, NEW_YORK, night, 1)

    assert span.ends_at - span.starts_at == dt.timedelta(hours=hours)
    assert span.ends_at.astimezone(NEW_YORK).time() == dt.time(8)


clocks = st.integers(0, 23).map(dt.time)
days = st.dates(dt.date(2027, 1, 1), dt.date(2027, 12, 31))
rows = st.tuples(st.integers(1, 7), st.integers(0, 11), st.integers(12, 23)).map(
    lambda row: (row[0], dt.time(row[1]), dt.time(row[2]))
)


@given(
    old=st.lists(st.tuples(rows, days, st.none() | st.integers(0, 200)), max_size=6),
    new=st.lists(rows, max_size=6),
    first=days,
)
def test_before_the_date_nothing_changes_and_from_it_on_only_the_new_week_holds(old, new, first):
    before = week(
        *(
            WeeklyHours(*row, start, None if more is None else start + dt.timedelta(days=more))
            for row, start, more in old
        )
    )
    after = changed(before, WeekFrom(first, tuple(new)))
    fresh = week(*(WeeklyHours(*row, first) for row in new))
    month = first - dt.timedelta(days=28)

    assert stretches(after, LONDON, month, first) == stretches(before, LONDON, month, first)
    assert working(after, LONDON, first, 28) == working(fresh, LONDON, first, 28)
