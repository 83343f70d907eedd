import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.intervals import Interval
from clinic.domain.roster import (
    DatedHours,
    Roster,
    WeeklyHours,
    day_bounds,
    local_instant,
    overlapping_weekly,
    stretches,
)

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
SYDNEY = ZoneInfo("Australia/Sydney")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CAIRO = ZoneInfo("Africa/Cairo")
APIA = ZoneInfo("Pacific/Apia")

LONG_AGO = dt.date(2020, 1, 1)
SUNDAY = 7
EVERY_DAY = range(1, 8)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


def span(starts: str, ends: str) -> Interval:
    return Interval(utc(starts), utc(ends))


def date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def clock(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


def weekly(weekday: int, hours: str, since: str = "2020-01-01", to: str = "") -> WeeklyHours:
    starts, ends = hours.split("-")
    return WeeklyHours(weekday, clock(starts), clock(ends), date(since), date(to) if to else None)


def dated(day: str, hours: str = "") -> DatedHours:
    if not hours:
        return DatedHours(date(day), None, None)
    starts, ends = hours.split("-")
    return DatedHours(date(day), clock(starts), clock(ends))


def daily(*hours: str) -> Roster:
    return Roster(tuple(weekly(weekday, stretch) for weekday in EVERY_DAY for stretch in hours))


class TestLocalInstant:
    @pytest.mark.parametrize(
        ("zone", "day", "time", "expected"),
        [
            (NEW_YORK, "2027-03-14", "01:55", "2027-03-14T06:55"),
            (NEW_YORK, "2027-03-14", "02:00", "2027-03-14T07:00"),
            (NEW_YORK, "2027-03-14", "02:30", "2027-03-14T07:00"),
            (NEW_YORK, "2027-03-14", "02:59", "2027-03-14T07:00"),
            (NEW_YORK, "2027-03-14", "03:00", "2027-03-14T07:00"),
            (NEW_YORK, "2027-03-14", "03:05", "2027-03-14T07:05"),
            (LONDON, "2027-03-28", "01:30", "2027-03-28T01:00"),
            (LONDON, "2027-03-28", "02:00", "2027-03-28T01:00"),
            (SYDNEY, "2027-10-03", "02:30", "2027-10-02T16:00"),
            (LORD_HOWE, "2027-10-03", "02:15", "2027-10-02T15:30"),
            (LORD_HOWE, "2027-10-03", "02:30", "2027-10-02T15:30"),
            (CAIRO, "2026-04-24", "00:00", "2026-04-23T22:00"),
        ],
    )
    def test_skipped_time_moves_to_the_end_of_the_gap(
        self, zone: ZoneInfo, day: str, time: str, expected: str
    ) -> None:
        assert local_instant(zone, date(day), clock(time)) == utc(expected)

    @pytest.mark.parametrize(
        ("zone", "day", "time", "expected"),
        [
            (NEW_YORK, "2027-11-07", "00:55", "2027-11-07T04:55"),
            (NEW_YORK, "2027-11-07", "01:00", "2027-11-07T05:00"),
            (NEW_YORK, "2027-11-07", "01:30", "2027-11-07T05:30"),
            (NEW_YORK, "2027-11-07", "02:00", "2027-11-07T07:00"),
            (LONDON, "2027-10-31", "01:30", "2027-10-31T00:30"),
            (SYDNEY, "2027-04-04", "02:30", "2027-04-03T15:30"),
            (LORD_HOWE, "2027-04-04", "01:45", "2027-04-03T14:45"),
            (LORD_HOWE, "2027-04-04", "02:00", "2027-04-03T15:30"),
        ],
    )
    def test_repeated_time_means_the_first(
        self, zone: ZoneInfo, day: str, time: str, expected: str
    ) -> None:
        assert local_instant(zone, date(day), clock(time)) == utc(expected)

    def test_same_hour_is_another_instant_after_the_change(self) -> None:
        nine = clock("09:00")

        assert local_instant(NEW_YORK, date("2027-03-13"), nine) == utc("2027-03-13T14:00")
        assert local_instant(NEW_YORK, date("2027-03-14"), nine) == utc("2027-03-14T13:00")

    def test_fold_of_the_given_time_is_of_no_account(self) -> None:
        second = clock("01:30").replace(fold=1)

        assert local_instant(NEW_YORK, date("2027-11-07"), second) == utc("2027-11-07T05:30")


class TestDayBounds:
    @pytest.mark.parametrize(
        ("zone", "day", "starts", "ends"),
        [
            (NEW_YORK, "2027-03-14", "2027-03-14T05:00", "2027-03-15T04:00"),
            (NEW_YORK, "2027-11-07", "2027-11-07T04:00", "2027-11-08T05:00"),
            (LONDON, "2027-03-28", "2027-03-28T00:00", "2027-03-28T23:00"),
            (LONDON, "2027-10-31", "2027-10-30T23:00", "2027-11-01T00:00"),
            (SYDNEY, "2027-10-03", "2027-10-02T14:00", "2027-10-03T13:00"),
            (SYDNEY, "2027-04-04", "2027-04-03T13:00", "2027-04-04T14:00"),
            (LORD_HOWE, "2027-10-03", "2027-10-02T13:30", "2027-10-03T13:00"),
            (LORD_HOWE, "2027-04-04", "2027-04-03T13:00", "2027-04-04T13:30"),
            (NEW_YORK, "2028-02-29", "2028-02-29T05:00", "2028-03-01T05:00"),
            (NEW_YORK, "2026-12-31", "2026-12-31T05:00", "2027-01-01T05:00"),
        ],
    )
    def test_day_is_as_long_as_the_clocks_make_it(
        self, zone: ZoneInfo, day: str, starts: str, ends: str
    ) -> None:
        assert day_bounds(zone, date(day)) == span(starts, ends)

    def test_day_without_a_midnight_begins_after_the_gap(self) -> None:
        bounds = day_bounds(CAIRO, date("2026-04-24"))

        assert bounds == span("2026-04-23T22:00", "2026-04-24T21:00")

    def test_day_that_the_zone_skipped_is_refused(self) -> None:
        with pytest.raises(ValueError, match="ends after it starts"):
            day_bounds(APIA, date("2011-12-30"))


class TestStretches:
    def test_weekly_hours_repeat_on_their_weekday(self) -> None:
        roster = Roster((weekly(1, "09:00-13:00"), weekly(1, "14:00-18:00")))

        found = stretches(roster, NEW_YORK, date("2026-11-22"), date("2026-12-01"))

        assert found == [
            span("2026-11-23T14:00", "2026-11-23T18:00"),
            span("2026-11-23T19:00", "2026-11-23T23:00"),
            span("2026-11-30T14:00", "2026-11-30T18:00"),
            span("2026-11-30T19:00", "2026-11-30T23:00"),
        ]

    def test_end_date_is_left_out(self) -> None:
        found = stretches(daily("09:00-10:00"), LONDON, date("2026-11-23"), date("2026-11-24"))

        assert found == [span("2026-11-23T09:00", "2026-11-23T10:00")]

    def test_no_dates_give_no_stretches(self) -> None:
        roster = daily("09:00-10:00")

        assert stretches(roster, LONDON, date("2026-11-24"), date("2026-11-24")) == []
        assert stretches(roster, LONDON, date("2026-11-25"), date("2026-11-24")) == []

    def test_validity_includes_its_first_and_last_day(self) -> None:
        roster = Roster(
            tuple(weekly(day, "09:00-10:00", "2026-11-24", "2026-11-25") for day in EVERY_DAY)
        )

        found = stretches(roster, LONDON, date("2026-11-20"), date("2026-11-30"))

        assert found == [
            span("2026-11-24T09:00", "2026-11-24T10:00"),
            span("2026-11-25T09:00", "2026-11-25T10:00"),
        ]

    def test_dated_hours_replace_all_weekly_hours_of_the_date(self) -> None:
        roster = Roster(
            daily("09:00-13:00", "14:00-18:00").weekly, (dated("2026-11-24", "10:00-11:00"),)
        )

        found = stretches(roster, LONDON, date("2026-11-24"), date("2026-11-25"))

        assert found == [span("2026-11-24T10:00", "2026-11-24T11:00")]

    def test_several_dated_rows_add_up(self) -> None:
        roster = Roster(
            (), (dated("2026-11-24", "14:00-15:00"), dated("2026-11-24", "10:00-11:00"))
        )

        found = stretches(roster, LONDON, date("2026-11-24"), date("2026-11-25"))

        assert found == [
            span("2026-11-24T10:00", "2026-11-24T11:00"),
            span("2026-11-24T14:00", "2026-11-24T15:00"),
        ]

    def test_dated_row_without_hours_is_a_day_off(self) -> None:
        roster = Roster(daily("09:00-13:00").weekly, (dated("2026-11-24"),))

        found = stretches(roster, LONDON, date("2026-11-23"), date("2026-11-26"))

        assert found == [
            span("2026-11-23T09:00", "2026-11-23T13:00"),
            span("2026-11-25T09:00", "2026-11-25T13:00"),
        ]

    def test_hours_that_touch_are_one_stretch(self) -> None:
        found = stretches(
            daily("09:00-12:00", "12:00-15:00"), LONDON, date("2026-11-24"), date("2026-11-25")
        )

        assert found == [span("2026-11-24T09:00", "2026-11-24T15:00")]

    def test_stretches_join_over_midnight(self) -> None:
        found = stretches(
            daily("20:00-00:00", "00:00-02:00"), LONDON, date("2026-11-24"), date("2026-11-26")
        )

        assert found == [
            span("2026-11-24T00:00", "2026-11-24T02:00"),
            span("2026-11-24T20:00", "2026-11-25T02:00"),
            span("2026-11-25T20:00", "2026-11-26T00:00"),
        ]

    def test_midnight_to_midnight_is_the_whole_day(self) -> None:
        found = stretches(daily("00:00-00:00"), NEW_YORK, date("2027-11-07"), date("2027-11-08"))

        assert found == [span("2027-11-07T04:00", "2027-11-08T05:00")]

    def test_leap_day_and_year_end_are_days_like_others(self) -> None:
        roster = daily("09:00-10:00")

        leap = stretches(roster, NEW_YORK, date("2028-02-28"), date("2028-03-02"))
        year_end = stretches(roster, SYDNEY, date("2026-12-31"), date("2027-01-02"))

        assert leap == [
            span("2028-02-28T14:00", "2028-02-28T15:00"),
            span("2028-02-29T14:00", "2028-02-29T15:00"),
            span("2028-03-01T14:00", "2028-03-01T15:00"),
        ]
        assert year_end == [
            span("2026-12-30T22:00", "2026-12-30T23:00"),
            span("2026-12-31T22:00", "2026-12-31T23:00"),
        ]


class TestStretchesOverClockChanges:
    @pytest.mark.parametrize(
        ("zone", "saturday", "expected"),
        [
            (NEW_YORK, "2027-03-13", ["2027-03-13T14:00", "2027-03-14T13:00", "2027-03-15T13:00"]),
            (NEW_YORK, "2027-11-06", ["2027-11-06T13:00", "2027-11-07T14:00", "2027-11-08T14:00"]),
            (LONDON, "2027-03-27", ["2027-03-27T09:00", "2027-03-28T08:00", "2027-03-29T08:00"]),
            (LONDON, "2027-10-30", ["2027-10-30T08:00", "2027-10-31T09:00", "2027-11-01T09:00"]),
            (SYDNEY, "2027-10-02", ["2027-10-01T23:00", "2027-10-02T22:00", "2027-10-03T22:00"]),
            (SYDNEY, "2027-04-03", ["2027-04-02T22:00", "2027-04-03T23:00", "2027-04-04T23:00"]),
            (LORD_HOWE, "2027-10-02", ["2027-10-01T22:30", "2027-10-02T22:00", "2027-10-03T22:00"]),
            (LORD_HOWE, "2027-04-03", ["2027-04-02T22:00", "2027-04-03T22:30", "2027-04-04T22:30"]),
        ],
    )
    def test_nine_stays_nine_on_the_wall(
        self, zone: ZoneInfo, saturday: str, expected: list[str]
    ) -> None:
        first = date(saturday)

        found = stretches(daily("09:00-10:00"), zone, first, first + dt.timedelta(days=3))

        assert [stretch.starts_at for stretch in found] == [utc(text) for text in expected]
        assert {stretch.ends_at - stretch.starts_at for stretch in found} == {dt.timedelta(hours=1)}

    @pytest.mark.parametrize(
        ("zone", "sunday", "hours"),
        [
            (NEW_YORK, "2027-03-14", 5),
            (NEW_YORK, "2027-11-07", 7),
            (LONDON, "2027-03-28", 5),
            (LONDON, "2027-10-31", 7),
            (SYDNEY, "2027-10-03", 5),
            (SYDNEY, "2027-04-04", 7),
            (LORD_HOWE, "2027-10-03", 5.5),
            (LORD_HOWE, "2027-04-04", 6.5),
        ],
    )
    def test_night_hours_are_shorter_or_longer(
        self, zone: ZoneInfo, sunday: str, hours: float
    ) -> None:
        day = date(sunday)

        (night,) = stretches(daily("00:00-06:00"), zone, day, day + dt.timedelta(days=1))

        assert night.ends_at - night.starts_at == dt.timedelta(hours=hours)

    def test_hours_inside_the_gap_vanish(self) -> None:
        day = date("2027-03-14")

        found = stretches(daily("02:00-03:00"), NEW_YORK, day, date("2027-03-15"))

        assert found == []

    def test_break_inside_the_gap_vanishes(self) -> None:
        found = stretches(
            daily("00:00-02:00", "03:00-05:00"), NEW_YORK, date("2027-03-14"), date("2027-03-15")
        )

        assert found == [span("2027-03-14T05:00", "2027-03-14T09:00")]

    def test_hours_that_end_in_a_repeated_hour_end_in_its_first_pass(self) -> None:
        found = stretches(daily("00:00-01:30"), NEW_YORK, date("2027-11-07"), date("2027-11-08"))

        assert found == [span("2027-11-07T04:00", "2027-11-07T05:30")]

    def test_hours_that_begin_in_a_repeated_hour_begin_in_its_first_pass(self) -> None:
        found = stretches(daily("01:30-03:00"), NEW_YORK, date("2027-11-07"), date("2027-11-08"))

        assert found == [span("2027-11-07T05:30", "2027-11-07T08:00")]


class TestHoursAreRefused:
    @pytest.mark.parametrize("weekday", [0, 8])
    def test_weekday_outside_the_week(self, weekday: int) -> None:
        with pytest.raises(ValueError, match="weekday is 1 to 7"):
            weekly(weekday, "09:00-10:00")

    @pytest.mark.parametrize("hours", ["10:00-10:00", "10:00-09:00", "22:00-02:00"])
    def test_hours_that_do_not_end_after_they_start(self, hours: str) -> None:
        with pytest.raises(ValueError, match="hours end after they start"):
            weekly(1, hours)
        with pytest.raises(ValueError, match="hours end after they start"):
            dated("2026-11-24", hours)

    def test_validity_that_ends_before_it_begins(self) -> None:
        with pytest.raises(ValueError, match="cannot end on 2026-11-23"):
            weekly(1, "09:00-10:00", "2026-11-24", "2026-11-23")

    def test_dated_hours_with_one_end_only(self) -> None:
        with pytest.raises(ValueError, match="both a start and an end"):
            DatedHours(date("2026-11-24"), clock("09:00"), None)


class TestOverlappingWeekly:
    def test_first_pair_that_shares_time_is_named(self) -> None:
        morning = weekly(1, "09:00-13:00")
        noon = weekly(1, "12:00-15:00")
        evening = weekly(1, "14:00-18:00")

        assert overlapping_weekly([morning, noon, evening]) == (morning, noon)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (weekly(1, "09:00-13:00"), weekly(1, "13:00-18:00")),
            (weekly(1, "09:00-13:00"), weekly(2, "09:00-13:00")),
            (
                weekly(1, "09:00-13:00", "2026-01-01", "2026-06-30"),
                weekly(1, "09:00-13:00", "2026-07-01"),
            ),
        ],
    )
    def test_neighbours_in_time_or_date_do_not_overlap(
        self, one: WeeklyHours, other: WeeklyHours
    ) -> None:
        assert overlapping_weekly([one, other]) is None
        assert overlapping_weekly([other, one]) is None

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (weekly(SUNDAY, "20:00-00:00"), weekly(SUNDAY, "23:00-23:30")),
            (weekly(SUNDAY, "20:00-00:00"), weekly(SUNDAY, "22:00-00:00")),
            (weekly(1, "09:00-18:00"), weekly(1, "12:00-13:00")),
            (
                weekly(1, "09:00-13:00", "2026-01-01", "2026-06-30"),
                weekly(1, "09:00-13:00", "2026-06-30"),
            ),
        ],
    )
    def test_shared_time_is_found_either_way_round(
        self, one: WeeklyHours, other: WeeklyHours
    ) -> None:
        assert overlapping_weekly([one, other]) == (one, other)
        assert overlapping_weekly([other, one]) == (other, one)
